import Quantities
import Testing
import Transport

@testable import Playback

@Suite struct CMCDReportTests {
    private func report(_ key: CMCDKey, _ value: CMCDValue, in version: CMCDVersion = .one) -> String {
        var report = CMCDReport(version: version)
        report.set(key, value)
        return report.text
    }

    @Test func wholeNumbersAreRoundedHalfUp() {
        #expect(report(.bufferLength, .integer(49)) == "bl=0")
        #expect(report(.bufferLength, .integer(50)) == "bl=100")
        #expect(report(.deadline, .integer(-250)) == "dl=-200")
        #expect(report(.measuredThroughput, .decimal(.infinity)) == "")
        #expect(report(.measuredThroughput, .decimal(.nan)) == "")
        #expect(report(.measuredThroughput, .decimal(1e300)) == "mtp=999999999999999")
        #expect(report(.objectDuration, .integer(.min)) == "d=-10000000000000")
        #expect(report(.encodedBitRate, .decimal(3_200.5)) == "br=3201")
    }

    @Test func decimalsHaveThreeDigitsAtMost() {
        #expect(report(.playbackRate, .decimal(0.9645)) == "pr=0.964")
        #expect(report(.playbackRate, .decimal(-0.5)) == "pr=-0.5")
        #expect(report(.playbackRate, .decimal(2)) == "pr=2")
        #expect(report(.playbackRate, .decimal(0)) == "pr=0")
        #expect(report(.playbackRate, .decimal(1)) == "")
    }

    @Test func stringsHoldWhatTheyCannotHoldEncoded() {
        #expect(report(.contentID, .string("sør\n")) == #"cid="s%C3%B8r%0A""#)
        #expect(report(.contentID, .string(#"\"#)) == #"cid="\\""#)
    }

    @Test func theNextObjectIsEncodedInTheFirstVersionOnly() {
        #expect(report(.nextObject, .string("../seg7.m4s?a=b")) == #"nor="..%2Fseg7.m4s%3Fa%3Db""#)
        #expect(report(.nextObject, .string("../seg7.m4s?a=b"), in: .two) == #"nor=("../seg7.m4s?a=b"),v=2"#)
    }

    @Test func listsBecomeTheirFirstValueInTheFirstVersion() {
        let value = CMCDValue.list([CMCDItem(21_349, of: .video), CMCDItem(12_099, of: .audio)])
        #expect(report(.bufferLength, value) == "bl=21300")
        #expect(report(.bufferLength, .list([])) == "")
    }

    @Test(arguments: [
        ("http://h/a", "http://h/a?CMCD=bl%3D100"),
        ("http://h/a?", "http://h/a?CMCD=bl%3D100"),
        ("http://h/a?x=%2f&y", "http://h/a?x=%2f&y&CMCD=bl%3D100"),
        ("http://h/a?x#f", "http://h/a?x&CMCD=bl%3D100#f"),
        ("http://h/a?CMCD=su&x", "http://h/a?x&CMCD=bl%3D100"),
        ("http://h/a?XCMCD=su", "http://h/a?XCMCD=su&CMCD=bl%3D100"),
    ])
    func theQueryKeepsWhatItHas(uri: String, expected: String) {
        var report = CMCDReport(version: .one)
        report.set(.bufferLength, .integer(100))
        #expect(report.added(to: uri) == expected)
    }

    @Test(arguments: [
        ("http://h/a?CMCD=bl%3D100", "http://h/a"), ("http://h/a?x&CMCD=bl", "http://h/a?x"),
        ("http://h/a?x&CMCD=bl&y=1&&z#CMCD=", "http://h/a?x&y=1&&z#CMCD="),
        ("http://h/a?XCMCD=b", "http://h/a?XCMCD=b"),
        ("http://h/CMCD=?", "http://h/CMCD=?"),
    ])
    func theReportIsTakenOutAgain(uri: String, expected: String) {
        #expect(CMCDReport.removed(from: uri) == expected)
    }

    @Test func anEmptyReportChangesNothing() {
        #expect(CMCDReport(version: .one).added(to: "http://h/a?CMCD=x") == "http://h/a?CMCD=x")
        #expect(CMCDReport(version: .one).headers.isEmpty)
    }

    @Test func customKeysGoWithTheSession() throws {
        var report = CMCDReport(version: .one)
        report.set(CMCDCustomKey(name: "com.example-shard", value: "7"))
        report.set(CMCDCustomKey(name: "com.example-myKey", value: "7"))
        report.set(.objectType, .token("m"))
        #expect(report.text == #"com.example-shard="7",ot=m"#)
        #expect(
            report.headers == [
                HTTPHeader(name: "CMCD-Object", value: "ot=m"),
                HTTPHeader(name: "CMCD-Session", value: #"com.example-shard="7""#),
            ])
        let read = try CMCDReport.decoded("com.example-myNumericKey=500,com.example-myStringKey=\"myStringValue\"")
        #expect(read["com.example-myNumericKey"] == .integer(500))
        #expect(read["com.example-myStringKey"] == .string("myStringValue"))
    }

    @Test(
        arguments: [
            "bl", "bl=,su", "bl=1,", "=1", "bl=1 su", "bl=(1", "bl=(1,2)", "sid=\"a", "sid=\"a\\n\"", "sid=\"\u{e5}\"",
            "bl=1.2345", "bl=1.", "bl=-", "bl=1234567890123456", "bs=?2", "ot=;a", "x;=1", "nor=(\"a\"\"b\")",
        ].dropFirst())
    func whatIsNoDictionaryIsRefused(text: String) {
        #expect(throws: CMCDDecodingError.self) { try CMCDReport.decoded(text) }
    }

    @Test func randomBytesNeverTrap() {
        var generator = SeededGenerator(seed: 7)
        let alphabet = Array("ab;=,(\")?01.-\\ %\u{0}\u{e5}".unicodeScalars)
        var read = 0
        for _ in 0..<20_000 {
            var text = ""
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                text.unicodeScalars.append(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)])
            }
            guard let report = try? CMCDReport.decoded(text) else { continue }
            read += 1
            #expect((try? CMCDReport.decoded(report.text)) == report, "\(text)")
            _ = report.added(to: "http://h/" + text)
        }
        #expect(read > 500)
    }

    @Test func settingsNameWhatIsWrong() {
        #expect(CMCDSettings().problems.isEmpty)
        #expect(CMCDSettings(version: .two, collector: CMCDCollector(uri: "https://c.example/x")).problems.isEmpty)
        #expect(CMCDSettings(collector: CMCDCollector(uri: "https://c.example/x")).problems.count == 1)
        #expect(CMCDSettings(placement: .none).problems.count == 1)
        #expect(CMCDSettings(keys: [.state, .nextObject]).problems.count == 1)
        #expect(CMCDSettings(contentID: String(repeating: "x", count: 65)).problems.count == 1)
        #expect(CMCDSettings(version: .two, contentID: String(repeating: "x", count: 65)).problems.isEmpty)
        #expect(CMCDSettings(contentID: "").problems.count == 1)
        #expect(
            CMCDSettings(customKeys: [.init(name: "a-b", value: "x"), .init(name: "a-b", value: "x")]).problems.count
                == 1)
        let bad = CMCDCollector(uri: "ftp://x/", events: [], interval: .milliseconds(10), batch: 0)
        #expect(CMCDSettings(version: .two, collector: bad).problems.count == 4)
        for name in ["", "-a", "a-", "ab", "A-b", "a-B", "1-a", "a_b-c"] {
            #expect(CMCDCustomKey(name: name, value: "").problems.count == 1, "\(name)")
        }
    }

    @Test func everyKeyHasAPlace() {
        for key in CMCDKey.allCases {
            #expect(!key.versions.isEmpty)
            #expect(key.header != nil || key.versions == [.two])
        }
    }
}
