import Quantities

/// Chooses the track of each segment of a switching set: a value without clock, randomness or I/O.
///
/// A session keeps one for its main loader (video, or audio where there is no video) and tells it of every media transfer
/// that ends, of the main kind and of others (``TransferSample/isMain``), since some players measure by all.
package protocol AdaptationRule: Sendable {
    /// Takes a finished media transfer in.
    mutating func transferEnded(_ sample: TransferSample)
    /// The track for the next segment of the main kind.
    ///
    /// Asked when the segment is due and before anything of it is begun; when the answer is to wait, asked again then.
    mutating func choose(_ situation: AdaptationSituation) -> AdaptationChoice
    /// Whether the segment in progress should be given up for a lower track; asked each ``progressInterval`` while one is.
    ///
    /// - Returns: The position in the ladder to fetch instead; nil goes on.
    mutating func abandons(_ progress: SegmentProgress, _ situation: AdaptationSituation) -> Int?
    /// How often ``abandons(_:_:)`` wants to be asked; nil never.
    var progressInterval: TimeAmount? { get }
    /// Takes in that the playhead moved, stopped or went on.
    mutating func playbackChanged(_ change: PlaybackChange, _ situation: AdaptationSituation)
    /// The throughput that the rule reckons with; nil before it knows.
    var estimate: BitRate? { get }
    /// The track for other kinds than the main one (audio beside video), from a ladder of rising bit rates.
    mutating func chooseSecondary(_ ladder: [BitRate], current: Int?) -> Int
}

extension AdaptationRule {
    package mutating func abandons(_ progress: SegmentProgress, _ situation: AdaptationSituation) -> Int? { nil }
    package var progressInterval: TimeAmount? { nil }
    package mutating func playbackChanged(_ change: PlaybackChange, _ situation: AdaptationSituation) {}
    /// The best that needs no more than a seventh of what the link carries.
    package mutating func chooseSecondary(_ ladder: [BitRate], current: Int?) -> Int {
        guard let estimate else { return 0 }
        return ladder.lastIndex { $0 <= estimate * (1.0 / 7) } ?? 0
    }
}

/// What changed about the playback.
package enum PlaybackChange: Sendable, Hashable {
    /// The first frame is shown.
    case started
    /// The buffer ran out.
    case stalled
    /// Playback goes on after a stall or a seek.
    case resumed
    /// The viewer jumped out of the buffer: all of it is fetched anew.
    case sought
}

/// A media transfer that ended well.
package struct TransferSample: Sendable, Hashable {
    /// Whether it was of the kind whose tracks are being chosen.
    package var isMain: Bool
    /// Body bytes.
    package var bytes: ByteCount
    /// From the request to the first byte.
    package var firstByte: TimeAmount
    /// From the request to the last byte.
    package var total: TimeAmount
    /// The media time it carries; zero for initialization sections.
    package var duration: TimeAmount
    /// The position of its track in the ladder.
    package var track: Int
    /// When the request was made.
    package var begun: Instant
    /// Bytes and time of the chunks of a segment that was made while it was fetched, waits left out; nil for others.
    package var active: (bytes: ByteCount, time: TimeAmount)?
    /// True when the server held the request until the media was made: then only first to last byte tells of the link.
    package var wasHeld: Bool

    /// Creates a sample.
    package init(
        isMain: Bool = true, bytes: ByteCount, firstByte: TimeAmount, total: TimeAmount, duration: TimeAmount,
        track: Int = 0, begun: Instant = .zero, active: (bytes: ByteCount, time: TimeAmount)? = nil,
        wasHeld: Bool = false
    ) {
        self.isMain = isMain
        self.bytes = bytes
        self.firstByte = firstByte
        self.total = total
        self.duration = duration
        self.track = track
        self.begun = begun
        self.active = active
        self.wasHeld = wasHeld
    }

    package static func == (left: TransferSample, right: TransferSample) -> Bool {
        left.isMain == right.isMain && left.bytes == right.bytes && left.firstByte == right.firstByte
            && left.total == right.total && left.duration == right.duration && left.track == right.track
            && left.begun == right.begun && left.wasHeld == right.wasHeld
            && left.active?.bytes == right.active?.bytes && left.active?.time == right.active?.time
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(begun)
        hasher.combine(bytes)
    }
}

/// What a rule is told when it is to choose.
package struct AdaptationSituation: Sendable {
    /// Peak bit rates as declared (BANDWIDTH, `@bandwidth`), rising; never empty.
    ///
    /// Only tracks that may be chosen: those that failed or are too large for the screen are left out.
    package var ladder: [BitRate]
    /// Average bit rates as declared (AVERAGE-BANDWIDTH), in the ladder's order; the peak where none is.
    package var averages: [BitRate]
    /// The position in the ladder that the manifest lists first.
    package var firstListed: Int
    /// The position of the track last chosen; nil before the first choice.
    package var current: Int?
    /// Media time complete ahead of the playhead, of the main kind.
    package var buffer: TimeAmount
    /// The level up to which segments are fetched.
    package var bufferTarget: TimeAmount
    /// How long the next segment plays.
    package var segmentDuration: TimeAmount
    /// The number of segments chosen so far.
    package var segmentIndex: Int
    /// How many segments are left, the next one included; nil when nobody knows (live).
    package var segmentsLeft: Int?
    /// The sizes in bits of the next segment in each track, where they are known (a simulation, a segment index).
    package var sizes: [Double]?
    /// The same of the segments behind the next one, up to a rule's horizon; empty where unknown.
    package var laterSizes: [[Double]]
    /// The instant of the choice.
    package var now: Instant
    /// True once the first frame has been shown.
    package var hasStarted: Bool
    /// True while the buffer is empty and the picture stands.
    package var isStalled: Bool
    /// True for a stream that still grows.
    package var isLive: Bool
    /// True where parts or chunks are fetched as they are made.
    package var isLowLatency: Bool
    /// The distance from the live edge, and the one that is aimed at; nil when not live.
    package var liveLatency: TimeAmount?
    package var latencyTarget: TimeAmount?
    /// The rate at which the playhead moves.
    package var playbackRate: Double
    /// The bit rate of the audio that is played beside.
    package var audioBitRate: BitRate
    /// The time that the last fetch of a media playlist took; zero without one.
    package var playlistTime: TimeAmount

    /// Creates a situation at the begin of a playback.
    package init(
        ladder: [BitRate], averages: [BitRate]? = nil, current: Int? = nil, buffer: TimeAmount = .zero,
        bufferTarget: TimeAmount = .seconds(30), segmentDuration: TimeAmount = .seconds(4), now: Instant = .zero
    ) {
        self.ladder = ladder
        self.averages = averages ?? ladder
        self.current = current
        self.buffer = buffer
        self.bufferTarget = bufferTarget
        self.segmentDuration = segmentDuration
        self.now = now
        firstListed = 0
        segmentIndex = 0
        laterSizes = []
        hasStarted = false
        isStalled = false
        isLive = false
        isLowLatency = false
        playbackRate = 1
        audioBitRate = .zero
        playlistTime = .zero
    }
}

/// What a rule wants.
package struct AdaptationChoice: Sendable, Hashable {
    /// The position in the ladder.
    package var track: Int
    /// How long to wait before the segment is asked for (and the rule asked again); zero begins at once.
    package var wait: TimeAmount

    /// Creates a choice.
    package init(track: Int, wait: TimeAmount = .zero) {
        self.track = track
        self.wait = wait
    }
}

/// A segment in progress.
package struct SegmentProgress: Sendable, Hashable {
    /// The position of its track in the ladder.
    package var track: Int
    /// The bytes that have arrived.
    package var received: ByteCount
    /// The bytes that there will be: known from a header or an index, else bit rate times duration.
    package var expected: ByteCount
    /// From the request to now.
    package var elapsed: TimeAmount
    /// From the request to the first byte; nil before it.
    package var firstByte: TimeAmount?
    /// How long it plays.
    package var duration: TimeAmount

    /// Creates progress.
    package init(
        track: Int, received: ByteCount, expected: ByteCount, elapsed: TimeAmount, firstByte: TimeAmount?,
        duration: TimeAmount
    ) {
        self.track = track
        self.received = received
        self.expected = expected
        self.elapsed = elapsed
        self.firstByte = firstByte
        self.duration = duration
    }
}
