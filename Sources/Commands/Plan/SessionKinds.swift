import Playback
import Quantities
import RunProfile
import Transport

/// What is alike about all sessions of one stream, device and network.
struct SessionKind: Sendable, Hashable {
    /// The track that is played; nil where nothing says what there is.
    var track: LadderTrack?
    /// Bits per second while it plays.
    var playing = 0.0
    /// Bits that fill the buffer after the arrival, and how long that takes in seconds.
    var fill = 0.0
    var fillTime = 0.0
    /// Connections at the same time.
    var connections: Int
    /// Whether they are encrypted.
    var isSecure: Bool
    /// Bytes of memory.
    var memory: Double

    /// Processor time in a second of playing.
    var cost: Double { RunCost.requestRate * RunCost.request + playing / 8 * byteCost }
    /// Processor time for filling the buffer.
    var fillCost: Double {
        guard playing > 0 else { return 0 }
        return fill / playing / RunCost.segment * 2 * RunCost.request + fill / 8 * byteCost
    }
    private var byteCost: Double { isSecure ? RunCost.secureByte : RunCost.byte }
}

/// The kinds of sessions of a profile.
struct SessionKinds {
    private let kinds: [SessionKind]
    private let devices: Int
    private let networks: Int

    /// Works out the kinds.
    ///
    /// - Parameters:
    ///   - profile: The profile.
    ///   - ladder: The tracks of streams of which the profile says none; empty for none.
    init(_ profile: RunProfile, ladder: [LadderTrack]) {
        devices = profile.devices.count
        networks = profile.networks.count
        let links = profile.networks.map { network in
            let rate = network.trace(seed: profile.seed)?.meanRate ?? RunCost.unlimitedLink
            return min(rate, RunCost.unlimitedLink * 10) * (1 / Double(max(1, network.householdSize)))
        }
        var kinds: [SessionKind] = []
        for stream in profile.streams {
            let tracks = stream.ladder.isEmpty ? ladder : stream.ladder
            let isSecure = stream.uri.lowercased().hasPrefix("https:")
            for device in profile.devices {
                for link in links {
                    kinds.append(Self.kind(tracks, device, link, isSecure: isSecure))
                }
            }
        }
        self.kinds = kinds
    }

    /// The kind of a session by the positions of its stream, device and network.
    func position(stream: Int, device: Int, network: Int) -> Int { (stream * devices + device) * networks + network }

    subscript(position: Int) -> SessionKind { kinds[position] }

    /// The stream that a kind belongs to.
    func stream(of position: Int) -> Int { position / max(1, devices * networks) }

    var count: Int { kinds.count }

    private static func kind(
        _ tracks: [LadderTrack], _ device: RunProfile.Device, _ link: BitRate, isSecure: Bool
    ) -> SessionKind {
        let connections =
            device.http.version == .http1 ? min(device.http.parallelTransfers, RunCost.plainConnections) : 1
        var kind = SessionKind(
            connections: connections, isSecure: isSecure,
            memory: RunCost.sessionMemory
                + (isSecure ? Double(connections) * RunCost.secureConnectionMemory : 0))
        guard let track = track(tracks, device, link) else { return kind }
        kind.track = track
        kind.playing = min(track.bitRate, link).bitsPerSecond
        let spare = link.bitsPerSecond - kind.playing
        if spare > 0 {
            let buffer = buffer(device.player, track, isTop: track == tracks.last)
            kind.fill = track.bitRate.bitsPerSecond * buffer.seconds
            kind.fillTime = kind.fill / spare
        }
        return kind
    }

    /// The track that a device plays over a link: the best that both the screen shows and the link carries, or what a
    /// fixed mode says; the lowest where nothing fits.
    static func track(_ tracks: [LadderTrack], _ device: RunProfile.Device, _ link: BitRate) -> LadderTrack? {
        let shown = device.player.screen.map { fitting($0, tracks) } ?? tracks
        guard let lowest = shown.first ?? tracks.first else { return nil }
        if case .fixed(let fixed) = device.player.adaptation, !shown.isEmpty {
            return shown[fixed.choice(in: shown.map(\.bitRate))]
        }
        return shown.last { $0.bitRate <= link } ?? lowest
    }

    /// The tracks that are not larger than the first that covers a screen, as players choose them
    /// (``ScreenSize``); those whose size is not known are kept.
    private static func fitting(_ screen: ScreenSize, _ tracks: [LadderTrack]) -> [LadderTrack] {
        let covering = tracks.compactMap(\.size).filter { $0.width >= screen.width || $0.height >= screen.height }
        guard let least = covering.min(by: { $0.height < $1.height }) else { return tracks }
        return tracks.filter { track in
            track.size.map { $0.width <= least.width && $0.height <= least.height } ?? true
        }
    }

    /// How much media a player fetches ahead: its target, more where it counts bytes or plays the best track.
    static func buffer(_ player: PlayerSettings, _ track: LadderTrack, isTop: Bool) -> TimeAmount {
        var target = player.forwardTarget
        if isTop, let top = player.topForwardTarget { target = max(target, top) }
        if let bytes = player.forwardBytes {
            target = max(target, .seconds(Double(bytes.count) * 8 / track.bitRate.bitsPerSecond))
        }
        return min(target, player.longestForwardTarget)
    }
}
