import CurlTransport
import Foundation
import LoadTest
import Measurement
import Quantities
import Reporting
import RunProfile
import RunStore

/// Carries out a run from checked settings: folder, progress, interruption, reports, verdict.
struct RunExecution {
    let profile: RunProfile
    let settings: LoadTestSettings
    /// The folder in which the run's own folder is made.
    let output: String
    let isQuiet: Bool
    /// The command line for the record; it holds no secrets, since keys are never on it.
    let command: String

    /// What a run came to.
    struct Result {
        var report: RunReport
        var page: String
        var outcome: LoadTest.Outcome
    }

    func perform() async throws -> Result {
        let test: LoadTest
        do throws(CurlSetupError) {
            test = try LoadTest(settings)
        } catch {
            throw CommandFailure(
                .system, "the event loops cannot be started (\(error)); are there too many open files?")
        }
        let folder = try RunFolder.make(
            in: output, name: profile.name, at: Date(timeIntervalSince1970: test.startedAt.seconds))
        let store = folder + "/run.sqlite"
        let interruption = Interruption(
            notice: "stopping gently: viewers end what is in progress; Ctrl-C again stops at once"
        ) {
            guard let drawn = try? ReportFiles.draw(store: store, into: folder) else { return }
            StandardError.line("fullhouse: stopped at once; the report up to the last second is \(drawn.page)")
        }
        defer { interruption.end() }
        if !profile.http.verifiesCertificates {
            StandardError.line("fullhouse: WARNING: certificates are NOT verified ('http: verify' is false)")
        }
        let progress = Progress(isQuiet: isQuiet, planned: plannedDuration)
        let outcome = try await play(test, store, interruption, progress)
        if let error = outcome.storeError {
            StandardError.line("fullhouse: the run was ended because its file could not be written: \(error.sentence)")
            StandardError.line("fullhouse: once there is room, draw its reports with: fullhouse report \(folder)")
        }
        let drawn = try ReportFiles.draw(store: store, into: folder)
        if outcome.storeError != nil {
            throw CommandFailure(.ioError, "the report \(drawn.page) covers the run up to the failure")
        }
        return Result(report: drawn.report, page: drawn.page, outcome: outcome)
    }

    private func play(
        _ test: LoadTest, _ store: String, _ interruption: Interruption, _ progress: Progress
    ) async throws -> LoadTest.Outcome {
        do throws(RunStoreError) {
            return try await test.run(
                storedAt: store, metadata(startedAt: test.startedAt), stop: { await interruption.wait() },
                onTick: { progress.show($0) })
        } catch {
            throw CommandFailure(.cannotCreate, error.sentence)
        }
    }

    /// Until when viewers are due to be there, where that can be said.
    private var plannedDuration: TimeAmount? {
        guard profile.watch != .untilEnd else { return settings.limit }
        let all = settings.plan.schedule().outline(bucket: .seconds(60), until: settings.limit).end - Instant.zero
        return settings.limit.map { min($0, all) } ?? all
    }

    private func metadata(startedAt: WallTime) -> RunMetadata {
        var warnings: [String] = []
        let unverified = profile.devices.filter { !$0.preset.isVerified && $0.preset != .standard && $0.weight > 0 }
            .map(\.name)
        if !unverified.isEmpty {
            let names = unverified.joined(separator: ", ")
            warnings.append(
                "Not checked against recordings of the real player: \(names). The constants come from sources and"
                    + " documentation (docs/FIDELITY.md).")
        }
        if !profile.http.verifiesCertificates { warnings.append("TLS certificates were not verified.") }
        return RunMetadata(
            profile: profile.name, seed: profile.seed, startedAt: startedAt, toolVersion: ProgramVersion.text,
            command: command, mode: profile.mode, plannedViewers: profile.viewers,
            plannedDuration: plannedDuration, settings: RunSettingsJSON.render(profile, settings),
            thresholds: profile.thresholds, warnings: warnings, probes: profile.probes?.names ?? [])
    }

    /// Prints the summary and turns the verdicts into an exit status.
    static func conclude(_ result: Result) throws {
        print(ConsoleSummary.render(result.report, reportPath: result.page))
        let sessions = result.report.totals.overall
        if sessions.plays == 0 {
            let reasons = result.outcome.problems.prefix(3).map(\.sentence)
            throw CommandFailure(.nothingPlayed, sentences: reasons + ["no viewer saw a picture"])
        }
        for problem in result.outcome.problems.prefix(5) {
            StandardError.line("fullhouse: \(problem.count)×: \(problem.sentence)")
        }
        if result.report.validity.verdict == .invalid {
            throw CommandFailure(.invalidMeasurement, "this run's measurement is invalid; the report says why")
        }
        try checkThresholds(result.report)
    }

    /// - Throws: ``CommandFailure`` when a threshold does not hold.
    static func checkThresholds(_ report: RunReport) throws {
        let failed = report.thresholdResults.count { $0.verdict == .failed }
        guard failed > 0 else { return }
        throw CommandFailure(
            .thresholdsFailed, "\(failed) of \(report.thresholdResults.count) thresholds do not hold")
    }
}

/// The settings of a run as JSON, for the record in its file.
enum RunSettingsJSON {
    static func render(_ profile: RunProfile, _ settings: LoadTestSettings) -> String {
        let values: [String: String] = [
            "viewers": String(profile.viewers), "arrivals": String(describing: profile.arrivals),
            "watch": String(describing: profile.watch), "loops": String(settings.loops),
            "http": profile.http.version.rawValue, "player": profile.player.name,
            "adaptation": profile.player.adaptation.label, "leaving": profile.player.leaving.rawValue,
            "token": profile.token?.scheme ?? "none",
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        guard let data = try? encoder.encode(values) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}
