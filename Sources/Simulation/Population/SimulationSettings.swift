import Audience
import Manifests
import Measurement
import Playback
import Quantities
import Transport

/// A place that viewers fetch from, as it is modelled.
package struct EdgeModel: Sendable, Hashable {
    /// The name in reports.
    package var name: String
    /// What it sends at most; nil is without limit.
    package var capacity: BitRate?
    /// How many requests it takes a second; more wait in line.
    ///
    /// Nil is without limit.
    package var requestsPerSecond: Double?
    /// The most that each single response is sent at (as nginx's `limit_rate`); nil is without limit.
    package var responseRate: BitRate?
    /// From a sent request to the first byte of the response, when nothing is in the way: a round trip.
    package var latency: TimeAmount
    /// What the edge itself takes before each response, beside the round trip.
    package var delay = TimeAmount.zero
    /// True where responses are kept: an object is fetched from the origin when it is first asked for.
    package var hasCache: Bool
    /// How long it goes on serving a live playlist as it got it; zero has each request answered with the newest.
    package var playlistLifetime = TimeAmount.zero
    /// True where requests for an object that is being fetched wait for it; else each of them goes to the origin.
    package var collapses: Bool
    /// The positions of the regions whose viewers it serves; empty means all.
    package var regions: [Int]

    /// Creates an edge; by default without limits, and with everything at hand at once.
    package init(
        name: String, capacity: BitRate? = nil, requestsPerSecond: Double? = nil, latency: TimeAmount = .zero,
        hasCache: Bool = true, collapses: Bool = true, regions: [Int] = []
    ) {
        self.name = name
        self.capacity = capacity
        self.requestsPerSecond = requestsPerSecond
        self.latency = latency
        self.hasCache = hasCache
        self.collapses = collapses
        self.regions = regions
    }
}

/// Where edges fetch what they do not have.
package struct OriginModel: Sendable, Hashable {
    /// What it sends at most to all edges together; nil is without limit.
    package var capacity: BitRate?
    /// From an edge's request to the first byte that it gets.
    package var latency: TimeAmount

    /// Creates an origin; by default without limit and at no distance.
    package init(capacity: BitRate? = nil, latency: TimeAmount = .zero) {
        self.capacity = capacity
        self.latency = latency
    }
}

/// Everything that a simulated run is made of.
package struct SimulationSettings: Sendable {
    /// Who comes and when.
    package var plan: AudiencePlan
    /// What each stream of the plan is, in its order; where there are fewer, the last stands for the rest.
    package var contents: [SimulatedContent]
    /// How each device of the plan plays, in its order; where there are fewer, the last stands for the rest.
    package var players: [PlayerSettings]
    /// Where viewers fetch from; never empty.
    package var edges: [EdgeModel]
    /// What is behind the edges.
    package var origin = OriginModel()
    /// The last mile of a visit; nil carries whatever comes.
    package var link: @Sendable (PlannedSession) -> LinkAttachment? = { _ in nil }
    /// The names of the networks in reports, as numbered in the plan; empty names none.
    package var networkNames: [String] = []
    /// The HTTP version that viewers speak.
    package var version = HTTPVersion.http1
    /// True for connections over TLS, which take one round trip more (TLS 1.3).
    package var isEncrypted = false
    /// The most transfers of a session at once over HTTP/1.1.
    package var parallelTransfers = 6
    /// When the run ends though viewers are still there; nil waits for the last.
    package var limit: TimeAmount?
    /// How long viewers that were told to stop may take to end what is in progress.
    package var grace = TimeAmount.seconds(10 as Int64)
    /// Which transfers become rows.
    package var sampling = TransferSampling.none
    /// The wall time at the run's zero.
    package var wallStart = SimulationSettings.standardWallStart
    /// How often bottlenecks are shared out anew.
    ///
    /// Within an epoch a congested edge gives everyone the same share as at its begin. Default 50 ms.
    package var epoch = TimeAmount.milliseconds(50)
    /// How many parts the audience is simulated in.
    ///
    /// The result depends on it (a little), and so it does not depend on the machine. Default two for each 4 000 viewers,
    /// 1 to 16.
    package var partitions: Int
    /// How many of them run at the same time; the result does not depend on it.
    ///
    /// Default 1.
    package var workers = 1

    /// 2026-01-01T00:00:00Z: a simulation begins at the same time whenever it is made, so that its report is the same.
    package static let standardWallStart = WallTime.seconds(1_767_225_600)

    /// Creates settings of a plan on some edges.
    package init(plan: AudiencePlan, contents: [SimulatedContent], players: [PlayerSettings], edges: [EdgeModel]) {
        self.plan = plan
        self.contents = contents
        self.players = players
        self.edges = edges
        partitions = min(16, max(1, plan.viewers / 4_000 * 2))
    }
}

extension SimulationSettings {
    /// The name of the phase that brought a viewer, or `""`.
    func phaseName(of planned: PlannedSession) -> String {
        let script = plan.settings.script
        return script.indices.contains(planned.phase) ? script[planned.phase].name : ""
    }

    /// The name of a viewer's network, or `""`.
    func networkName(of planned: PlannedSession) -> String {
        networkNames.indices.contains(planned.network) ? networkNames[planned.network] : ""
    }
}
