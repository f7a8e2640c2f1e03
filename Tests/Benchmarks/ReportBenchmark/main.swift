import Foundation
import Measurement
import Playback
import Quantities
import Reporting
import RunStore
import SyntheticRuns
import Transport

// Writes a made-up run of many sessions and times the drawing of its reports:
//
//     ReportBenchmark write FOLDER [sessions] [seconds] [milliseconds to wait after each second]
//     /usr/bin/time -v ReportBenchmark draw FOLDER
//     ReportBenchmark record
//
// Two steps, so that the memory of the second is that of drawing alone. The third one times the recorder, which sees every
// event of a run on the thread of its event loop.

func fail(_ sentence: String) -> Never {
    FileHandle.standardError.write(Data((sentence + "\n").utf8))
    exit(2)
}

func timed<Result>(_ what: String, _ body: () throws -> Result) rethrows -> Result {
    let begin = ContinuousClock.now
    let result = try body()
    print("\(what): \(ContinuousClock.now - begin)")
    return result
}

func write(to folder: String, sessions: Int, seconds: Int, wait milliseconds: Int) throws {
    var settings = SyntheticRun.Settings()
    settings.viewers = sessions
    settings.seconds = seconds
    settings.longestWatch = Double(seconds) * 0.8
    settings.sampling = .sessions(share: 0.01, seed: 7)
    var run = SyntheticRun(settings)
    let thresholds = [
        "startup time p95 < 3 s", "rebuffer ratio < 0.5%",
        "region bergen: startup time p95 < 4 s (at least 200 sessions)",
        "edge 127.0.0.4: time to first byte p95 < 100 ms", "failed sessions < 5 %",
        "stream main-hls: live latency p95 < 15 s (at least 1000000 samples)",
    ]
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let writer = try RunWriter(path: folder + "/run.sqlite", metadata: run.metadata(thresholds: thresholds))
    var inStore = Duration.zero
    var slowest = Duration.zero
    try run.play { second in
        let begin = ContinuousClock.now
        try writer.append(second.deltas, loops: second.loops, machine: second.machine, endingAt: second.end)
        let took = ContinuousClock.now - begin
        inStore += took
        slowest = max(slowest, took)
        if milliseconds > 0 { Thread.sleep(forTimeInterval: Double(milliseconds) / 1e3) }
    }
    try writer.finish()
    print("store: \(inStore) for \(sessions) sessions in \(seconds) appends, the slowest \(slowest)")
}

func draw(from folder: String) throws {
    let reader = try RunReader(path: folder + "/run.sqlite")
    let report = try timed("read") { try reader.report() }
    func put(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
    }
    try timed("report.html") { try put(HTMLReport.render(report), "report.html") }
    try timed("summary.json") { try put(SummaryJSON.render(report), "summary.json") }
    try timed("summary.csv, summary.md, junit.xml") {
        try put(SummaryCSV.render(report), "summary.csv")
        try put(SummaryMarkdown.render(report), "summary.md")
        try put(JUnitXML.render(report), "junit.xml")
    }
    try timed("timeline.csv") { try put(TimelineCSV.render(report), "timeline.csv") }
    try timed("sessions.csv") {
        try stream(to: folder + "/sessions.csv", SessionsCSV.header) { put in
            try reader.forEachSession { put(SessionsCSV.row($0)) }
        }
    }
    try timed("transfers.csv") {
        try stream(to: folder + "/transfers.csv", TransfersCSV.header) { put in
            try reader.forEachTransfer { put(TransfersCSV.row($0)) }
        }
    }
    print(ConsoleSummary.render(report, reportPath: folder + "/report.html"))
}

/// What an event costs on a loop: ten thousand sessions, a transfer and a rendered segment in turn, taken every 20 000.
func record() {
    let recorder = LoopRecorder()
    var ledgers = (0..<10_000).map { number in
        recorder.sessionStarted(
            SessionID(UInt64(number)),
            SessionArrival(
                due: .zero, started: .zero, stream: "main", region: "oslo", edge: "127.0.0.2", device: "hls.js"))
    }
    var generator = SeededGenerator(seed: 1)
    let latencies = (0..<4_096).map { _ in TimeAmount.seconds(0.002 + 0.05 * generator.unit() * generator.unit()) }
    let count = 2_000_000
    var takes = Duration.zero
    let begin = ContinuousClock.now
    for number in 0..<count {
        let now = Instant(nanoseconds: Int64(number) * 50_000)
        let position = number % ledgers.count
        if number & 1 == 0 {
            let first = latencies[number & 4_095]
            let transfer = TransferRecord(
                id: TransferID(UInt32(number)), kind: .video, due: now,
                timings: TransferTimings(begun: now, firstByte: first, total: first * 2), status: 200,
                bytes: ByteCount(30_000 as Int64), edge: "127.0.0.2", cache: .hit, pop: "OSL", connectionReused: true)
            recorder.record(TimedEvent(at: now, .transferFinished(transfer)), in: &ledgers[position])
        } else {
            recorder.record(
                TimedEvent(at: now, .rendered(.video, duration: .seconds(2 as Int64), bitRate: .megabits(3))),
                in: &ledgers[position])
        }
        if number % 20_000 == 19_999 {
            let start = ContinuousClock.now
            _ = recorder.takeInterval(at: now)
            takes += ContinuousClock.now - start
        }
    }
    let all = ContinuousClock.now - begin
    print(
        "an event: \((all - takes) / count), a take: \(takes / (count / 20_000)), a ledger: \(MemoryLayout<SessionLedger>.size) bytes"
    )
}

func stream(to path: String, _ header: String, _ body: (_ put: (String) -> Void) throws -> Void) throws {
    guard let file = fopen(path, "w") else { fail("\(path) cannot be written") }
    defer { fclose(file) }
    fputs(header, file)
    try body { fputs($0, file) }
}

let arguments = CommandLine.arguments
do {
    switch arguments.dropFirst().first {
    case "write" where arguments.count >= 3:
        func number(_ position: Int, _ standard: Int) -> Int {
            arguments.count > position ? Int(arguments[position]) ?? standard : standard
        }
        try write(to: arguments[2], sessions: number(3, 100_000), seconds: number(4, 300), wait: number(5, 0))
    case "record": record()
    case "draw" where arguments.count == 3: try draw(from: arguments[2])
    default:
        fail(
            "ReportBenchmark write FOLDER [sessions] [seconds] [wait], ReportBenchmark draw FOLDER, or ReportBenchmark record"
        )
    }
} catch let error as RunStoreError {
    fail(error.sentence)
} catch {
    fail("\(error)")
}
