import Access
import Audience
import CurlTransport
import Journeys
import Measurement
import Playback
import Quantities
import Transport

/// Everything that a run needs to know, checked and complete.
package struct LoadTestSettings: Sendable {
    /// Something that viewers watch.
    package struct Stream: Sendable, Hashable {
        /// The name in reports.
        package var name: String
        /// The absolute URI of its multivariant playlist, media playlist or MPD.
        package var uri: String

        /// Creates a stream.
        package init(name: String, uri: String) {
            self.name = name
            self.uri = uri
        }
    }

    /// Where viewers are.
    package struct Region: Sendable, Hashable {
        /// The name in reports.
        package var name: String
        /// Addresses of edges that take the place of name lookup; viewers are spread over them evenly.
        ///
        /// Empty means by name lookup.
        package var edges: [Edge]
        /// Who is asked for addresses of host names.
        package var resolver = NameSource.system
        /// Local addresses that connections come from, spread over the viewers; empty leaves it to the system.
        package var sourceAddresses: [String] = []

        /// Creates a region.
        package init(name: String, edges: [Edge] = []) {
            self.name = name
            self.edges = edges
        }
    }

    /// An edge that is pinned by its address.
    package struct Edge: Sendable, Hashable {
        /// The label in reports.
        package var label: String
        /// Addresses by `host:port`.
        package var addresses: [String: String]

        /// Creates an edge.
        package init(label: String, addresses: [String: String]) {
            self.label = label
            self.addresses = addresses
        }
    }

    /// What viewers watch with: a player and how it makes its requests.
    package struct Device: Sendable {
        /// The name in reports.
        package var name: String
        /// How the player behaves.
        package var player: PlayerSettings
        /// The HTTP version, the user agent, further headers and the most parallel transfers.
        package var channel: ChannelSettings

        /// Creates a device.
        package init(name: String, player: PlayerSettings, channel: ChannelSettings = ChannelSettings()) {
            self.name = name
            self.player = player
            self.channel = channel
        }
    }

    /// Bounds on what a run may do to the world; reaching one ends it gently.
    package struct Limits: Sendable, Hashable {
        /// Body bytes in all.
        package var data: ByteCount?
        /// Throughput over a second.
        package var throughput: BitRate?

        /// Creates limits.
        package init(data: ByteCount? = nil, throughput: BitRate? = nil) {
            self.data = data
            self.throughput = throughput
        }
    }

    /// Who comes and when; stream and region numbers count in `streams` and `regions`.
    package var plan: AudiencePlan
    /// What is watched.
    package var streams: [Stream]
    /// Where viewers are.
    package var regions: [Region]
    /// What viewers watch with, as numbered in the plan; never empty.
    package var devices: [Device]
    /// Viewers' last miles.
    package var lastMiles: LastMiles
    /// What all connections have in common.
    package var transport: CurlTransportSettings
    /// The number of event loops; at least 1.
    package var loops: Int
    /// When the run ends though viewers are still there; nil waits for the last.
    package var limit: TimeAmount?
    /// How long viewers that were told to stop may take to end what is in progress.
    package var grace: TimeAmount
    /// Which transfers become rows.
    package var sampling: TransferSampling
    /// How requests are signed; nil means not at all.
    package var token: TokenPolicy?
    /// What gates must refuse and is tried; nil tries nothing.
    package var probes: GateProbeSettings?
    /// What viewers do beside playing, with all secrets in their places; nil means nothing.
    package var journey: Journey?
    /// Bounds that end the run.
    package var limits: Limits
    /// A file whose appearance ends the run gently.
    package var stopFile: String?
    /// False when everything is on this machine.
    ///
    /// Then segments that TCP sends again tell nothing of a network: on loopback they come from busy processors.
    package var crossesNetwork = true
    /// The player of the first device, for runs that have one.
    package var player: PlayerSettings {
        get { devices[0].player }
        set { devices[0].player = newValue }
    }
    /// The connections of the first device, for runs that have one.
    package var channel: ChannelSettings {
        get { devices[0].channel }
        set { devices[0].channel = newValue }
    }
    /// Where chosen sessions are recorded; nil, as in every ordinary run, costs nothing.
    var recordings: SessionRecordings?

    /// Creates settings.
    package init(
        plan: AudiencePlan, streams: [Stream], regions: [Region], player: PlayerSettings = PlayerSettings(),
        channel: ChannelSettings = ChannelSettings(), transport: CurlTransportSettings = CurlTransportSettings(),
        loops: Int = 1, limit: TimeAmount? = nil, grace: TimeAmount = .seconds(10), sampling: TransferSampling = .none,
        token: TokenPolicy? = nil, limits: Limits = Limits(), stopFile: String? = nil
    ) {
        self.plan = plan
        self.streams = streams
        self.regions = regions
        lastMiles = LastMiles(seed: plan.seed)
        devices = [Device(name: player.name, player: player, channel: channel)]
        self.transport = transport
        self.loops = loops
        self.limit = limit
        self.grace = grace
        self.sampling = sampling
        self.token = token
        self.limits = limits
        self.stopFile = stopFile
    }
}
