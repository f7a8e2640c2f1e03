import DequeModule
import Manifests
import Quantities

/// The complete segments of one kind that lie ahead of the playhead, without holes.
struct MediaBuffer: Sendable {
    /// A segment in the buffer: where it ends and which track it is of.
    struct Entry: Sendable, Hashable {
        var end: MediaTime
        var bitRate: BitRate
    }

    private(set) var entries: Deque<Entry> = []
    /// Up to where everything is there.
    private(set) var end: MediaTime
    /// Up to where rendering has been reported.
    private(set) var rendered: MediaTime
    /// The first entry's end, later than everything where there is none: kept beside the entries, which are mostly not in the
    /// processor's cache when the playhead moves.
    private var firstEnd = MediaTime(nanoseconds: .max)

    /// Creates an empty buffer at a point of the session's timeline.
    init(at start: MediaTime) {
        end = start
        rendered = start
    }

    /// Appends a complete segment that ends at `end`; a hole before it is played through.
    mutating func append(end: MediaTime, bitRate: BitRate) {
        guard end > self.end else { return }
        if entries.isEmpty { firstEnd = end }
        entries.append(Entry(end: end, bitRate: bitRate))
        self.end = end
    }

    /// The bit rate of the segment that is buffered at a point and where it begins and ends; nil where none is.
    func entry(at time: MediaTime) -> (begin: MediaTime, end: MediaTime, bitRate: BitRate)? {
        var begin = rendered
        for entry in entries {
            if time < entry.end { return time >= begin ? (begin, entry.end, entry.bitRate) : nil }
            begin = entry.end
        }
        return nil
    }

    /// Puts a segment in the place of one that is buffered and ends where it does, give or take a frame.
    mutating func replace(end: MediaTime, bitRate: BitRate) {
        guard let position = entries.firstIndex(where: { abs(($0.end - end).seconds) < 0.1 }) else { return }
        entries[position].bitRate = bitRate
    }

    /// True when a segment lies before the playhead.
    func hasEntry(before playhead: MediaTime) -> Bool { firstEnd <= playhead }

    /// Takes out what lies before the playhead, reporting each stretch of one track with the time at which it ended.
    mutating func advance(to playhead: MediaTime, report: (MediaTime, TimeAmount, BitRate) -> Void) {
        guard firstEnd <= playhead else { return }
        while let first = entries.first, first.end <= playhead {
            entries.removeFirst()
            if first.end > rendered { report(first.end, first.end - rendered, first.bitRate) }
            rendered = max(rendered, first.end)
        }
        noteFirst()
    }

    private mutating func noteFirst() { firstEnd = entries.first?.end ?? MediaTime(nanoseconds: .max) }

    /// Reports the part of the current segment that has been played, when playback stops in the middle of it.
    mutating func flush(at playhead: MediaTime, report: (MediaTime, TimeAmount, BitRate) -> Void) {
        advance(to: playhead, report: report)
        guard let first = entries.first, playhead > rendered else { return }
        report(playhead, playhead - rendered, first.bitRate)
        rendered = playhead
    }

    /// Empties the buffer and begins anew at a point.
    mutating func reset(at start: MediaTime) {
        entries.removeAll()
        end = start
        rendered = start
        noteFirst()
    }

    /// Moves the point from which rendering counts, for a jump inside the buffer.
    mutating func jump(to playhead: MediaTime) {
        while let first = entries.first, first.end <= playhead { entries.removeFirst() }
        rendered = playhead
        noteFirst()
    }

    func checkInvariants() {
        var previous: MediaTime?
        for entry in entries {
            precondition(previous.map { $0 < entry.end } ?? true, "buffered segments must follow each other")
            previous = entry.end
        }
        if let last = entries.last { precondition(last.end == end, "the buffer must end where its last segment does") }
        precondition(
            firstEnd == entries.first?.end ?? MediaTime(nanoseconds: .max), "the first end must be the first entry's")
    }
}
