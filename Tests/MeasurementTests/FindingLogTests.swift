import Manifests
import Measurement
import Playback
import Quantities
import Testing
import Transport

@Suite struct FindingLogTests {
    private func finding(_ id: String = "hls-x", _ severity: Finding.Severity = .error, _ message: String = "m")
        -> Finding
    {
        Finding(id: id, severity: severity, message: message, clause: "c")
    }

    private func key(_ id: String = "hls-x", _ stream: String = "s", _ edge: String = "e") -> FindingKey {
        FindingKey(id: id, stream: stream, edge: edge, kind: .playlist)
    }

    @Test func countsByFindingStreamEdgeAndKind() throws {
        var log = FindingLog()
        log.note([], stream: "s", edge: "e", kind: .playlist, uri: "u", at: .zero)
        #expect(log.isEmpty)
        for second in [3.0, 1, 2] {
            let findings = [finding("hls-x", .error, "at \(second)"), finding("hls-y", .warning)]
            log.note(findings, stream: "s", edge: "e", kind: .playlist, uri: "https://h/p?t=1", at: .seconds(second))
        }
        log.note([finding()], stream: "s", edge: "f", kind: .video, uri: "u", at: .seconds(9))
        let tally = try #require(log.tallies[key()])
        #expect(tally.count == 3 && tally.first == .seconds(1) && tally.last == .seconds(3))
        #expect(tally.message == "at 3.0" && tally.resource == "https://h/p")
        #expect(log.counts().errors == 4 && log.counts().warnings == 3 && log.counts().sum == 7)
        #expect(log.counts(of: CellKey(.edge, "f")).sum == 1)
        #expect(log.counts(of: CellKey(.kind, "video")).sum == 1)
        #expect(log.counts(of: CellKey(.stream, "t")).sum == 0)
    }

    @Test func noTokenIsKept() throws {
        var log = FindingLog()
        let text = "the URI https://a:b@h/x.ts?token=77 answers nothing"
        log.note(
            [finding("hls-x", .error, text)], stream: "s", edge: "e", kind: .playlist, uri: "https://a:b@h/x?y",
            at: .zero)
        let tally = try #require(log.tallies.values.first)
        #expect(tally.message == "the URI https://h/x.ts answers nothing")
        #expect(tally.resource == "https://h/x")
    }

    @Test func isBoundedAndKeepsCounting() {
        var log = FindingLog()
        for number in 0..<10_000 {
            let findings = [finding("id-\(number)", number % 2 == 0 ? .error : .information)]
            log.note(findings, stream: "s", edge: "e", kind: .playlist, uri: "u", at: .zero)
            log.note([StreamWatch.Ages(stream: "s", edge: "\(number)", ages: UpdateAges(counts: [1], maximum: 1))])
        }
        #expect(log.tallies.count == FindingLog.limit && log.ages.count == FindingLog.limit)
        #expect(log.counts().errors == 5_000 && log.counts().information == 5_000)
        var sum = log
        sum.merge(log)
        #expect(sum.tallies.count == FindingLog.limit && sum.counts().sum == 20_000)
        var other = FindingLog()
        other.note([finding("new", .warning)], stream: "s", edge: "e", kind: .playlist, uri: "u", at: .zero)
        sum.merge(other)
        #expect(sum.others.warnings == 1 && sum.counts().sum == 20_001)
    }

    @Test func mergingDoesNotDependOnTheOrder() {
        var generator = SeededGenerator(seed: 5)
        var parts = [FindingLog](repeating: FindingLog(), count: 6)
        for number in 0..<600 {
            let findings = [finding("id-\(Int(generator.unit() * 9))", .error, "example \(number)")]
            let edge = "e\(Int(generator.unit() * 3))"
            let second = (generator.unit() * 20).rounded()
            parts[number % 6].note(
                findings, stream: "s", edge: edge, kind: .playlist, uri: "u\(number)", at: .seconds(second))
            var ages = UpdateAges()
            ages.record(generator.unit() * 3)
            parts[number % 6].note([StreamWatch.Ages(stream: "s", edge: edge, ages: ages)])
        }
        func sum(_ order: [Int]) -> FindingLog { order.reduce(into: FindingLog()) { $0.merge(parts[$1]) } }
        #expect(sum([0, 1, 2, 3, 4, 5]) == sum([5, 3, 1, 4, 0, 2]))
        #expect(sum([0, 1, 2, 3, 4, 5]).counts().errors == 600)
    }

    @Test func theRecorderHandsThemOverOnce() {
        let recorder = LoopRecorder()
        recorder.findings.note([finding()], stream: "s", edge: "e", kind: .playlist, uri: "u", at: .zero)
        var totals = RunTotals()
        totals.merge(recorder.takeInterval(at: .seconds(1)))
        totals.merge(recorder.takeInterval(at: .seconds(2)))
        #expect(totals.findings.tallies[key()]?.count == 1)
    }

    @Test(arguments: [
        ("finding errors == 0", ThresholdVerdict.failed), ("findings errors <= 2", .passed),
        ("finding warnings == 0", .passed), ("findings < 2", .failed), ("edge f: finding errors == 0", .passed),
        ("edge e: finding errors == 0", .failed), ("kind playlist: findings == 2", .passed),
        ("kind audio: findings == 0", .notEnoughData),
        ("finding errors == 0 (at least 1000 transfers)", .notEnoughData),
    ])
    func thresholdsJudgeThem(text: String, verdict: ThresholdVerdict) throws {
        var totals = RunTotals()
        for kind in ["playlist", "video"] {
            var cell = TransferCell()
            cell.record(.made(number: 1))
            totals.transfers[CellKey(.kind, kind)] = cell
            totals.transfers[CellKey(.edge, kind == "video" ? "f" : "e")] = cell
        }
        totals.findings.note([finding(), finding()], stream: "s", edge: "e", kind: .playlist, uri: "u", at: .zero)
        #expect(try Threshold(parsing: text).evaluate(totals).verdict == verdict)
    }

    @Test func findingsAreNotCountedByRegion() {
        #expect(throws: ThresholdParseError.self) { try Threshold(parsing: "region oslo: findings == 0") }
    }
}

@Suite struct TransferFactsTests {
    private func response(_ headers: [(String, String)], body: String = "", bytes: Int64 = 2_000) -> TransferResult {
        TransferResult(
            status: 200, bytes: ByteCount(bytes), body: Array(body.utf8),
            headers: headers.map { HTTPHeader(name: $0.0, value: $0.1) },
            timings: TransferTimings(begun: .zero, firstByte: .milliseconds(20), total: .seconds(5.0)))
    }

    private func ids(_ facts: TransferFacts) -> [String] { TransferCheck.check(facts).map(\.id).sorted() }

    @Test func areReadFromHeadersAndBody() {
        let sound = [
            ("content-type", "application/vnd.apple.mpegurl"), ("content-encoding", "gzip"),
            ("cache-control", "public"), ("cache-control", "max-age=30"), ("age", "9"), ("x", "y"),
        ]
        var facts = TransferFacts(.playlist, response(sound, body: "#EXTM3U"), uri: "https://h/p.m3u8")
        #expect(ids(facts) == [])
        facts.updateInterval = .seconds(4.0)
        #expect(ids(facts) == ["http-live-max-age", "http-playlist-age"])
        let page = TransferFacts(.manifest, response([("content-type", "x/y")], body: "<html><body>"), uri: "u")
        #expect(ids(page) == ["http-error-page"])
        #expect(ids(TransferFacts(.playlist, response([("age", "much")]), uri: "u")).count == 2)
    }

    @Test func aSegmentIsJudgedByWhatIsAdded() {
        var facts = TransferFacts(.video, response([("content-type", "video/mp4")]), uri: "u")
        #expect(ids(facts) == [])
        facts.mediaDuration = .seconds(4.0)
        facts.isAtFullSpeed = true
        #expect(ids(facts) == ["http-segment-slower-than-real-time"])
        #expect(ids(TransferFacts(.key, response([], bytes: 0), uri: "u")) == [])
    }
}
