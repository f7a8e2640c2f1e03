import Foundation
import Manifests
import Quantities
import Testing

@testable import Inspection

/// The published schema against what is really written.
@Suite struct SchemaTests {
    private static func schema() throws -> JSONSchema {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return try JSONSchema(Data(contentsOf: root.appendingPathComponent("docs/inspect.schema.json")))
    }

    private static var reports: [InspectionReport] {
        [Everything.hls, Everything.dash].map { ReportBuilder.report($0, tool: "fullhouse 0") }
    }

    private static var change: ReportChange {
        ReportChange(
            time: Timestamp(Everything.now), uri: Everything.page, track: "video 0", isChanged: true, error: "why",
            age: Seconds(nanoseconds: 1), ageInUpdatePeriods: 1.5, firstAdded: 1, lastAdded: 2, addedParts: 3,
            removedSegments: 1, discontinuities: 1, window: Seconds(nanoseconds: 5), lastSequence: 2,
            dateRanges: [ReportDateRange(DateRange(id: "a"), base: "")], isEnded: false,
            loadTime: Seconds(nanoseconds: 7))
    }

    private static var findings: ReportFindings {
        ReportFindings(
            time: Timestamp(Everything.now), loads: 3, changes: 2, failures: 1, longestAge: Seconds(nanoseconds: 9),
            findings: [ReportFinding(Finding(id: "x", severity: .error, message: "m", clause: "c"), uri: nil)])
    }

    @Test func everyRecordIsValidAndEveryDescribedFieldIsWritten() throws {
        var schema = try Self.schema()
        let encoder = ReportEncoder(isIndented: true)
        let cut = ReportBuilder.Limits(total: 1_000, perList: 1)
        let short = [Everything.hls, Everything.dash].map { ReportBuilder.report($0, tool: "t", limits: cut) }
        for report in Self.reports + short { #expect(try schema.problems(Data(encoder.encode(report))) == []) }
        #expect(try schema.problems(Data(encoder.encode(Self.change))) == [])
        #expect(try schema.problems(Data(encoder.encode(Self.findings))) == [])
        let unseen = schema.properties.subtracting(schema.seen)
        #expect(unseen == [], "described, but written by no record")
        #expect(schema.properties.count > 250)
    }

    @Test func everythingInTheSchemaIsDescribed() throws {
        for (name, definition) in try Self.schema().definitions {
            let definition = try #require(definition as? [String: Any])
            #expect(definition["description"] is String, "\(name)")
            for (property, value) in definition["properties"] as? [String: [String: Any]] ?? [:] {
                let description = try #require(value["description"] as? String, "\(name).\(property)")
                #expect(description.count > 2 && description.hasSuffix("."), "\(name).\(property): \(description)")
            }
        }
    }

    @Test(arguments: [
        ("{}", false), ("[]", false), ("{\"record\":\"findings\"}", false), ("{\"record\":\"other\"}", false),
        ("7", false),
    ])
    func whatIsNoRecordIsNotValid(_ json: String, _ isValid: Bool) throws {
        var schema = try Self.schema()
        #expect(try schema.problems(Data(json.utf8)).isEmpty == isValid)
    }

    @Test func aFieldMoreOrLessIsNotValid() throws {
        var schema = try Self.schema()
        let text = String(decoding: try ReportEncoder(isIndented: false).encode(Self.findings), as: UTF8.self)
        let more = text.replacingOccurrences(of: "\"loads\":3", with: "\"loads\":3,\"more\":1")
        let less = text.replacingOccurrences(of: "\"loads\":3,", with: "")
        let other = text.replacingOccurrences(of: "\"loads\":3", with: "\"loads\":\"3\"")
        for json in [more, less, other] {
            #expect(json != text)
            #expect(try !schema.problems(Data(json.utf8)).isEmpty)
        }
    }

    @Test func aReportReadsBackAsItWas() throws {
        for report in Self.reports {
            for isIndented in [true, false] {
                let json = Data(try ReportEncoder(isIndented: isIndented).encode(report))
                #expect(try JSONDecoder().decode(InspectionReport.self, from: json) == report)
            }
        }
        let change = Data(try ReportEncoder(isIndented: false).encode(Self.change))
        #expect(try JSONDecoder().decode(ReportChange.self, from: change) == Self.change)
        #expect(change.count(where: { $0 == UInt8(ascii: "\n") }) == 1)
    }
}
