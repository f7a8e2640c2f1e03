import Quantities
import Testing

@testable import Manifests

@Suite("Numbers and dates") struct TextTests {
    private func whole<Value>(_ text: String, _ read: ([UInt8], Range<Int>) -> Value) -> Value {
        let bytes = Array(text.utf8)
        return read(bytes, 0..<bytes.count)
    }

    @Test(
        "decimal seconds are exact nanoseconds",
        arguments: [
            ("9.009", 9_009_000_000), ("0.1", 100_000_000), ("10", 10_000_000_000), (".5", 500_000_000),
            ("5.", 5_000_000_000),
            ("-12.25", -12_250_000_000), ("+1", 1_000_000_000), ("0.0000000005", 1), ("0.00000000049", 0),
            ("1.9999999999", 2_000_000_000), ("0.1234567891", 123_456_789),
            ("99999999999999999999", 3_000_000_000_000_000_000),
            ("", nil), (".", nil), ("-", nil), ("1e3", nil), ("1,5", nil), ("0x10", nil), (" 1", nil), ("nan", nil),
        ] as [(String, Int64?)])
    func seconds(text: String, nanoseconds: Int64?) {
        #expect(whole(text) { $0.nanoseconds($1) } == nanoseconds)
    }

    @Test(
        "durations of XML Schema",
        arguments: [
            ("PT9M56.458S", 596_458_000_000), ("P1DT2H3M4.5S", 93_784_500_000_000), ("P1Y", 31_536_000_000_000_000),
            ("P1M", 2_592_000_000_000_000), ("PT0S", 0), ("PT1M", 60_000_000_000), ("-PT5S", -5_000_000_000),
            ("P9999999999Y", 3_000_000_000_000_000_000), ("P", nil), ("PT", nil), ("5S", nil), ("PT5", nil),
            ("P5S", nil), ("PT5X", nil), ("", nil),
        ] as [(String, Int64?)])
    func durations(text: String, nanoseconds: Int64?) {
        #expect(whole(text) { $0.duration($1) } == nanoseconds)
    }

    @Test(
        "dates",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-22T16:00:12.5Z", 1_795_363_212_500_000_000),
            ("2026-11-22T17:00:12.5+01:00", 1_795_363_212_500_000_000),
            ("2026-11-22T08:30:12.500-0730", 1_795_363_212_500_000_000),
            ("2026-11-22T16:00:12.5", 1_795_363_212_500_000_000), ("2000-02-29T00:00:00Z", 951_782_400_000_000_000),
            ("1969-12-31T23:59:59Z", -1_000_000_000), ("2024-01-01", 1_704_067_200_000_000_000),
            ("2026-13-01T00:00:00Z", nil), ("2026-11-22T25:00:00Z", nil), ("2026-11-22T16:00:99Z", nil),
            ("9999-01-01T00:00:00Z", nil),
            ("2026-11-22T16:00:12Zulu", nil), ("now", nil), ("", nil),
        ] as [(String, Int64?)])
    func dates(text: String, nanoseconds: Int64?) {
        #expect(whole(text) { $0.wallTime($1) }?.nanoseconds == nanoseconds)
    }

    @Test("whole numbers up to 64 bits, resolutions, ranges")
    func numbers() {
        #expect(whole("18446744073709551615") { $0.decimalInteger($1) } == .max)
        #expect(whole("18446744073709551616") { $0.decimalInteger($1) } == nil)
        #expect(whole("1920x1080") { $0.resolution($1) }.map { [$0.width, $0.height] } == [1_920, 1_080])
        #expect(whole("1920x") { $0.resolution($1) } == nil)
        #expect(whole("5@7") { $0.byteRange($1) }.map { [$0.length, $0.offset] } == [5, 7])
        #expect(whole("5@") { $0.byteRange($1) } == nil)
    }

    @Test("attribute lists: quotes hide commas, the last of two counts, blanks are read over")
    func attributes() {
        let bytes = Array("A=1,B=\"x,y=z\",  C = 0xAB ,D=\"\",A=2".utf8)
        let list = AttributeList(0..<bytes.count, in: bytes)
        #expect(list.text("A") == "2" && list.text("B") == "x,y=z" && list.text("C") == "0xAB" && list.text("D") == "")
        #expect(list.text("E") == nil && list.duplicate.map { bytes.text($0) } == "A" && !list.isBroken)
        let open = Array("A=\"never closed,B=1".utf8)
        #expect(AttributeList(0..<open.count, in: open).isBroken)
    }

    @Test(
        "ticks become nanoseconds and back",
        arguments: [1, 10, 12_800, 30_000, 44_100, 48_000, 90_000, 10_000_000, 4_294_967_295] as [Int64])
    func ticks(ticksPerSecond: Int64) {
        let timescale = MediaTimescale(ticksPerSecond: ticksPerSecond)
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<500 {
            let tick = Int64.random(in: -2_900_000_000...2_900_000_000, using: &generator)
            let time = timescale.nanoseconds(Int128(tick))
            #expect(timescale.nanoseconds(timescale.lastTick(at: time)) <= time)
            #expect(timescale.nanoseconds(timescale.lastTick(at: time) + 1) > time)
            #expect(timescale.lastTick(at: time) >= Int128(tick))
            #expect(timescale.lastTick(at: time - 1) < Int128(tick))
        }
    }
}
