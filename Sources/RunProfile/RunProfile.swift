import Access
import Audience
import Journeys
import Measurement
import Playback
import Quantities
import Transport

/// A profile, read and checked: what a run is to do.
///
/// Keys are named, not held; the viewers' table of a journey may hold tickets, and is never shown.
package struct RunProfile: Sendable {
    /// The name in reports and of the run's folder: letters, digits, `-`, `_` and `.`.
    package var name: String
    /// The seed of everything random.
    ///
    /// Default 1.
    package var seed: UInt64
    /// What is watched, in the file's order; never empty.
    package var streams: [Stream]
    /// Where viewers are; never empty.
    package var regions: [Region]
    /// How many come, when, and for how long.
    package var viewers: Int
    package var arrivals: ArrivalPattern
    package var watch: WatchTime
    /// The phases of the event; where there are any they say who comes when, and `arrivals` does not.
    package var script: [AudiencePhase] = []
    /// What viewers do while they watch.
    package var behaviour = ViewerBehaviour()
    /// How every player behaves.
    package var player: PlayerSettings
    /// How requests are made.
    package var http: HTTP
    /// How requests are signed; nil means not at all.
    package var token: Token?
    /// What gates must refuse and is tried; nil tries nothing.
    package var probes: Probes?
    /// What viewers do beside playing, its secrets named and not held; nil means nothing.
    package var journey: Journey?
    /// Which hosts may be contacted; nil means those of the streams.
    package var allowedHosts: [String]?
    /// Bounds that end the run.
    package var dataLimit: ByteCount?
    package var throughputLimit: BitRate?
    /// How the run is carried out.
    package var run: Run
    /// What the report is checked against, as written; each one parses.
    package var thresholds: [String]
    /// What viewers watch with, in the file's order; never empty.
    package var devices: [Device] = []
    /// The last miles, in the order in which the profile names them; never empty.
    ///
    /// Those that only regions name have no weight here.
    package var networks: [Network] = []
    /// What a simulation of it is made of.
    package var simulation = Simulation()

    /// A stream and its weight in the mix.
    package struct Stream: Sendable, Hashable {
        package var name: String
        package var uri: String
        package var weight: Double
        /// Its tracks from the lowest bit rate to the highest, where the profile says them: for planning only.
        package var ladder: [LadderTrack] = []
    }

    /// How requests are made.
    package struct HTTP: Sendable, Hashable {
        package var version: HTTPVersion = .http1
        package var certificateAuthorities: String?
        package var verifiesCertificates = true
        package var userAgent = "fullhouse"
        package var parallelTransfers = 6
    }

    /// How requests are signed.
    package struct Token: Sendable, Hashable {
        /// The name of the scheme for tokens that a journey's step gives.
        package static let issued = "issued"

        /// A field of an issued token: its name, and a template such as `{token}`.
        package struct Field: Sendable, Hashable {
            package var name: String
            package var template: Template
        }

        package var scheme: String
        /// Nil only for issued tokens.
        package var key: SecretReference?
        package var encoding: KeyEncoding?
        package var options: [String: String] = [:]
        package var secrets: [String: SecretReference] = [:]
        /// Empty when each URL is signed by itself.
        package var paths: [String] = []
        package var fields: [Field] = []
        package var placement = TokenPlacement.query
        package var onManifestOnly = false
        package var hosts: [String] = []
        package var lifetime = TimeAmount.zero
        package var refresh = TimeAmount.seconds(5)
        package var refreshInterval: TimeAmount?
        package var refreshesWhenRefused = true
        package var renewalHeader: String?
        package var clockShift = TimeAmount.zero
        /// Nil binds where the scheme can.
        package var bindsSession: Bool?
        package var clientAddress: String?
        package var payload: String?
        package var saysStart = false

        init(scheme: String, key: SecretReference?) {
            self.scheme = scheme
            self.key = key
        }
    }

    /// What gates must refuse and is tried.
    package struct Probes: Sendable, Hashable {
        /// The share of the viewers that carry each kind, 0 to 1; a kind that is missing is not tried.
        package var shares: [GateProbe: Double]
        /// How long after a probe the same viewer makes it again.
        package var interval: TimeAmount = .seconds(30)
        /// How long after its end a gate may still take a token.
        package var leeway: TimeAmount = .seconds(2)
        /// Statuses that refuse beside 401, 403 and 410.
        package var refusedStatuses: Set<Int> = []
        /// Whether being sent elsewhere is a refusal.
        package var redirectsRefuse = false

        /// The kinds by their names, in the order of the documentation.
        package var names: [String] { GateProbe.allCases.filter { shares[$0] != nil }.map(\.rawValue) }
    }

    /// How the run is carried out.
    package struct Run: Sendable, Hashable {
        /// Event loops; nil leaves it to the machine.
        package var loops: Int?
        package var limit: TimeAmount?
        package var grace: TimeAmount = .seconds(10)
        package var stopFile: String?
        package var sampling: TransferSampling = .none
    }

    /// The audience's settings, with streams, regions, devices and networks as numbered here.
    package var audience: AudienceSettings {
        var settings = AudienceSettings(
            viewers: viewers, arrivals: arrivals, watch: watch,
            streams: streams.map { .init(name: $0.name, weight: $0.weight) },
            regions: regions.map { .init(name: $0.name, weight: $0.weight) })
        settings.script = script
        settings.behaviour = behaviour
        if !devices.isEmpty { settings.devices = devices.map { .init(name: $0.name, weight: $0.weight) } }
        guard !networks.isEmpty else { return settings }
        settings.networks = networks.map { .init(name: $0.name, weight: $0.weight) }
        for (position, region) in regions.enumerated() {
            guard let mix = region.networks else { continue }
            settings.networksOfRegion[position] = networks.map { mix[$0.name] ?? 0 }
        }
        settings.householdSizes = networks.map(\.householdSize)
        settings.householdSize = Network.commonMultiple(settings.householdSizes)
        return settings
    }

    /// The most viewers that may be sent to a host which is not this machine without `targets.allow`.
    package static let viewersWithoutPermission = 10
}
