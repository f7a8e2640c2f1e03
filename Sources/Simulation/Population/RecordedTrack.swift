import Manifests
import Quantities

/// The segments of a real track, taken out of its document: when each plays, and its size where that is known.
struct RecordedTrack {
    var firstSequence: Int64
    /// Where the first begins, in nanoseconds.
    var origin: Int64
    var starts: [Int64] = []
    var durations: [Int64] = []
    var traits: [RecordedTiming.Traits] = []
    /// 0 where it is not known.
    var sizes: [Int64] = []
    var initializationRange: Int64?
    var hasDates = false
    /// True when it has more than one key or initialization section.
    var changes = false

    /// A live list without end stands for its first segments: a number that most small numbers divide.
    static let endlessCount: Int64 = 60
    /// The longest that a stream may play.
    static let longest = TimeAmount.seconds(366 * 86_400 as Int64)

    /// Reads a list.
    ///
    /// - Parameters:
    ///   - list: The segments; of a list without end ``endlessCount``.
    ///   - facts: Sizes by segment number, and where a list without end is begun.
    ///   - name: What the track is called in sentences.
    /// - Throws: ``StreamProblem`` when there is nothing in it, too much, or what cannot be.
    init(_ list: SegmentList, _ facts: StreamDocuments.TrackFacts, name: String) throws(StreamProblem) {
        let first = list.lastSequence == nil ? max(list.firstSequence, facts.begin ?? .min) : list.firstSequence
        let (end, isOver) = first.addingReportingOverflow(Self.endlessCount - 1)
        let last = list.lastSequence ?? (isOver ? first : end)
        let (span, isTooLong) = last.subtractingReportingOverflow(first)
        guard !list.isEmpty, let begin = list.segment(first) else { throw .nothingToPlay("\(name) lists no segments") }
        guard !isTooLong, span < StreamDocuments.segmentLimit else { throw .tooManySegments(track: name) }
        // Numbers beyond what an edge's cache tells apart mean nothing to a player.
        firstSequence = (0..<(1 << 39)).contains(first) ? first : 0
        origin = begin.start.nanoseconds
        var previous: Int64 = 0
        var length: Int64 = 0
        for sequence in first...last {
            guard let segment = list.segment(sequence) else { continue }
            let (start, isFar) = segment.start.nanoseconds.subtractingReportingOverflow(origin)
            let duration = segment.duration.nanoseconds
            guard !isFar, start >= previous, start <= Self.longest.nanoseconds, duration > 0,
                duration <= Self.longest.nanoseconds - length
            else { throw .implausible(track: name, detail: "segment \(sequence) begins or ends at an impossible time") }
            if segment.initialization != begin.initialization || segment.key != begin.key { changes = true }
            previous = start
            length += duration
            starts.append(start)
            durations.append(duration)
            traits.append(Self.traits(of: segment))
            sizes.append(max(0, facts.sizes[sequence] ?? Self.size(of: segment)))
        }
        initializationRange = begin.initialization?.byteRange?.length
        hasDates = begin.programDateTime != nil
    }

    private static func traits(of segment: Segment) -> RecordedTiming.Traits {
        var traits: RecordedTiming.Traits = []
        if segment.initialization != nil { traits.insert(.initialization) }
        if segment.key != nil { traits.insert(.key) }
        if segment.isGap { traits.insert(.gap) }
        return traits
    }

    /// What the document says of a segment's size: exactly by a byte range, within a tenth by EXT-X-BITRATE (rfc8216bis
    /// section 4.4.4.8); 0 for nothing.
    private static func size(of segment: Segment) -> Int64 {
        if let length = segment.byteRange?.length { return length }
        guard let rate = segment.declaredBitRate else { return 0 }
        return Int64(clampingRounded: rate.bitsPerSecond * segment.duration.seconds / 8)
    }

    var count: Int { starts.count }

    /// The bit rate of the segments whose size is known; nil without any.
    var knownRate: BitRate? {
        var bytes = 0.0
        var seconds = 0.0
        for place in sizes.indices where sizes[place] > 0 {
            bytes += Double(sizes[place])
            seconds += Double(durations[place]) / 1e9
        }
        return seconds > 0 ? BitRate(bitsPerSecond: bytes * 8 / seconds) : nil
    }

    /// How long all segments play, in nanoseconds; at most ``longest``.
    var length: Int64 { durations.reduce(0, +) }

    var timing: RecordedTiming { RecordedTiming(starts: starts, durations: durations, traits: traits) }

    // MARK: Live

    /// The same segments, begun with another of the same number's rest: `shift` places later.
    ///
    /// Playlists that were fetched one after the other may begin a segment apart; turned so, equal places are equal numbers.
    func turned(by shift: Int) -> RecordedTrack {
        func turn<Element>(_ elements: [Element]) -> [Element] { Array(elements[shift...] + elements[..<shift]) }
        var turned = self
        turned.durations = turn(durations)
        turned.traits = turn(traits)
        turned.sizes = turn(sizes)
        return turned
    }

    /// The segments as one round of an endless stream that lasts so long: as many as come nearest to it, each a little
    /// longer or shorter so that all tracks' rounds end together.
    ///
    /// - Parameter total: The round's length in nanoseconds.
    /// - Returns: What each segment of the round is like.
    func round(lasting total: Int64) -> (durations: [Int64], sizes: [Int64], traits: [RecordedTiming.Traits]) {
        var picked: [Int] = []
        var sum: Int64 = 0
        while picked.count < Int(StreamDocuments.segmentLimit) {
            let next = durations[picked.count % count]
            // Stops where one more would be further away.
            if !picked.isEmpty, sum + next - total >= total - sum { break }
            picked.append(picked.count % count)
            sum += next
        }
        var result: [Int64] = []
        var end: Int64 = 0
        var exact = 0.0
        for (position, place) in picked.enumerated() {
            exact += Double(durations[place]) * Double(total) / Double(max(1, sum))
            let stop = position == picked.count - 1 ? total : Int64(clampingRounded: exact)
            result.append(max(1, stop - end))
            end += result[position]
        }
        return (result, picked.map { sizes[$0] }, picked.map { traits[$0] })
    }
}
