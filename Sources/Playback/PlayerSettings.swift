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
    /// - Returns: The wait, counted from the failure.
    package func delay(afterAttempt attempt: Int, status: Int) -> TimeAmount? {
        guard attempt + 1 < attempts else { return nil }
        if givesUpOnClientErrors, (400..<500).contains(status) { return nil }
        var delay = firstDelay
        for _ in 0..<min(attempt, 32) where delay < longestDelay { delay = delay * factor }
        return min(delay, longestDelay)
    }
}
