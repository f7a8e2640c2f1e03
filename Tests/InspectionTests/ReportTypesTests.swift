import Foundation
import Quantities
import Testing

@testable import Inspection

@Suite struct ReportTypesTests {
    @Test(arguments: [
        (0, "0"), (2_002_000_000, "2.002"), (6_000_000_000, "6"), (1, "0.000000001"), (-1_500_000_000, "-1.5"),
        (1_763_841_600_123_456_789, "1763841600.123456789"), (33_366_667, "0.033366667"), (-1, "-0.000000001"),
        (Int64.max, "9223372036.854775807"), (Int64.min, "-9223372036.854775808"), (100_000_000, "0.1"),
    ])
    func secondsAreWrittenAndReadExactly(_ nanoseconds: Int64, _ text: String) throws {
        let seconds = Seconds(nanoseconds: nanoseconds)
        #expect(seconds.text == text)
        let encoded = try ReportEncoder(isIndented: false).encode([seconds])
        #expect(String(decoding: encoded, as: UTF8.self) == "[\(text)]\n")
        #expect(try JSONDecoder().decode([Seconds].self, from: Data(encoded)) == [seconds])
        let other = try JSONEncoder().encode([seconds])
        #expect(try JSONDecoder().decode([Seconds].self, from: other) == [seconds])
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
        (1_763_841_600_123_000_000, "2025-11-22T20:00:00.123Z"),
        (1_763_841_600_123_456_000, "2025-11-22T20:00:00.123456Z"),
        (951_782_400_000_000_000, "2000-02-29T00:00:00.000Z"), (Int64.max, "2262-04-11T23:47:16.854775807Z"),
        (Int64.min, "1677-09-21T00:12:43.145224192Z"),
    ])
    func timestampsAreISO8601(_ nanoseconds: Int64, _ text: String) throws {
        let stamp = Timestamp(WallTime(nanoseconds: nanoseconds))
        #expect(stamp.text == text)
        let encoded = try ReportEncoder(isIndented: false).encode([stamp])
        #expect(try JSONDecoder().decode([Timestamp].self, from: Data(encoded)) == [stamp])
    }

    @Test(arguments: ["", "2025-11-22T20:00:00Z", "2025-11-22", "x", "2025-11-22T20:00:00.0000000001Z"])
    func anotherTextIsNoTimestamp(_ text: String) throws {
        let json = try JSONEncoder().encode([text])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Timestamp].self, from: json) }
    }

    private struct Sample: Codable, Equatable {
        struct Inner: Codable, Equatable {
            var list: [String]
            var none: Int?
        }
        var text: String
        var number: Double
        var whole: Int64
        var flag: Bool
        var inner: [Inner]
        var empty: [Int]
        var unsigned: UInt8
    }

    @Test func theEncoderWritesJSONInTheOrderOfTheFields() throws {
        let sample = Sample(
            text: "a\"\\\n\u{1}é/", number: 29.97, whole: .max, flag: true,
            inner: [.init(list: ["x", ""], none: nil), .init(list: [], none: 7)], empty: [], unsigned: 200)
        let line = String(decoding: try ReportEncoder(isIndented: false).encode(sample), as: UTF8.self)
        #expect(
            line == """
                {"text":"a\\"\\\\\\n\\u0001é/","number":29.97,"whole":9223372036854775807,"flag":true,\
                "inner":[{"list":["x",""]},{"list":[],"none":7}],"empty":[],"unsigned":200}

                """)
        let indented = try ReportEncoder(isIndented: true).encode(sample)
        #expect(String(decoding: indented, as: UTF8.self).hasPrefix("{\n  \"text\": "))
        for json in [Data(line.utf8), Data(indented)] {
            #expect(try JSONDecoder().decode(Sample.self, from: json) == sample)
        }
    }

    @Test func numbersThatJSONDoesNotKnowBecomeNull() throws {
        let encoded = try ReportEncoder(isIndented: false).encode([Double.nan, .infinity, 25, 0.5, 1e300])
        #expect(String(decoding: encoded, as: UTF8.self) == "[null,null,25,0.5,1e+300]\n")
    }
}
