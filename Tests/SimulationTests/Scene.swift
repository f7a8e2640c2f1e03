import Audience
import Measurement
import Playback
import Quantities
import Transport

@testable import Simulation

/// A simulated run made small, and what came of it.
struct Scene {
    var viewers = 1
    var arrivals = ArrivalPattern.atOnce
    var watch = WatchTime.untilEnd
    var content = ContentSettings(ladder: [.megabits(1)], audio: nil, duration: .seconds(40))
    /// A real stream, in place of `content`.
    var recorded: SimulatedContent?
    var player = PlayerSettings(adaptation: .fixed(.lowest))
    var edges = [EdgeModel(name: "one")]
    var origin = OriginModel()
    var limit: TimeAmount?
    var epoch = TimeAmount.milliseconds(10)
    var partitions = 1
    var workers = 1
    var isEncrypted = false
    var parallelTransfers = 6
    var seed: UInt64 = 1
    var link: @Sendable (PlannedSession) -> LinkAttachment? = { _ in nil }

    /// What came of a run.
    struct Outcome: Equatable {
        var totals = RunTotals()
        var sessions: [SessionSummary] = []
        var transfers: [SampledTransfer] = []
        var ticks = 0
        var end = Instant.zero

        /// The transfers of a kind, in the order of their ends.
        func transfers(_ kind: TransferKind) -> [TransferRecord] {
            transfers.map(\.record).filter { $0.kind == kind }.sorted { $0.timings.ended < $1.timings.ended }
        }
    }

    func play() async -> Outcome {
        let plan = AudiencePlan(
            settings: AudienceSettings(
                viewers: viewers, arrivals: arrivals, watch: watch, streams: [.init(name: "main", weight: 1)]),
            seed: seed)
        var settings = SimulationSettings(
            plan: plan,
            contents: [
                recorded ?? SimulatedContent(content, wallStart: SimulationSettings.standardWallStart, seed: seed)
            ],
            players: [player], edges: edges)
        settings.origin = origin
        settings.limit = limit
        settings.epoch = epoch
        settings.partitions = partitions
        settings.workers = workers
        settings.isEncrypted = isEncrypted
        settings.parallelTransfers = parallelTransfers
        settings.link = link
        settings.sampling = .all
        var simulation = PopulationSimulation(settings)
        var outcome = Outcome()
        outcome.end = await simulation.run { tick in
            for delta in tick.deltas {
                outcome.totals.merge(delta)
                outcome.sessions += delta.finished
                outcome.transfers += delta.sampled
            }
            outcome.ticks += 1
            return tick.at < .seconds(20_000)
        }
        outcome.sessions.sort { $0.id < $1.id }
        outcome.transfers.sort { ($0.session, $0.record.id) < ($1.session, $1.record.id) }
        return outcome
    }

    /// A link that never changes.
    static func link(megabits: Double, delay: TimeAmount = .zero) -> @Sendable (PlannedSession) -> LinkAttachment? {
        let trace = LinkTrace(name: "link", rate: .megabits(megabits), delay: delay)
        return { LinkAttachment(trace, household: $0.household) }
    }
}

extension TimeAmount {
    /// True when the two differ by no more than so many milliseconds.
    func isWithin(_ milliseconds: Double, of seconds: Double) -> Bool {
        abs(self.seconds - seconds) * 1e3 <= milliseconds
    }
}
