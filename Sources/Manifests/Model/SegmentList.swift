import Quantities

/// The segments of a track, in order, with numbers that rise by one.
///
/// A list is either written out (HLS, SegmentList, `sidx`) or made on demand from a template, so that an MPD of any
/// length costs what is asked of it. It is immutable and shared.
package struct SegmentList: Sendable {
    /// Segments that are computed from their number.
    ///
    /// `segment(_:)` must be pure.
    package protocol Source: Sendable {
        /// The number of the first segment.
        var firstSequence: Int64 { get }
        /// The number of the last segment; nil for a list without end (a live `$Number$` template), below
        /// `firstSequence` for an empty one.
        var lastSequence: Int64? { get }
        /// The segment with a number from first to last.
        func segment(_ sequence: Int64) -> Segment
        /// When the segment with a number from first to last plays: that of ``segment(_:)``, for less work where the source can.
        func span(_ sequence: Int64) -> SegmentSpan
        /// True where the segment with a number from first to last is known to be no gap, not encrypted, and to have an
        /// initialization section; false where that is not known without making it.
        func isPlain(_ sequence: Int64) -> Bool
        /// The number of the last segment that starts at or before a time; `firstSequence` when all start later.
        func sequence(at time: MediaTime) -> Int64
    }

    private let source: any Source
    /// The number of the first segment.
    package let firstSequence: Int64
    /// The number of the last segment, or nil for a list without end.
    package let lastSequence: Int64?
    /// How long before a segment's end it may be fetched (DASH `availabilityTimeOffset`); zero for HLS.
    package let availabilityOffset: TimeAmount
    /// False when a segment asked for within the offset comes in chunks as they are made (DASH
    /// `availabilityTimeComplete`).
    package let isAvailableComplete: Bool

    /// Creates a list from its source.
    package init(_ source: some Source, availabilityOffset: TimeAmount = .zero, isAvailableComplete: Bool = true) {
        self.source = source
        firstSequence = source.firstSequence
        lastSequence = source.lastSequence
        self.availabilityOffset = availabilityOffset
        self.isAvailableComplete = isAvailableComplete
    }

    /// Creates a list from segments whose numbers rise by one and whose times do not fall.
    package init(_ segments: [Segment]) {
        self.init(WrittenSegments(segments: segments))
    }

    /// The segments of an HLS media playlist, where it is such a list.
    var playlistSegments: PlaylistSegments? { source as? PlaylistSegments }

    /// True when there is no segment.
    package var isEmpty: Bool {
        guard let lastSequence else { return false }
        return lastSequence < firstSequence
    }

    private func has(_ sequence: Int64) -> Bool {
        guard sequence >= firstSequence else { return false }
        guard let lastSequence else { return true }
        return sequence <= lastSequence
    }

    /// The segment of that number, or nil where the list has none.
    package func segment(_ sequence: Int64) -> Segment? {
        has(sequence) ? source.segment(sequence) : nil
    }

    /// When the segment of that number plays, or nil where the list has none.
    package func span(_ sequence: Int64) -> SegmentSpan? {
        has(sequence) ? source.span(sequence) : nil
    }

    /// True where the segment of that number, which the list must have, is known to be no gap, not encrypted, and to have an
    /// initialization section; false where that is not known without making it.
    package func isPlain(_ sequence: Int64) -> Bool { source.isPlain(sequence) }

    /// When the segment that ``segment(at:)`` gives plays; nil when empty.
    package func span(at time: MediaTime) -> SegmentSpan? { isEmpty ? nil : span(source.sequence(at: time)) }

    /// When the first segment plays, or nil when empty.
    package var firstSpan: SegmentSpan? { span(firstSequence) }
    /// When the last segment plays; nil when empty or without end.
    package var lastSpan: SegmentSpan? { lastSequence.flatMap { span($0) } }

    /// The segment that plays at a time: the last that starts at or before it, else the first; nil when empty.
    package func segment(at time: MediaTime) -> Segment? {
        isEmpty ? nil : segment(source.sequence(at: time))
    }

    /// The first segment, or nil when empty.
    package var first: Segment? { segment(firstSequence) }
    /// The last segment; nil when empty or without end.
    package var last: Segment? { lastSequence.flatMap { segment($0) } }
}

extension SegmentList.Source {
    package func span(_ sequence: Int64) -> SegmentSpan { SegmentSpan(segment(sequence)) }
    package func isPlain(_ sequence: Int64) -> Bool { false }
}

/// When a segment plays.
package struct SegmentSpan: Sendable, Hashable {
    /// Its number.
    package var sequence: Int64
    /// Where it begins, as ``Segment/start``.
    package var start: MediaTime
    /// How long it plays.
    package var duration: TimeAmount
    /// When its first frame was taken, as ``Segment/programDateTime``.
    package var programDateTime: WallTime?

    /// Creates a span.
    package init(sequence: Int64, start: MediaTime, duration: TimeAmount, programDateTime: WallTime? = nil) {
        self.sequence = sequence
        self.start = start
        self.duration = duration
        self.programDateTime = programDateTime
    }

    /// When a segment plays.
    package init(_ segment: Segment) {
        self.init(
            sequence: segment.sequence, start: segment.start, duration: segment.duration,
            programDateTime: segment.programDateTime)
    }

    /// Where it ends.
    package var end: MediaTime { start + duration }
}

/// Segments that stand in an array.
struct WrittenSegments: SegmentList.Source {
    let segments: [Segment]

    var firstSequence: Int64 { segments.first?.sequence ?? 0 }
    var lastSequence: Int64? { segments.last?.sequence ?? -1 }

    func segment(_ sequence: Int64) -> Segment { segments[Int(sequence - firstSequence)] }

    func sequence(at time: MediaTime) -> Int64 {
        var low = 0
        var high = segments.count
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].start <= time { low = middle + 1 } else { high = middle }
        }
        return firstSequence + Int64(max(0, low - 1))
    }
}
