import Quantities

/// The segments of a Representation, computed when they are asked for from its timing and its addressing.
///
/// A segment's number is its `$Number$`: the template's `startNumber` (or the first `S@n`) plus its position. Partial
/// segments of a template with `$SubNumber$` are segments of their own: the first number is then times `k`. It stays
/// the same over updates of the MPD as long as the packager moves `startNumber` with the timeline. Templates with
/// `$Time$` are often written without a `startNumber`; then the numbers shift when old segments are dropped, and a
/// player has to line segments up by their start.
struct AddressedSegments: SegmentList.Source {
    /// How a segment's URI comes about.
    enum Addressing: Sendable {
        /// From a template.
        case template(SegmentURITemplate)
        /// From a list, by position.
        case list(SegmentURIList)
    }

    let timing: SegmentTiming
    let addressing: Addressing
    let initialization: InitializationSection?
    /// The position of the period.
    let discontinuity: Int64

    var firstSequence: Int64 { timing.firstNumber }

    var lastSequence: Int64? {
        guard let count else { return nil }
        return firstSequence + count - 1
    }

    private var count: Int64? {
        switch addressing {
        case .template: timing.count
        case .list(let list): min(timing.count ?? .max, Int64(list.entries.count))
        }
    }

    func segment(_ sequence: Int64) -> Segment {
        let index = sequence - firstSequence
        let position = timing.position(at: index)
        let uri: String
        let range: ByteRange?
        switch addressing {
        case .template(let template):
            uri = template.text(number: position.number, time: position.time, subNumber: position.subNumber)
            range = nil
        case .list(let list):
            uri = list.entries[Int(index)].uri
            range = list.entries[Int(index)].range
        }
        return Segment(
            sequence: sequence, start: MediaTime(nanoseconds: position.start),
            duration: .nanoseconds(position.end - position.start), uri: uri, byteRange: range,
            initialization: initialization, discontinuity: discontinuity)
    }

    func span(_ sequence: Int64) -> SegmentSpan {
        let position = timing.position(at: sequence - firstSequence)
        return SegmentSpan(
            sequence: sequence, start: MediaTime(nanoseconds: position.start),
            duration: .nanoseconds(position.end - position.start))
    }

    func sequence(at time: MediaTime) -> Int64 {
        let index = timing.index(at: time.nanoseconds)
        return firstSequence + min(index, (count ?? .max) - 1)
    }
}

/// The SegmentURL elements of a SegmentList, shared by the Representations that inherit it.
final class SegmentURIList: Sendable {
    /// One SegmentURL.
    struct Entry: Sendable {
        /// `media`, or `""` for the base itself.
        var uri: String
        /// `mediaRange`.
        var range: ByteRange?
    }

    let entries: [Entry]

    init(_ entries: [Entry]) { self.entries = entries }
}
