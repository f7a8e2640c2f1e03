import Quantities

extension MPDDecoder {
    /// An `availabilityTimeOffset` of INF: a hundred years, with which times can still be added without overflow.
    static let alwaysAvailable = TimeAmount.seconds(Int64(100 * 365 * 86_400))

    /// Where the segments of a Representation are.
    ///
    /// - Parameters:
    ///   - representation: The Representation.
    ///   - set: What surrounds it.
    ///   - bases: Where its own BaseURLs lead.
    /// - Returns: The segments, or the file whose index tells them.
    /// - Throws: A problem where they cannot be told.
    mutating func source(
        of representation: XMLElement, in set: SetContext, bases: BaseLocations
    ) throws(MPDProblem) -> MediaSource {
        let period = set.period
        guard let information = SegmentInformation(ancestry: [representation, set.element, period.element]) else {
            return try wholeFile(of: representation, in: set.element, of: period)
        }
        if information.kind == .base { return try indexed(information, of: period) }
        let segments = try addressed(information, of: representation, in: period)
        let own = try Self.availabilityOffset(information.holder("availabilityTimeOffset"))
        let isComplete = !(information.holder("availabilityTimeComplete")?.isFalse("availabilityTimeComplete") ?? false)
        let list = SegmentList(
            segments, availabilityOffset: Self.sum(own, bases.availabilityOffset),
            isAvailableComplete: isComplete && bases.isAvailableComplete)
        check(list, of: segments, in: set, line: information.innermost.line)
        return .segments(list)
    }

    /// Two offsets together, bounded.
    static func sum(_ left: TimeAmount, _ right: TimeAmount) -> TimeAmount {
        min(max(left + right, -alwaysAvailable), alwaysAvailable)
    }

    /// `availabilityTimeOffset` of an element; zero where there is none.
    static func availabilityOffset(_ element: XMLElement?) throws(MPDProblem) -> TimeAmount {
        guard let text = element?.attribute("availabilityTimeOffset") else { return .zero }
        if text == "INF" { return alwaysAvailable }
        let bytes = Array(text.utf8)
        guard let value = bytes.nanoseconds(0..<bytes.count) else {
            throw MPDProblem(
                id: "dash-invalid-attribute", message: "availabilityTimeOffset is neither a number nor INF",
                clause: "ISO/IEC 23009-1 5.3.9.5")
        }
        return min(max(.nanoseconds(value), -alwaysAvailable), alwaysAvailable)
    }

    // MARK: - SegmentTemplate and SegmentList

    private mutating func addressed(
        _ information: SegmentInformation, of representation: XMLElement, in period: PeriodContext
    ) throws(MPDProblem) -> AddressedSegments {
        let addressing: AddressedSegments.Addressing
        var parts: Int64?
        if information.kind == .template {
            guard let media = information.attribute("media") else {
                throw Self.problem("dash-missing-media", "a SegmentTemplate has no media")
            }
            let template = try template(media, for: representation)
            if template.namesParts { parts = try information.whole("k") ?? 1 }
            addressing = .template(template)
        } else {
            addressing = .list(try list(information))
        }
        let timing = try timing(of: information, in: period, parts: parts)
        let segments = AddressedSegments(
            timing: timing, addressing: addressing,
            initialization: try initialization(information, of: representation),
            discontinuity: Int64(period.position))
        guard period.isDynamic || segments.lastSequence != nil else {
            throw Self.problem("dash-endless-static", "nothing says where the segments of a static MPD end")
        }
        return segments
    }

    private func template(_ text: String, for representation: XMLElement) throws(MPDProblem) -> SegmentURITemplate {
        try SegmentURITemplate(
            text, representationID: representation.attributes["id"] ?? "",
            bandwidth: representation.attributes["bandwidth"] ?? "")
    }

    private mutating func timing(
        of information: SegmentInformation, in period: PeriodContext, parts: Int64?
    ) throws(MPDProblem) -> SegmentTiming {
        let frame = TimelineReader.Frame(
            timescale: try information.timescale(), offset: try information.whole("presentationTimeOffset") ?? 0,
            firstNumber: try information.whole("startNumber") ?? 1, lastNumber: try information.whole("endNumber"),
            periodStart: period.start.nanoseconds, periodDuration: period.duration?.nanoseconds, parts: parts)
        if let timeline = information.child("SegmentTimeline") {
            return try timings.timing(of: timeline, in: frame, cut: period.cut(isTimeline: true), findings: &findings)
        }
        let cut = period.cut(isTimeline: false)
        if let duration = try information.whole("duration") {
            guard duration > 0 else { throw Self.problem("dash-no-segment-duration", "a segment duration is 0") }
            return timings.timing(everyTicks: duration, in: frame, cut: cut)
        }
        // Without both there is one segment for the whole period.
        guard let length = period.duration else {
            throw Self.problem("dash-no-segment-duration", "segments have neither a duration nor a timeline")
        }
        let ticks = Int64(clamping: max(1, frame.timescale.firstTick(from: length.nanoseconds)))
        return timings.timing(everyTicks: ticks, in: frame, cut: cut)
    }

    /// The SegmentURL elements, read once for all Representations that inherit them.
    private mutating func list(_ information: SegmentInformation) throws(MPDProblem) -> SegmentURIList {
        guard let first = information.child("SegmentURL") else {
            throw Self.problem("dash-empty-segment-list", "a SegmentList has no SegmentURL")
        }
        if let known = lists[ObjectIdentifier(first)] { return known }
        let elements = information.children("SegmentURL")
        var entries: [SegmentURIList.Entry] = []
        entries.reserveCapacity(elements.count)
        for element in elements {
            let entry = SegmentURIList.Entry(
                uri: element.attributes["media"] ?? "", range: try element.byteRange("mediaRange"))
            entries.append(entry)
        }
        let list = SegmentURIList(entries)
        lists[ObjectIdentifier(first)] = list
        return list
    }

    /// The `initialization` template, else the Initialization element.
    private func initialization(
        _ information: SegmentInformation, of representation: XMLElement
    ) throws(MPDProblem) -> InitializationSection? {
        if information.kind == .template, let text = information.attribute("initialization") {
            let template = try template(text, for: representation)
            guard !template.isVariable else {
                throw Self.problem("dash-invalid-template", "an initialization template names $Number$ or $Time$")
            }
            return InitializationSection(uri: template.text(number: 0, time: 0))
        }
        guard let element = information.child("Initialization") else { return nil }
        let uri = try element.attribute("sourceURL").map { text throws(MPDProblem) in
            try template(text, for: representation).text(number: 0, time: 0)
        }
        return InitializationSection(uri: uri ?? "", byteRange: try element.byteRange("range"))
    }

    static func problem(_ id: String, _ message: String) -> MPDProblem {
        MPDProblem(id: id, message: message, clause: "ISO/IEC 23009-1 5.3.9")
    }

    // MARK: - Files

    /// SegmentBase: the file is the innermost base itself, with an index in it.
    private func indexed(
        _ information: SegmentInformation, of period: PeriodContext
    ) throws(MPDProblem) -> MediaSource {
        let timescale = try information.timescale()
        let offset = try information.whole("presentationTimeOffset") ?? 0
        let initialization = try information.child("Initialization").map { element throws(MPDProblem) in
            InitializationSection(
                uri: element.attribute("sourceURL") ?? "", byteRange: try element.byteRange("range"))
        }
        let index = information.child("RepresentationIndex")
        guard index?.attribute("sourceURL") == nil else {
            throw Self.problem("dash-separate-index", "a segment index stands in a file of its own")
        }
        var range = try information.holder("indexRange")?.byteRange("indexRange")
        if range == nil { range = try index?.byteRange("range") }
        let media = IndexedMedia(
            uri: "", indexRange: range, initialization: initialization, periodStart: .zero + period.start,
            presentationTimeOffset: .nanoseconds(timescale.nanoseconds(Int128(offset))))
        return .indexed(media)
    }

    /// A Representation with nothing but a BaseURL: a file with an index in it, or, where the format has none (subtitles
    /// as text), one segment for the whole period.
    private mutating func wholeFile(
        of representation: XMLElement, in set: XMLElement, of period: PeriodContext
    ) throws(MPDProblem) -> MediaSource {
        guard representation.child("BaseURL") != nil || set.child("BaseURL") != nil else {
            throw Self.problem("dash-no-segments", "a Representation has neither segments nor a BaseURL")
        }
        let mime = (representation.attribute("mimeType") ?? set.attribute("mimeType") ?? "").prefix(100).lowercased()
        guard mime.hasPrefix("text/") || mime == "application/ttml+xml" || mime.hasPrefix("image/") else {
            return .indexed(
                IndexedMedia(uri: "", indexRange: nil, initialization: nil, periodStart: .zero + period.start))
        }
        guard let length = period.duration else {
            throw Self.problem(
                "dash-no-segment-duration", "a file without segments stands in a period without duration")
        }
        let segment = Segment(
            sequence: 1, start: .zero + period.start, duration: max(length, .nanoseconds(1)), uri: "",
            discontinuity: Int64(period.position))
        return .segments(SegmentList([segment]))
    }
}
