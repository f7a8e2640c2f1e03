import Quantities
import Testing

@testable import RunProfile

@Suite struct AmountsTests {
    @Test(arguments: [
        ("500 ms", 0.5), ("30 s", 30), ("30s", 30), (" 1.5 sec ", 1.5), ("10 min", 600), ("2 m", 120), ("2 h", 7_200),
        ("0", 0), ("1 hour", 3_600), (".5 s", 0.5),
    ])
    func durations(_ text: String, _ seconds: Double) {
        #expect(Amounts.duration(text) == .seconds(seconds))
    }

    @Test(arguments: ["", "s", "5", "-5 s", "+5 s", "1.2.3 s", "5 S", "5 d", "1e3 s", "½ s", "٣ s", "nan s", "inf s"])
    func notDurations(_ text: String) {
        #expect(Amounts.duration(text) == nil)
    }

    @Test func aHugeDurationIsClamped() {
        #expect(Amounts.duration("999999999999999999999999 h") == .max)
    }

    @Test(arguments: [
        ("64000 bit/s", 64e3), ("800 kbit/s", 8e5), ("2 Mbit/s", 2e6), ("2.5Mbps", 2.5e6), ("8 Gbit/s", 8e9),
        ("1 MBIT/S", 1e6),
    ])
    func bitRates(_ text: String, _ expected: Double) {
        #expect(Amounts.bitRate(text) == BitRate(bitsPerSecond: expected))
    }

    @Test(arguments: ["2", "2 MB/s", "2 M", "-1 kbit/s", ""])
    func notBitRates(_ text: String) {
        #expect(Amounts.bitRate(text) == nil)
    }

    @Test(arguments: [("12 B", Int64(12)), ("5 kB", 5_000), ("500 MB", 500_000_000), ("2TB", 2_000_000_000_000)])
    func sizes(_ text: String, _ expected: Int64) {
        #expect(Amounts.size(text) == ByteCount(expected))
    }

    @Test(arguments: ["5", "5 MiB", "5 mb", "-1 MB", "x"])
    func notSizes(_ text: String) {
        #expect(Amounts.size(text) == nil)
    }

    @Test(arguments: [("25%", 0.25), ("3", 3), ("12.5 %", 0.125), ("0", 0)])
    func shares(_ text: String, _ expected: Double) {
        #expect(Amounts.share(text) == expected)
    }

    @Test(arguments: [("20/s", 20.0), ("20 per second", 20), ("600/min", 10), ("30 per minute", 0.5), ("1 / s", 1)])
    func rates(_ text: String, _ expected: Double) {
        #expect(Amounts.rate(text) == expected)
    }

    @Test(arguments: ["0/s", "20", "-1/s", "20/h", "a/s"])
    func notRates(_ text: String) {
        #expect(Amounts.rate(text) == nil)
    }

    @Test(arguments: [("viewrs", "viewers"), ("adaption", "adaptation"), ("Seed", "seed")])
    func aMisspeltNameIsGuessed(_ written: String, _ meant: String) {
        #expect(Spelling.nearest(to: written, among: ["viewers", "adaptation", "seed", "http"]) == meant)
        #expect(Spelling.nearest(to: "entirely", among: ["viewers", "http"]) == nil)
    }
}
