import Foundation
import Measurement
import Quantities
import Reporting
import RunProfile
import RunStore
import Simulation

/// Carries out a simulation from checked settings: folder, progress, reports, verdict.
struct SimulationExecution {
    let profile: RunProfile
    let settings: SimulationSettings
    /// The folder in which the run's own folder is made.
    let output: String
    let isQuiet: Bool
    /// The command line for the record.
    let command: String

    /// What a simulation came to.
    struct Result {
        var report: RunReport
        var page: String
    }

    func perform() async throws -> Result {
        let folder = try RunFolder.make(in: output, name: profile.name + "-simulated", at: Date())
        let store = folder + "/run.sqlite"
        let writer: RunWriter
        do throws(RunStoreError) {
            writer = try RunWriter(path: store, metadata: metadata)
        } catch {
            throw CommandFailure(.cannotCreate, error.sentence)
        }
        try await play(into: writer, folder: folder)
        let drawn = try ReportFiles.draw(store: store, into: folder)
        return Result(report: drawn.report, page: drawn.page)
    }

    private func play(into writer: RunWriter, folder: String) async throws {
        var simulation = PopulationSimulation(settings)
        var progress = SimulationProgress(isQuiet: isQuiet)
        let stopFile = profile.run.stopFile
        var isStopped = false
        do {
            let ended = try await simulation.run { tick in
                try writer.append(tick.deltas, endingAt: tick.at)
                progress.show(tick, writer.totals)
                if let stopFile, FileManager.default.fileExists(atPath: stopFile) { isStopped = true }
                return !isStopped
            }
            try writer.finish(isStopped ? .stopped(reason: "the stop file appeared") : end(at: ended))
        } catch let error as RunStoreError {
            throw CommandFailure(.ioError, error.sentence)
        }
    }

    private func end(at instant: Instant) -> RunEnd {
        guard let limit = settings.limit, instant - .zero >= limit else { return .completed }
        return .stopped(reason: "the time limit of \(limit) was reached")
    }

    private var metadata: RunMetadata {
        var metadata = RunMetadata(
            profile: profile.name, seed: profile.seed, startedAt: settings.wallStart, toolVersion: ProgramVersion.text,
            command: command, mode: profile.mode, plannedViewers: profile.viewers,
            plannedDuration: settings.limit, thresholds: profile.thresholds,
            warnings: SimulationAssembly.warnings(for: profile, contents: settings.contents))
        metadata.isSimulated = true
        return metadata
    }

    /// Prints the summary and turns the verdicts into an exit status.
    static func conclude(_ result: Result) throws {
        print(ConsoleSummary.render(result.report, reportPath: result.page))
        if result.report.totals.overall.plays == 0 {
            throw CommandFailure(.nothingPlayed, "no viewer saw a picture")
        }
        try RunExecution.checkThresholds(result.report)
    }
}

/// How a simulation goes on, on standard error, every other second of real time.
struct SimulationProgress {
    let isQuiet: Bool
    private let begun = Date()
    private var shown = Date()

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    mutating func show(_ tick: PopulationSimulation.Tick, _ totals: RunTotals) {
        let now = Date()
        guard !isQuiet, now.timeIntervalSince(shown) >= 2 else { return }
        shown = now
        let speed = tick.at.seconds / max(0.001, now.timeIntervalSince(begun))
        let ratio = (totals.overall.rebufferRatio ?? 0) * 100
        StandardError.line(
            "simulated \(Int(tick.at.seconds)) s (\(String(format: "%.1f", speed)) times real time):"
                + " \(tick.present) viewers, \(tick.toCome) to come, rebuffer ratio"
                + " \(String(format: "%.2f", ratio)) %")
    }
}
