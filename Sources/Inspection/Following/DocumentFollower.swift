import Manifests
import Quantities

/// Follows one document through its versions: says what each load brought and when the next is due.
package struct DocumentFollower: Sendable {
    /// A load that is over.
    package struct Load: Sendable {
        /// When its request was begun.
        package var begun: Instant
        /// When the answer was complete.
        package var ended: Instant
        /// The wall-clock time of that.
        package var wall: WallTime

        /// Creates a load.
        package init(begun: Instant, ended: Instant, wall: WallTime) {
            self.begun = begun
            self.ended = ended
            self.wall = wall
        }
    }

    /// The URI to load it by.
    package private(set) var uri: String
    /// What it is of, such as `video 0`.
    package let track: String
    /// The newest version.
    package private(set) var manifest: DecodedManifest
    /// What to do next; nil when the document has ended.
    package private(set) var plan: ReloadPlan?
    /// When the next load is due; nil when the document has ended.
    package var due: Instant? { plan.map { lastBegun + $0.wait } }
    /// How many loads there were since following began, how many brought something new, and how many failed.
    package private(set) var loads = 0
    package private(set) var changes = 0
    package private(set) var failures = 0
    /// The longest time without a change, in which the document was seen unchanged.
    package private(set) var longestAge = TimeAmount.zero

    private var bytes: [UInt8]
    private var lastBegun: Instant
    private var lastChange: Instant

    /// Begins to follow a document that was just read.
    ///
    /// - Parameters:
    ///   - uri: The URI it was asked by.
    ///   - documentURI: The URI it came from, against which its `Location` elements are resolved.
    ///   - track: What it is of, in words.
    ///   - bytes: Its body, by which changes are told.
    ///   - manifest: What that was decoded to.
    ///   - load: How it was loaded.
    package init(
        uri: String, documentURI: String, track: String, bytes: [UInt8], manifest: DecodedManifest, load: Load
    ) {
        self.uri = uri
        self.track = track
        self.bytes = bytes
        self.manifest = manifest
        lastBegun = load.begun
        lastChange = load.ended
        plan = Self.plan(manifest, isChanged: true)
        takeLocation(from: documentURI)
    }

    /// The next request's URI.
    package var nextURI: String { plan?.uri(for: uri) ?? uri }

    /// Takes the answer to a load.
    ///
    /// - Returns: What it brought.
    package mutating func loaded(
        _ manifest: DecodedManifest, _ bytes: [UInt8], documentURI: String, _ load: Load
    ) -> ReportChange {
        loads += 1
        let isChanged = bytes != self.bytes
        let before = self.manifest
        let age = load.ended - lastChange
        longestAge = max(longestAge, age)
        self.manifest = manifest
        self.bytes = bytes
        lastBegun = load.begun
        plan = Self.plan(manifest, isChanged: isChanged)
        var change = change(at: load, age: age)
        change.isChanged = isChanged
        if isChanged {
            changes += 1
            lastChange = load.ended
            Self.compare(manifest, with: before, base: documentURI, in: &change)
            takeLocation(from: documentURI)
        }
        return change
    }

    /// Takes the failure of a load.
    ///
    /// - Parameters:
    ///   - sentence: Why it failed.
    ///   - load: When it was loaded.
    /// - Returns: The account of it, with the figures of the version that is held.
    package mutating func failed(_ sentence: String, _ load: Load) -> ReportChange {
        loads += 1
        failures += 1
        longestAge = max(longestAge, load.ended - lastChange)
        lastBegun = load.begun
        plan = Self.plan(manifest, isChanged: false)
        // One that fails at once is not to be asked again at once.
        if plan?.position != nil { plan?.position = nil }
        var change = change(at: load, age: load.ended - lastChange)
        change.error = sentence
        return change
    }

    private static func plan(_ manifest: DecodedManifest, isChanged: Bool) -> ReloadPlan? {
        switch manifest {
        case .mediaPlaylist(let playlist): ReloadPlan(after: playlist, isChanged: isChanged)
        case .presentation(let presentation): ReloadPlan(after: presentation)
        }
    }

    /// Updates of an MPD come from its `Location`.
    private mutating func takeLocation(from documentURI: String) {
        guard case .presentation(let presentation) = manifest,
            let location = presentation.dynamicTiming?.locations.first
        else { return }
        uri = URIReference.resolve(location.uri, against: documentURI)
    }

    /// What holds of every load, with the figures of the newest version.
    private func change(at load: Load, age: TimeAmount) -> ReportChange {
        let (period, window, last): (TimeAmount?, TimeAmount, Int64?)
        switch manifest {
        case .mediaPlaylist(let playlist):
            period = playlist.targetDuration
            window = playlist.end - (playlist.segments.first?.start ?? .zero)
            last = playlist.segments.isEmpty ? nil : playlist.segments.lastSequence
        case .presentation(let presentation):
            let list = Self.reference(presentation)
            // A list without end goes on by itself: nothing is overdue in an MPD that stays as it is.
            period = list?.lastSequence == nil ? nil : presentation.dynamicTiming?.minimumUpdatePeriod
            let listed = list.flatMap { list in list.last.flatMap { last in list.first.map { last.end - $0.start } } }
            window = listed ?? presentation.dynamicTiming?.timeShiftBufferDepth ?? .zero
            last = list?.lastSequence
        }
        let ratio = period.flatMap { $0 > .zero ? (age.seconds / $0.seconds * 1_000).rounded() / 1_000 : nil }
        return ReportChange(
            time: Timestamp(load.wall), uri: uri, track: track, isChanged: false, age: Seconds(age),
            ageInUpdatePeriods: ratio, addedParts: 0, removedSegments: 0, discontinuities: 0, window: Seconds(window),
            lastSequence: last, dateRanges: [], isEnded: plan == nil, loadTime: Seconds(load.ended - load.begun))
    }

    /// The list of the last period's first video track, or of its first track of any kind.
    private static func reference(_ presentation: Presentation) -> SegmentList? {
        guard let period = presentation.periods.last else { return nil }
        let sets = period.switchingSets.filter { !$0.isTrickPlay }
        let track = (sets.first { $0.kind == .video } ?? sets.first)?.tracks.first
        if case .segments(let list) = track?.media { return list }
        return nil
    }
}

extension DocumentFollower {
    private static func compare(
        _ manifest: DecodedManifest, with before: DecodedManifest, base: String, in change: inout ReportChange
    ) {
        switch (manifest, before) {
        case (.mediaPlaylist(let new), .mediaPlaylist(let old)): compare(new, with: old, base: base, in: &change)
        case (.presentation(let new), .presentation(let old)): compare(new, with: old, in: &change)
        case (.mediaPlaylist, .presentation), (.presentation, .mediaPlaylist): break
        }
    }

    private static func compare(
        _ new: MediaPlaylist, with old: MediaPlaylist, base: String, in change: inout ReportChange
    ) {
        let oldLast = old.segments.isEmpty ? nil : old.segments.lastSequence
        if !new.segments.isEmpty, let last = new.segments.lastSequence {
            let first = max(oldLast.map { $0 + 1 } ?? .min, new.segments.firstSequence)
            if first <= last {
                change.firstAdded = first
                change.lastAdded = last
            }
            if oldLast != nil {
                change.removedSegments = max(0, new.segments.firstSequence - old.segments.firstSequence)
            }
        }
        let oldPart = old.extras.parts.last.map { ($0.sequence, $0.index) } ?? (oldLast ?? .min, Int.max)
        change.addedParts = new.extras.parts.count { ($0.sequence, $0.index) > oldPart }
        if let last = new.segments.last, let previous = old.segments.last {
            change.discontinuities = max(0, last.discontinuity - previous.discontinuity)
        }
        let known = Set(old.extras.dateRanges)
        change.dateRanges = new.extras.dateRanges.filter { !known.contains($0) }.map { ReportDateRange($0, base: base) }
    }

    /// Segments by their times: the numbers of `$Time$` lists move when old segments leave.
    private static func compare(_ new: Presentation, with old: Presentation, in change: inout ReportChange) {
        let known = Set(old.periods.map(\.start))
        change.discontinuities = Int64(new.periods.count { !known.contains($0.start) })
        guard let list = reference(new), let last = list.last, let before = reference(old), let end = before.last?.end
        else { return }
        if let first = list.segment(at: end), last.end > end {
            change.firstAdded = first.start >= end ? first.sequence : min(first.sequence + 1, last.sequence)
            change.lastAdded = last.sequence
        }
        if let begin = list.first?.start, let oldFirst = before.first, begin > oldFirst.start {
            let kept = before.segment(at: begin)?.sequence ?? before.firstSequence
            change.removedSegments = max(0, kept - before.firstSequence)
        }
    }
}
