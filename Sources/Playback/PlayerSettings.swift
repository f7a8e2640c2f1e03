import Manifests
import Quantities
import Transport

/// How a player behaves: the constants that make one player differ from another.
///
/// Shared by all sessions that have them.
package struct PlayerSettings: Sendable, Hashable {
    /// The name that reports show, such as `standard`.
    package var name: String
    /// Buffer level at which the first frame is shown.
    ///
    /// A whole segment must be there in any case. Default 0.5 s.
    package var startThreshold: TimeAmount
    /// Buffer level at which playback goes on after a rebuffer or a seek.
    ///
    /// Default 2 s.
    package var resumeThreshold: TimeAmount
    /// Buffer level up to which segments are fetched: a request is due when the level falls below.
    ///
    /// Default 30 s.
    package var forwardTarget: TimeAmount
    /// Distance from the live edge at start, where the stream does not say: so many target (HLS) or segment (DASH)
    /// durations.
    ///
    /// Default 3, as rfc8216bis section 6.3.3 has it.
    package var liveEdgeSegments: Double
    /// From a request of the first frame, once enough is buffered, to its showing: what script, decoder and browser take.
    ///
    /// Default zero.
    package var startDelay = TimeAmount.zero
    /// How many segments of each kind must be there before the first picture moves, where a player says that it plays
    /// before it does.
    ///
    /// Default 1: it moves when it is said to. The startup time is that of the word; the playhead stands until then.
    package var pictureSegments = 1
    /// How far ahead of the playhead the decoders have read, by which a player that fetches in turns reckons.
    ///
    /// Default zero.
    package var readAhead = TimeAmount.zero
    /// In which order the kinds of media are fetched.
    ///
    /// Default all in parallel.
    package var loading = LoadingOrder.parallel
    /// True for a player that asks for a segment at the same time as for the initialization section that it needs.
    ///
    /// Default false: one after the other.
    package var fetchesInitializationBeside = false
    /// How often the player looks whether its buffer has fallen below the target.
    ///
    /// Default zero: it knows at once.
    package var checkInterval = TimeAmount.zero
    /// The buffer level down to which a player that fetches in turns rests once its buffers are full; nil is the target.
    ///
    /// Default nil.
    package var refillLevel: TimeAmount?
    /// So many bytes are buffered where that is more than the forward target (hls.js `maxBufferSize`); nil has no such rule.
    ///
    /// Default nil.
    package var forwardBytes: ByteCount?
    /// The most that is buffered, whatever the other rules say.
    ///
    /// Default 600 s.
    package var longestForwardTarget = TimeAmount.seconds(600)
    /// The forward target in the highest track (dash.js `bufferTimeAtTopQuality`); nil is that of all tracks.
    ///
    /// Default nil.
    package var topForwardTarget: TimeAmount?
    /// The same in presentations of ten minutes and more (dash.js `bufferTimeAtTopQualityLongForm`).
    ///
    /// Default nil.
    package var longFormForwardTarget: TimeAmount?
    /// How far audio may be fetched ahead of video; nil has no bound.
    ///
    /// Default nil.
    package var leadOverMain: TimeAmount?
    /// The same in target durations (HLS) or segments (DASH).
    ///
    /// Default nil.
    package var leadOverMainSegments: Double?
    /// True for a player that fetches buffered segments again when it turns to a higher track (dash.js fast switching).
    ///
    /// Default false.
    package var replacesLowerTracks = false
    /// Tracks larger than this are left out, the smallest excepted; nil, the default, leaves none out.
    package var screen: ScreenSize?
    /// How the playhead keeps its distance from the live edge; nil, the default, lets it be.
    package var catchUp: CatchUpSettings?
    /// True where that is done in low-latency streams only (dash.js, Media3).
    ///
    /// Default true.
    package var catchesUpInLowLatencyOnly = true
    /// What each stall of a live stream adds to the distance from its edge, up to a target duration (hls.js
    /// `liveSyncOnStallIncrease`); it counts from the next jump to the edge on.
    ///
    /// Default zero.
    package var holdBackPerStall = TimeAmount.zero
    /// How the track is chosen.
    package var adaptation: AdaptationMode
    /// What to do when the manifest or a playlist cannot be fetched.
    package var manifestRetry: RetryPolicy
    /// What to do when an index, an initialization section, a key or a segment cannot be fetched.
    package var segmentRetry: RetryPolicy
    /// When transfers are given up.
    package var timeouts: TransferTimeouts
    /// The longest document that is read.
    ///
    /// Default 16 MiB.
    package var documentLimit: ByteCount
    /// A live playlist that has not changed for so many target durations ends the session; nil waits for ever.
    ///
    /// Default nil.
    package var stuckAfterTargetDurations: Double?
    /// What happens to transfers in progress when the viewer leaves.
    package var leaving: LeavingRule
    /// How long a location (HLS pathway or redundant variant, DASH BaseURL) that failed is not used.
    ///
    /// Default 300 s, as in hls.js.
    package var locationPenalty = TimeAmount.seconds(300)
    /// How long a track that failed at all its locations is not used.
    ///
    /// Default 60 s, as in Media3.
    package var trackPenalty = TimeAmount.seconds(60)
    /// The language of the audio to play; nil takes the presentation's default.
    package var audioLanguage: String?
    /// The language of the subtitles to load, `*` for any; nil, the default, loads none.
    package var subtitleLanguage: String?
    /// False for a player that takes whole segments only, though the stream offers low latency.
    ///
    /// Default true.
    package var usesLowLatency = true
    /// False for a player that plays on over interstitials.
    ///
    /// Default true.
    package var playsInterstitials = true
    /// True for a player that asks for a licence when the presentation is protected, and shows nothing before it has it.
    ///
    /// Default false: protected content is fetched and played like any other.
    package var requestsLicences = false
    /// How the player tells servers about its playback; nil, the default, tells nothing.
    package var cmcd: CMCDSettings?

    /// Creates settings; the defaults are those of no player in particular, and modest.
    package init(
        name: String = "standard", startThreshold: TimeAmount = .milliseconds(500),
        resumeThreshold: TimeAmount = .seconds(2), forwardTarget: TimeAmount = .seconds(30),
        liveEdgeSegments: Double = 3, adaptation: AdaptationMode = .throughput(ThroughputRule.Settings()),
        manifestRetry: RetryPolicy = RetryPolicy(attempts: 3), segmentRetry: RetryPolicy = RetryPolicy(attempts: 4),
        timeouts: TransferTimeouts = TransferTimeouts(), documentLimit: ByteCount = .mebibytes(16),
        stuckAfterTargetDurations: Double? = nil, leaving: LeavingRule = .finish
    ) {
        self.name = name
        self.startThreshold = startThreshold
        self.resumeThreshold = resumeThreshold
        self.forwardTarget = forwardTarget
        self.liveEdgeSegments = liveEdgeSegments
        self.adaptation = adaptation
        self.manifestRetry = manifestRetry
        self.segmentRetry = segmentRetry
        self.timeouts = timeouts
        self.documentLimit = documentLimit
        self.stuckAfterTargetDurations = stuckAfterTargetDurations
        self.leaving = leaving
    }
}

/// What happens to transfers in progress when a session is over.
package enum LeavingRule: String, Sendable, Hashable, CaseIterable {
    /// They are completed, and counted; nothing new is begun. The server's log then agrees with the report to the byte.
    case finish
    /// They are cancelled, as a closed browser tab does.
    case abort
}

/// How often and when a failed transfer is tried again.
package struct RetryPolicy: Sendable, Hashable {
    /// The number of tries in all, the first included; at least 1.
    package var attempts: Int
    /// The wait before the second try.
    ///
    /// Default 1 s.
    package var firstDelay: TimeAmount
    /// What each further wait is multiplied by.
    ///
    /// Default 2.
    package var factor: Double
    /// The longest wait.
    ///
    /// Default 8 s.
    package var longestDelay: TimeAmount
    /// True when answers of status 400 to 499 are not tried again, as hls.js has it.
    ///
    /// Default false.
    package var givesUpOnClientErrors: Bool
    /// Further tries, at once, after transfers that ran into a time limit (hls.js `timeoutRetry`).
    ///
    /// Default 0.
    package var timeoutAttempts = 0
    /// Each wait is longer or shorter by up to this share, as chance wants it (Shaka `fuzzFactor`).
    ///
    /// Default 0.
    package var fuzz = 0.0
    /// What each further wait is longer by, besides the factor (Media3).
    ///
    /// Default zero.
    package var increment = TimeAmount.zero

    /// Creates a policy.
    package init(
        attempts: Int, firstDelay: TimeAmount = .seconds(1), factor: Double = 2,
        longestDelay: TimeAmount = .seconds(8), givesUpOnClientErrors: Bool = false
    ) {
        self.attempts = max(1, attempts)
        self.firstDelay = firstDelay
        self.factor = factor
        self.longestDelay = longestDelay
        self.givesUpOnClientErrors = givesUpOnClientErrors
    }

    /// How long to wait before the next try, or nil when the last one has been made.
    ///
    /// - Parameters:
    ///   - attempt: The number of the try that failed, from 0.
    ///   - status: The status of its response; 0 without one.
    ///   - isTimeout: True when it ran into a time limit.
    ///   - draw: What chance says, from 0 up to 1.
    /// - Returns: The wait, counted from the failure.
    package func delay(
        afterAttempt attempt: Int, status: Int, isTimeout: Bool = false, draw: Double = 0.5
    ) -> TimeAmount? {
        if isTimeout, timeoutAttempts > 0 { return attempt < timeoutAttempts ? .zero : nil }
        guard attempt + 1 < attempts else { return nil }
        if givesUpOnClientErrors, (400..<500).contains(status) { return nil }
        var delay = firstDelay
        for _ in 0..<min(attempt, 32) where delay < longestDelay { delay = delay * factor + increment }
        delay = min(delay, longestDelay)
        return fuzz > 0 ? delay * (1 + fuzz * (2 * draw - 1)) : delay
    }
}

/// In which order a player fetches the kinds of media.
package enum LoadingOrder: String, Sendable, Hashable, CaseIterable {
    /// Each kind by itself, at the same time.
    case parallel
    /// Audio begins when the first video segment is there, then both go at the same time.
    case mainFirst = "video first"
    /// One segment after the other, the kinds in turn.
    case sequential
}

/// The size of a viewer's screen or picture, in pixels.
package struct ScreenSize: Sendable, Hashable {
    /// The width; 0 has no bound.
    package var width: Int
    /// The height; 0 has no bound.
    package var height: Int

    /// Creates a size.
    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// The tracks of a ladder that are not larger than the first that covers the screen; at least one.
    ///
    /// As hls.js does with `capLevelToPlayerSize` (`CapLevelController.getMaxLevelByMediaSize`): a track that is a little
    /// too large is scaled down rather than one that is too small scaled up. Tracks without a size are kept.
    package func fitting(_ ladder: [Int], of tracks: [Track]) -> [Int] {
        let covering = ladder.filter { index in
            (width > 0 && tracks[index].width >= width) || (height > 0 && tracks[index].height >= height)
        }
        guard let least = covering.min(by: { tracks[$0].height < tracks[$1].height }) else { return ladder }
        return ladder.filter { tracks[$0].height <= tracks[least].height && tracks[$0].width <= tracks[least].width }
    }
}
