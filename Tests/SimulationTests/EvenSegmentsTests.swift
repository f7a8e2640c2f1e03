import Manifests
import Quantities
import Testing

@testable import Simulation

@Suite("Even segments") struct EvenSegmentsTests {
    @Test("a plain segment is no gap, has no key and has an initialization section", arguments: [nil, 9])
    func isPlain(last: Int64?) {
        let list = SegmentList(EvenSegments(duration: 4_000_000_000, firstSequence: 3, lastSequence: last))
        for sequence in Int64(3)...9 where list.isPlain(sequence) {
            let segment = list.segment(sequence)
            #expect(segment.map { !$0.isGap && $0.key == nil && $0.initialization != nil } == true)
        }
        #expect(list.isPlain(5))
    }

    @Test("a span is that of the segment, at the last one too")
    func spans() {
        var source = EvenSegments(duration: 4_000_000_000, firstSequence: 0, lastSequence: 4)
        source.lastDuration = 1_500_000_000
        let list = SegmentList(source)
        for sequence in Int64(0)...4 {
            #expect(list.span(sequence) == list.segment(sequence).map { SegmentSpan($0) })
        }
        #expect(list.lastSpan?.duration == .milliseconds(1_500))
        #expect(list.span(5) == nil && list.span(-1) == nil && !list.isEmpty)
        #expect(SegmentList([]).isEmpty)
    }
}
