import Foundation
import Measurement
import Quantities
import Reporting
import RunStore
import SyntheticRuns

// Writes a made-up run of many sessions and times the drawing of its reports:
//
//     ReportBenchmark write FOLDER [sessions] [seconds] [milliseconds to wait after each second]
//     /usr/bin/time -v ReportBenchmark draw FOLDER
//
// Two steps, so that the memory of the second is that of drawing alone.

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
        "startup time p95 < 3 s", "rebuffer ratio < 0.5%", "region bergen: startup time p95 < 4 s (at least 200 sessions)",
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
    func put(_ text: String, _ name: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name)) }
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
    case "draw" where arguments.count == 3: try draw(from: arguments[2])
    default: fail("ReportBenchmark write FOLDER [sessions] [seconds] [wait], or ReportBenchmark draw FOLDER")
    }
} catch let error as RunStoreError {
    fail(error.sentence)
}
