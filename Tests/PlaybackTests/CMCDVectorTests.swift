import Foundation
import Testing
import Transport

@testable import Playback

/// Every line of `cmcd-vectors.txt`, which holds what the SVTA's common-media-library makes of these values.
@Suite struct CMCDVectorTests {
    /// The expected output of a case, by what stands before it.
    private func expected(_ name: String) throws -> String {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/cmcd-vectors", withExtension: "txt"))
        let line = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").first { $0.hasPrefix(name) }
        return try #require(line).dropFirst(name.count).trimmingCharacters(in: .whitespaces)
    }

    /// The first version's example, with values as a player measures them.
    private static var first: CMCDReport {
        var report = CMCDReport(version: .one)
        report.set(.encodedBitRate, .decimal(3_200.4))
        report.set(.bufferLength, .integer(21_349))
        report.set(.bufferStarvation, .boolean(true))
        report.set(.contentID, .string("faec5fc2-ac30-11ea-bb37-0242ac130002"))
        report.set(.objectDuration, .integer(4_004))
        report.set(.deadline, .integer(18_550))
        report.set(.measuredThroughput, .integer(25_449))
        report.set(.nextObject, .string("seg%207.m4s"))
        report.set(.nextRange, .string("12323-48763"))
        report.set(.objectType, .token("v"))
        report.set(.playbackRate, .decimal(1.08))
        report.set(.requestedThroughput, .integer(15_049))
        report.set(.streamingFormat, .token("h"))
        report.set(.sessionID, .string("6e2fb550-c457-11e9-bb97-0800200c9a66"))
        report.set(.streamType, .token("l"))
        report.set(.startup, .boolean(true))
        report.set(.topBitRate, .integer(6_000))
        // What the first version does not have, or does not say, is left out.
        report.set(.state, .token("p"))
        report.set(.sequenceNumber, .integer(4))
        report.set(.timestamp, .integer(1_700_000_000_123))
        return report
    }

    private static var second: CMCDReport {
        var report = CMCDReport(version: .two)
        report.set(.backgrounded, .boolean(true))
        report.set(.bufferLength, .list([CMCDItem(21_349, of: .video), CMCDItem(12_099, of: .audio)]))
        report.set(.encodedBitRate, .list([CMCDItem(3_200, of: .video)]))
        report.set(.starvationCount, .list([CMCDItem(.integer(2))]))
        report.set(.starvationDuration, .list([CMCDItem(.integer(350))]))
        report.set(.totalStarvationDuration, .list([CMCDItem(.integer(1_200))]))
        report.set(.cdn, .string("cdnA"))
        report.set(.contentID, .string("c1"))
        report.set(.objectDuration, .integer(4_004))
        report.set(.droppedFrames, .integer(3))
        report.set(.deadline, .integer(18_550))
        report.set(.lowestBitRate, .list([CMCDItem(300, of: .video)]))
        report.set(.liveLatency, .integer(2_903))
        report.set(.mediaStartDelay, .integer(812))
        report.set(.measuredThroughput, .list([CMCDItem(.integer(25_400))]))
        report.set(
            .nextObject,
            .list([
                CMCDItem(.string("seg7.m4s")),
                CMCDItem(.string("seg8.m4s"), [.init("r", .string("0-1023"))]),
            ]))
        report.set(.nextRange, .string("0-1023"))
        report.set(.objectType, .token("v"))
        report.set(.playheadBitRate, .list([CMCDItem(3_200, of: .video)]))
        report.set(.playheadTime, .integer(120_034))
        report.set(.playbackRate, .decimal(1))
        report.set(.streamingFormat, .token("d"))
        report.set(.sessionID, .string("6e2fb550-c457-11e9-bb97-0800200c9a66"))
        report.set(.sequenceNumber, .integer(42))
        report.set(.streamType, .token("ll"))
        report.set(.state, .token("p"))
        report.set(.topBitRate, .list([CMCDItem(6_000, of: .video)]))
        report.set(.startup, .boolean(false))
        // Not of a request.
        report.set(.event, .token("ps"))
        report.set(.status, .integer(200))
        return report
    }

    @Test func theFirstVersionsReportIsThatOfTheLibrary() throws {
        #expect(try Self.first.text == expected("V1 enc"))
        #expect(try Self.first.parameter == expected("V1 query"))
        #expect(try Self.first.added(to: "https://cdn.example.com/v/seg6.m4s?token=abc") == expected("V1 url"))
    }

    @Test(arguments: ["V1 hdr", "V2 hdr"])
    func headersAreThoseOfTheLibrary(name: String) throws {
        let report = name == "V1 hdr" ? Self.first : Self.second
        let wanted = try JSONDecoder().decode([String: String].self, from: Data(try expected(name).utf8))
        let headers = Dictionary(uniqueKeysWithValues: report.headers.map { ($0.name, $0.value) })
        #expect(headers == wanted)
        #expect(wanted.count == 4)
    }

    @Test func theLeastReportIsThatOfTheLibrary() throws {
        var report = CMCDReport(version: .one)
        report.set(.sessionID, .string(#"a"b\c"#))
        report.set(.bufferLength, .integer(3_250))
        report.set(.objectType, .token("a"))
        report.set(.playbackRate, .integer(1))
        #expect(try report.text == expected("V1 min"))
    }

    @Test func theSecondVersionsReportIsThatOfTheLibrary() throws {
        #expect(try Self.second.text == expected(#"V2 enc    {"reportingMode":"request"}"#))
        #expect(try Self.second.text == expected("V2 enc    {}"))
        #expect(try Self.second.added(to: "https://cdn.example.com/v/seg6.m4s") == expected("V2 url"))
    }

    @Test func scalarsOfTheSecondVersionStayScalars() throws {
        var report = CMCDReport(version: .two)
        report.set(.bufferLength, .integer(21_300))
        report.set(.encodedBitRate, .integer(3_200))
        report.set(.measuredThroughput, .integer(25_400))
        report.set(.nextObject, .string("seg7.m4s"))
        report.set(.objectType, .token("v"))
        report.set(.sessionID, .string("s"))
        #expect(try report.text == expected("V2 scalar"))
    }

    @Test func eventsAreThoseOfTheLibrary() throws {
        var event = CMCDReport(version: .two, mode: .event)
        event.set(.bufferLength, .list([CMCDItem(0, of: .video)]))
        event.set(.contentID, .string("c1"))
        event.set(.event, .token("ps"))
        event.set(.sessionID, .string("s1"))
        event.set(.sequenceNumber, .integer(7))
        event.set(.state, .token("r"))
        event.set(.timestamp, .integer(1_700_000_000_123))
        event.set(.firstByte, .integer(31))
        event.set(.nextObject, .string("seg7.m4s"))
        #expect(try event.text == expected("V2 event"))
        var response = CMCDReport(version: .two, mode: .response)
        response.set(.serverDataDynamic, .string("Y21zZA=="))
        response.set(.event, .token("rr"))
        response.set(.objectType, .token("v"))
        response.set(.status, .integer(200))
        response.set(.sessionID, .string("s1"))
        response.set(.timestamp, .integer(1_700_000_000_123))
        response.set(.firstByte, .integer(31))
        response.set(.firstBodyByte, .integer(33))
        response.set(.lastByte, .integer(412))
        response.set(.url, .string("https://cdn.example.com/v/seg6.m4s"))
        #expect(try response.text == expected("V2 rr"))
        #expect(CMCDReport.body(of: [event, response]) == Array((event.text + "\n" + response.text + "\n").utf8))
    }

    @Test func aReportIsReadAsTheLibraryReadsIt() throws {
        let text =
            #"com.example-k="v",bl=21300,br=3200,bs,cid="x",nor="..%2Fseg7.m4s",pr=1.08,sid="s",su"#
        let report = try CMCDReport.decoded(text)
        let wanted = try #require(
            JSONSerialization.jsonObject(with: Data(try expected("decode").utf8)) as? NSDictionary)
        var read: [String: Any] = [:]
        for field in report.fields {
            guard case .item(let item) = field.value else { continue }
            switch item.bare {
            case .integer(let value): read[field.name] = value
            case .decimal(let value): read[field.name] = value
            case .boolean(let value): read[field.name] = value
            case .string(let value), .token(let value): read[field.name] = value
            }
        }
        #expect(NSDictionary(dictionary: read) == wanted)
        #expect(report.version == .one)
    }

    @Test func everyLineIsHeldAgainst() throws {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/cmcd-vectors", withExtension: "txt"))
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
        let names = lines.map { $0.split(separator: " ").prefix($0.hasPrefix("decode") ? 1 : 2).joined(separator: " ") }
        #expect(
            names == [
                "V1 enc", "V1 query", "V1 url", "V1 hdr", "V1 min", "V2 enc", "V2 enc", "V2 url", "V2 hdr",
                "V2 scalar", "V2 event", "V2 rr", "decode",
            ])
    }

    @Test(arguments: ["V1 enc", "V2 event", "V2 rr", "V2 scalar", #"V2 enc    {}"#, "V1 min"])
    func whatIsReadIsWrittenAlike(name: String) throws {
        let text = try expected(name)
        #expect(try CMCDReport.decoded(text).text == text)
    }
}
