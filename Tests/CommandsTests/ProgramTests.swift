import Foundation
import Measurement
import Origin
import Quantities
import RunStore
import Testing

@testable import Commands

/// The built program as a process: killed, interrupted, and on a full disk.
@Suite(.serialized) struct ProgramTests {
    /// A scene with a run in progress on it.
    private struct Stage {
        var scene: Scene
        var origin: OriginServer
        var program: Program

        /// The run's folder and what its file says.
        func report() throws -> (folder: String, report: RunReport) {
            let folder = try #require(scene.runs().first)
            return (folder, try RunReader(path: folder + "/run.sqlite").report())
        }
    }

    private func start(_ edge: EdgeSettings = EdgeSettings(pop: "osl"), run: String = "loops: 1") async throws -> Stage
    {
        let path = try #require(Program.path, "the program is not built beside the tests")
        let scene = try Scene()
        let origin = try await Scene.origin(edge)
        let uri = origin.edges[0].baseURL + "/live/a/master.m3u8"
        let profile = try scene.file(
            "profile.yaml", Scene.profile(uri, viewers: 5, more: "run: {limit: 150 s, \(run)}"))
        let program = try Program(scene, path, ["run", profile, "--output", scene.folder + "/reports"])
        return Stage(scene: scene, origin: origin, program: program)
    }

    /// Waits until so many seconds are stored.
    private func wait(for seconds: Int, of stage: Stage) async throws {
        for _ in 0..<1_500 {
            if let folder = stage.scene.runs().first, let reader = try? RunReader(path: folder + "/run.sqlite"),
                let report = try? reader.report(), report.duration >= .seconds(seconds)
            {
                return
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("no second was stored: \(stage.program.errors)")
    }

    @Test(.timeLimit(.minutes(4)))
    func aKilledRunGivesAReportUpToItsLastSecond() async throws {
        let stage = try await start()
        try await wait(for: 2, of: stage)
        stage.program.send(SIGKILL)
        #expect(try await stage.program.end() == -SIGKILL)
        let (folder, report) = try stage.report()
        #expect(report.end == .cutShort && report.duration >= .seconds(2))
        #expect(report.totals.overall.arrivals == 5 && report.totals.allTransfers.all.count > 10)
        #expect(!FileManager.default.fileExists(atPath: folder + "/report.html"))
        let drawing = try Program(stage.scene, try #require(Program.path), ["report", folder])
        #expect(try await drawing.end() == 0, "\(drawing.errors)")
        await stage.origin.stop()
        #expect(drawing.output.lowercased().contains("cut short"), "\(drawing.output)")
        let page = try String(contentsOfFile: folder + "/report.html", encoding: .utf8)
        #expect(page.lowercased().contains("cut short"))
        let junit = try String(contentsOfFile: folder + "/junit.xml", encoding: .utf8)
        #expect(junit.contains("cut-short"))
    }

    @Test(.timeLimit(.minutes(4)))
    func oneInterruptionEndsARunGentlyWithAReport() async throws {
        let stage = try await start()
        try await wait(for: 2, of: stage)
        stage.program.send(SIGINT)
        let status = try await stage.program.end()
        await stage.origin.stop()
        // 2 on a machine that is much too busy for a valid measurement.
        #expect(status == 0 || status == 2, "\(status) \(stage.program.errors)")
        #expect(stage.program.errors.contains("stopping gently"))
        let (folder, report) = try stage.report()
        #expect(report.end == .stopped(reason: "the operator stopped it") && report.duration < .seconds(100))
        #expect(report.totals.overall.outcomes.running == 5)
        #expect(FileManager.default.fileExists(atPath: folder + "/report.html"))
        #expect(!FileManager.default.fileExists(atPath: folder + "/run.sqlite-wal"))
        let edge = stage.origin.statistics()[0]
        #expect(
            report.totals.allTransfers.all == Tally(count: Int64(edge.requests), bytes: edge.bytes) && edge.aborted == 0
        )
    }

    @Test(.timeLimit(.minutes(4)))
    func twoInterruptionsEndARunAtOnceWithAReport() async throws {
        var slow = EdgeSettings(pop: "bgo")
        slow.throughputCap = .kilobits(1)
        let stage = try await start(slow, run: "grace: 120 s, loops: 1")
        try await wait(for: 2, of: stage)
        stage.program.send(SIGINT)
        for _ in 0..<200 where !stage.program.errors.contains("stopping gently") {
            try await Task.sleep(for: .milliseconds(20))
        }
        stage.program.send(SIGINT)
        let status = try await stage.program.end(within: 30)
        await stage.origin.stop()
        #expect(status == 130, "\(stage.program.errors)")
        #expect(stage.program.errors.contains("stopped at once; the report up to the last second is "))
        let (folder, report) = try stage.report()
        #expect(report.end == .cutShort)
        #expect(FileManager.default.fileExists(atPath: folder + "/report.html"))
    }

    @Test(.timeLimit(.minutes(4)))
    func anOriginServesUntilItIsInterrupted() async throws {
        let path = try #require(Program.path)
        let scene = try Scene()
        let origin = try Program(
            scene, path, ["origin", "--edge", "127.0.0.1:0,pop=osl", "--vod-duration", "2s", "--vod-segment", "1s"])
        for _ in 0..<250 where !origin.output.contains("master.m3u8") { try await Task.sleep(for: .milliseconds(20)) }
        let line = try #require(origin.output.split(separator: "\n").first { $0.contains("/vod/demo/master.m3u8") })
        let uri = try #require(line.split(separator: " ").first.map(String.init))
        // The profile comes from standard input, by way of a shell.
        let profile = try scene.file("profile.yaml", Scene.profile(uri))
        let viewer = try Program(
            scene, "/bin/sh",
            ["-c", "exec \"$0\" run - --quiet --output \"$1\" < \"$2\"", path, scene.folder + "/reports", profile])
        let status = try await viewer.end()
        #expect(status == 0 || status == 2, "\(viewer.errors)")
        let report = try RunReader(path: try #require(scene.runs().first) + "/run.sqlite").report()
        #expect(report.totals.overall.plays == 3)
        origin.send(SIGINT)
        #expect(try await origin.end() == 0)
        #expect(!origin.errors.contains("viewers"))
        let transfers = report.totals.allTransfers.all
        #expect(
            origin.output.contains("osl: \(transfers.count) requests, \(transfers.bytes) bytes"), "\(origin.output)")
    }

    @Test(.timeLimit(.minutes(4)), arguments: [["--help"], ["--version"], ["run", "--help"]])
    func helpIsNoFailure(_ arguments: [String]) async throws {
        let program = try Program(try Scene(), try #require(Program.path), arguments)
        #expect(try await program.end() == 0)
    }

    // MARK: A full disk

    /// Runs in a shell after some preparation, so that the store cannot grow beyond a size.
    private func fill(_ preparation: String) async throws -> (status: Int32, errors: String) {
        let path = try #require(Program.path)
        let scene = try Scene()
        let origin = try await Scene.origin()
        let uri = origin.edges[0].baseURL + "/live/a/master.m3u8"
        let profile = try scene.file(
            "profile.yaml",
            Scene.profile(uri, viewers: 8, more: "run: {limit: 40 s, transfers: all, grace: 2 s, loops: 1}"))
        let reports = scene.folder + "/reports"
        try FileManager.default.createDirectory(atPath: reports, withIntermediateDirectories: true)
        let script = preparation + " && exec \"$0\" run \"$1\" --quiet --output \"$2\""
        let isolated = preparation.contains("mount")
        let program =
            isolated
            ? try Program(scene, "/usr/bin/env", ["unshare", "-m", "sh", "-c", script, path, profile, reports])
            : try Program(scene, "/bin/sh", ["-c", script, path, profile, reports])
        let status = try await program.end(within: 45)
        await origin.stop()
        return (status, program.errors)
    }

    @Test(.timeLimit(.minutes(4)))
    func aStoreThatCannotGrowEndsTheRunWithASentence() async throws {
        // The limit of a file's size stands for a full disk where nothing can be mounted; 128 to 256 kB.
        let result = try await fill("trap '' XFSZ && ulimit -f 256")
        #expect(result.status == 74, "\(result)")
        #expect(result.errors.contains("the run was ended because its file could not be written"), "\(result.errors)")
    }

    @Test(.timeLimit(.minutes(4)), .enabled(if: canMount, "NOT TESTED: mounting a small file system needs privileges"))
    func aFullDiskEndsTheRunWithASentence() async throws {
        let result = try await fill("mount -t tmpfs -o size=400k none \"$2\"")
        #expect(result.status == 74, "\(result)")
        #expect(result.errors.contains("disk is full") || result.errors.contains("disk full"), "\(result.errors)")
        #expect(result.errors.contains("the run was ended because its file could not be written"), "\(result.errors)")
    }

    /// Whether a file system can be mounted in a name space of its own.
    private static let canMount: Bool = {
        let probe = Process()
        probe.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        probe.arguments = ["unshare", "-m", "sh", "-c", "mount -t tmpfs -o size=64k none /mnt"]
        probe.standardError = FileHandle.nullDevice
        guard (try? probe.run()) != nil else { return false }
        probe.waitUntilExit()
        return probe.terminationStatus == 0
    }()
}
