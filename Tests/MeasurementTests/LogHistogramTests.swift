import Quantities
import Testing

@testable import Measurement

@Suite struct LogHistogramTests {
    private func filled(seed: UInt64, count: Int, _ shape: (inout SeededGenerator) -> UInt64) -> (
        LogHistogram, [UInt64]
    ) {
        var generator = SeededGenerator(seed: seed)
        var histogram = LogHistogram()
        var values: [UInt64] = []
        for _ in 0..<count {
            let value = shape(&generator)
            values.append(value)
            histogram.record(microseconds: value)
        }
        return (histogram, values.sorted())
    }

    @Test func anEmptyHistogramHasNoFiguresAndNoMemory() {
        let histogram = LogHistogram()
        #expect(histogram.percentile(50) == nil)
        #expect(histogram.mean == nil)
        #expect(histogram.minimum == nil)
        #expect(histogram.counts.capacity == 0)
        #expect(histogram.serialized().isEmpty)
    }

    @Test func everyBucketHoldsJustItsValuesAndIsNarrow() {
        var expected: UInt64 = 0
        var wrong: [Int] = []
        for index in 0..<LogHistogram.bucketLimit {
            let range = LogHistogram.range(of: index)
            let width = range.upperBound - range.lowerBound + 1
            let isSound =
                range.lowerBound == expected && LogHistogram.index(of: range.lowerBound) == index
                && LogHistogram.index(of: range.upperBound) == index
                && (range.lowerBound < 2_048 ? width == 1 : width * 1_024 <= range.lowerBound)
            if !isSound { wrong.append(index) }
            expected = range.upperBound + 1
        }
        #expect(wrong.isEmpty)
        #expect(expected > LogHistogram.longestMicroseconds)
    }

    /// What hdrhistogram-swift 0.2.0 says of the same values (three digits, unit 1): xorshift64 from 88172645463325252,
    /// a million values 1 000 + x mod 90 000.
    @Test func agreesWithHdrHistogram() {
        var state: UInt64 = 88_172_645_463_325_252
        var histogram = LogHistogram()
        for _ in 0..<1_000_000 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            histogram.record(microseconds: 1_000 + state % 90_000)
        }
        let expected: [(Double, Int64)] = HdrReference.percentiles
        for (percentage, microseconds) in expected {
            #expect(histogram.percentile(percentage) == .microseconds(microseconds), "p\(percentage)")
        }
    }

    @Test(arguments: [1.0, 25, 50, 90, 95, 99, 99.9, 100])
    func percentilesOverstateByLessThanAThousandth(percentage: Double) {
        let (histogram, sorted) = filled(seed: 3, count: 10_000) { UInt64($0.unit() * $0.unit() * $0.unit() * 30e6) }
        let rank = max(1, Int((percentage.nextDown * 10_000 / 100).rounded(.up)))
        let exact = Double(sorted[rank - 1])
        let measured = (histogram.percentile(percentage)?.seconds ?? -1) * 1e6
        #expect(measured >= exact)
        #expect(measured <= exact * 1.001 + 1e-6)
    }

    @Test func meanAndBoundsAreExact() {
        let (histogram, sorted) = filled(seed: 4, count: 1_001) { UInt64($0.unit() * 5e6) + 17 }
        let mean = Double(sorted.reduce(0, +)) / 1_001
        #expect(abs((histogram.mean?.seconds ?? 0) * 1e6 - mean) < 0.001)
        #expect(histogram.minimum == .microseconds(Int64(sorted[0])))
        #expect(histogram.maximum == .microseconds(Int64(sorted[1_000])))
    }

    @Test func mergingIsAsRecordingAllInOne() {
        for seed in 1...20 as ClosedRange<UInt64> {
            let (first, one) = filled(seed: seed, count: 300) { UInt64($0.unit() * 3e5) }
            let (second, two) = filled(seed: seed + 100, count: 40) { UInt64($0.unit() * $0.unit() * 8e9) }
            var all = LogHistogram()
            for value in one + two { all.record(microseconds: value) }
            var merged = first
            merged.merge(second)
            var other = second
            other.merge(first)
            #expect(merged == all)
            #expect(other == all)
            #expect(merged != first)
        }
    }

    @Test func serialisingGoesRoundAndIsSmall() throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            let (histogram, _) = filled(seed: seed, count: 500) { UInt64($0.unit() * $0.unit() * 86_400e6) }
            let bytes = histogram.serialized()
            #expect(try LogHistogram(serialized: bytes) == histogram)
            #expect(bytes.count < 500 * 5)
        }
    }

    @Test func hostileBytesAreRefusedOrReadButNeverTrap() {
        var generator = SeededGenerator(seed: 5)
        let (histogram, _) = filled(seed: 6, count: 50) { UInt64($0.unit() * 1e6) }
        let sound = histogram.serialized()
        for round in 0..<4_000 {
            var bytes = sound
            if round % 2 == 0 {
                bytes = (0..<Int(generator.next() % 60)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
                if !bytes.isEmpty, round % 4 == 0 { bytes[0] = LogHistogram.formatVersion }
            } else {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            _ = try? LogHistogram(serialized: bytes)
        }
        #expect(throws: HistogramFormatError.damaged) { try LogHistogram(serialized: Array(sound.dropLast())) }
        #expect(throws: HistogramFormatError.unknownVersion(9)) { try LogHistogram(serialized: [9, 1]) }
    }

    @Test func negativeSpansCountAsZeroAndEndlessOnesAsADay() {
        var histogram = LogHistogram()
        histogram.record(.seconds(-5 as Int64))
        histogram.record(.max)
        #expect(histogram.minimum == .zero)
        #expect(histogram.maximum == LogHistogram.longest)
        #expect(histogram.count == 2)
    }

    @Test func countsWhatIsLongerThanALimit() {
        var histogram = LogHistogram()
        for tenth in 1...100 { histogram.record(.milliseconds(Int64(tenth) * 100)) }
        #expect(histogram.count(above: .seconds(2 as Int64)) == 80)
        #expect(histogram.count(above: .zero) == 100)
        #expect(histogram.count(above: .seconds(10 as Int64)) == 0)
    }
}
