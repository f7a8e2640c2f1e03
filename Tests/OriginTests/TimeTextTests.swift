import Foundation
import Quantities
import Testing

@testable import Origin

@Suite struct TimeTextTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_399_999_999_999, "2000-02-28T23:59:59.999Z", "Mon, 28 Feb 2000 23:59:59 GMT"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000Z", "Tue, 29 Feb 2000 00:00:00 GMT"),
            (-1, "1969-12-31T23:59:59.999Z", "Wed, 31 Dec 1969 23:59:59 GMT"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000Z", "Mon, 01 Mar 2100 00:00:00 GMT"),
        ] as [(Int64, String, String)])
    func knownTimes(nanoseconds: Int64, iso: String, http: String) {
        #expect(TimeText.iso8601(WallTime(nanoseconds: nanoseconds)) == iso)
        #expect(TimeText.http(WallTime(nanoseconds: nanoseconds)) == http)
    }

    @Test func agreesWithTheSystemsCalendar() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<500 {
            let seconds = Int64.random(in: -1_000_000_000...8_000_000_000, using: &generator)
            let expected = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
            let text = TimeText.iso8601(WallTime(nanoseconds: seconds * 1_000_000_000))
            #expect(text.replacingOccurrences(of: ".000Z", with: "Z") == expected)
        }
    }

    @Test(arguments: [(2.0, "2"), (4.010667, "4.010667"), (0.1, "0.1"), (0, "0"), (3.9893333, "3.989333"), (1e-9, "0")])
    func decimals(value: Double, text: String) {
        #expect(TimeText.decimal(value, places: 6) == text)
    }
}
