import Quantities

/// Gathers the date ranges of a playlist, those of one ID as one (rfc8216bis section 4.4.5.1).
struct DateRangeCollector {
    private var ranges: [DateRange] = []
    private var places: [String: Int] = [:]

    /// True when there is none.
    var isEmpty: Bool { ranges.isEmpty }
    /// How many there are.
    var count: Int { ranges.count }

    /// Takes over the ranges of an older copy of the playlist, before any other is added, save those with the IDs
    /// removed since.
    mutating func takeOver(_ held: [DateRange], without removed: [String]) {
        let removed = Set(removed)
        for range in held where !removed.contains(range.id) { _ = add(range) }
    }

    /// Adds what a tag says.
    ///
    /// - Returns: The attribute that an earlier tag with the same ID gave another value; what comes later counts, as in
    ///   hls.js.
    mutating func add(_ range: DateRange) -> String? {
        guard let place = places[range.id] else {
            places[range.id] = ranges.count
            ranges.append(range)
            return nil
        }
        let conflict = Self.conflict(ranges[place], range)
        merge(range, at: place)
        return conflict
    }

    /// The ranges in the order of their first tags.
    func finished() -> [DateRange] { ranges }

    /// Adds what a later tag says, in place: a range may gather attributes from a million tags.
    private mutating func merge(_ later: DateRange, at place: Int) {
        if !later.rangeClass.isEmpty { ranges[place].rangeClass = later.rangeClass }
        if let start = later.start { ranges[place].start = start }
        if let end = later.end { ranges[place].end = end }
        if let duration = later.duration { ranges[place].duration = duration }
        if let planned = later.plannedDuration { ranges[place].plannedDuration = planned }
        if !later.cues.isEmpty { ranges[place].cues = later.cues }
        if later.endsOnNext { ranges[place].endsOnNext = true }
        for (name, value) in later.attributes { ranges[place].attributes[name] = value }
        ranges[place].interstitial = Interstitial(of: ranges[place])
    }

    private static func conflict(_ earlier: DateRange, _ later: DateRange) -> String? {
        func differ<Value: Equatable>(_ left: Value?, _ right: Value?) -> Bool {
            guard let left, let right else { return false }
            return left != right
        }
        if !earlier.rangeClass.isEmpty, !later.rangeClass.isEmpty, earlier.rangeClass != later.rangeClass {
            return "CLASS"
        }
        if differ(earlier.start, later.start) { return "START-DATE" }
        if differ(earlier.end, later.end) { return "END-DATE" }
        if differ(earlier.duration, later.duration) { return "DURATION" }
        if differ(earlier.plannedDuration, later.plannedDuration) { return "PLANNED-DURATION" }
        return later.attributes.keys.sorted().first { differ(earlier.attributes[$0], later.attributes[$0]) }
    }
}

extension Interstitial {
    /// The class of date ranges that are interstitials (rfc8216bis appendix D.2).
    static let rangeClass = "com.apple.hls.interstitial"

    /// What a date range says is to be played in its place; nil where it is no interstitial or names nothing.
    init?(of range: DateRange) {
        guard range.rangeClass == Self.rangeClass else { return nil }
        let content: Content
        if let uri = range.attributes["X-ASSET-URI"], !uri.isEmpty {
            content = .asset(uri: uri)
        } else if let uri = range.attributes["X-ASSET-LIST"], !uri.isEmpty {
            content = .list(uri: uri)
        } else {
            return nil
        }
        let snaps = Self.list(range.attributes["X-SNAP"])
        self.init(
            content: content, resumeOffset: Self.time(range.attributes["X-RESUME-OFFSET"]),
            playoutLimit: Self.time(range.attributes["X-PLAYOUT-LIMIT"]).flatMap { $0 < .zero ? nil : $0 },
            snapsOut: snaps.contains("OUT"), snapsIn: snaps.contains("IN"),
            restrictions: Self.list(range.attributes["X-RESTRICT"]))
    }

    private static func time(_ text: String?) -> TimeAmount? {
        guard let text else { return nil }
        let bytes = Array(text.utf8)
        return bytes.nanoseconds(bytes.trimmed(0..<bytes.count)).map { .nanoseconds($0) }
    }

    private static func list(_ text: String?) -> [String] {
        (text ?? "").split(separator: ",").map { part in
            String(part.drop { $0 == " " }.prefix { $0 != " " })
        }.filter { !$0.isEmpty }
    }
}
