import Quantities
import Testing

@Suite("Quantities") struct QuantityTests {
    @Test(
        "seconds from floating point are rounded, and clamped where they do not fit",
        arguments: [
            (0.1, 100_000_000), (1e-9, 1), (4e-10, 0), (-2.5, -2_500_000_000), (Double.nan, 0), (1e300, Int64.max),
            (-Double.infinity, Int64.min),
        ] as [(Double, Int64)])
    func convertsSeconds(seconds: Double, nanoseconds: Int64) {
        #expect(TimeAmount.seconds(seconds).nanoseconds == nanoseconds)
    }

    @Test("sums of spans clamp instead of trapping")
    func clampsSums() {
        #expect(TimeAmount.max + .seconds(1) == .max)
        #expect(TimeAmount.zero - .max - .seconds(10) == TimeAmount(nanoseconds: .min))
        #expect(Instant.distantFuture + .seconds(1) == .distantFuture)
        #expect(Instant.distantFuture - Instant(nanoseconds: -5) == .max)
    }

    @Test(
        "spans read well",
        arguments: [
            (TimeAmount.seconds(1.25), "1.25 s"), (.milliseconds(340), "340 ms"), (.zero, "0 s"),
            (.microseconds(12), "12 µs"), (.seconds(90), "90 s"),
        ])
    func describesSpans(amount: TimeAmount, text: String) {
        #expect(amount.description == text)
    }

    @Test("a bit rate is never negative, and bytes over no time have none")
    func boundsBitRates() {
        #expect(BitRate(bitsPerSecond: -1) == .zero)
        #expect(BitRate(bitsPerSecond: .nan) == .zero)
        #expect(BitRate(ByteCount(1_000), over: .zero) == .zero)
        #expect(BitRate(ByteCount(1_000), over: .seconds(2)) == BitRate(bitsPerSecond: 4_000))
    }

    @Test("byte ranges are written as HTTP has them")
    func writesRanges() {
        #expect(ByteRange(offset: 0, length: 100).httpValue == "0-99")
        #expect(ByteRange(offset: 100, length: nil).httpValue == "100-")
    }

    /// The first outputs of xoshiro256** for the state that SplitMix64 makes of seed 0, as computed from the authors' C code.
    @Test("the generator is xoshiro256** on every machine")
    func generatesKnownNumbers() {
        var generator = SeededGenerator(seed: 0)
        #expect((0..<3).map { _ in generator.next() } == Self.numbersOfSeedZero)
    }

    private static let numbersOfSeedZero: [UInt64] = [
        0x99EC_5F36_CB75_F2B4, 0xBF6E_1F78_4956_452A, 0x1A5F_849D_4933_E6E0,
    ]

    @Test("numbers of one purpose do not depend on another's")
    func separatesPurposes() {
        var first = SeededGenerator(seed: 7, stream: 3, purpose: 1)
        var other = SeededGenerator(seed: 7, stream: 3, purpose: 2)
        var again = SeededGenerator(seed: 7, stream: 3, purpose: 1)
        #expect(first.next() != other.next())
        _ = again.next()
        #expect(first.next() == again.next())
        #expect((0..<1_000).allSatisfy { _ in (0..<1).contains(first.unit()) })
    }
}
