import Quantities

/// What sessions cost the machine that runs them, for planning; docs/PERFORMANCE.md has the measurements.
enum RunCost {
    /// Connections of an HTTP/1.1 session: video and audio are fetched at the same time.
    static let plainConnections = 2
    /// Memory of a session without TLS: 65 KB, measured over whole runs with audio apart.
    static let sessionMemory = 65_000.0
    /// What TLS adds to a connection: 61.9 less 28.2 KB.
    static let secureConnectionMemory = 34_000.0
    /// What the program takes before anybody has come.
    static let baseMemory = 60_000_000.0
    /// What the plan keeps of each visit.
    static let visitMemory = 16.0
    /// Descriptors beside the sessions' own: standard streams, the run's file, event loops.
    static let baseDescriptors = 64

    /// The length of segments where nothing is known of a stream, in seconds.
    static let segment = 4.0
    /// Requests of a session in a second: for each segment one of video and one of audio, and their playlists.
    static let requestRate = 4 / segment
    /// Processor time of a request: 116 µs of 5 000 a second at 58 % of a core, and 25 µs for the player.
    static let request = 141e-6
    /// Processor time of a byte without TLS: 0.3 µs per KB.
    static let byte = 0.3e-9
    /// The same with TLS: 1.2 µs per KB.
    static let secureByte = 1.2e-9
    /// Processor time of a new TLS connection: a core makes 500 in a second.
    static let handshake = 1.0 / 500

    /// How long the port of a connection that was closed stays taken (`TIME_WAIT`).
    static let portHold = TimeAmount.seconds(60)
    /// What a link without a rate of its own is taken to carry.
    static let unlimitedLink = BitRate.megabits(100)
}
