import Playback

/// One request of a session in Sabre's model.
package struct SabreRequest: Sendable, Hashable {
    /// The position of the segment.
    package var segment: Int
    /// How it went.
    package var download: DownloadFigures
    /// The segment's size in bits.
    package var size: Double
    /// Milliseconds from the first request to this one.
    package var begun: Double
    /// The buffer level at the request, in milliseconds.
    package var levelBefore: Double
    /// The level behind it, the segment included when it is whole.
    package var levelAfter: Double
    /// How long the request was held back because the buffer was full, in milliseconds.
    package var fullWait: Double
    /// How long it was held back because the rule wanted so, in milliseconds.
    package var ruleWait: Double
}

/// A session in Sabre's model, with the totals that it prints.
///
/// Averages over time are sums divided by the play time counted in segments.
package struct SabreResult: Sendable {
    /// The movie as it was played.
    package let movie: SabreMovie
    /// How the session ran.
    package let options: SabreOptions
    /// What was played, summed up.
    package let played: SabrePlayed
    /// How near the throughput's estimate came.
    package let accuracy: SabreAccuracy
    /// The track in which each segment was fetched last.
    package let tracks: [Int]
    /// All requests in their order.
    package let requests: [SabreRequest]

    /// How many segments were given up on the way.
    package var abandonments: Int { requests.count { $0.download.abandonedTo != nil && !$0.download.isReplacement } }
    /// How many segments were fetched anew.
    package var replacements: Int { requests.count { $0.download.abandonedTo == nil && $0.download.isReplacement } }

    /// The factor that makes a sum an average over time.
    private var share: Double { 1 / (played.playTime / movie.segmentDuration) }

    /// The totals in Sabre's order; the names are Sabre's with underscores.
    package var totals: [(name: String, value: Double)] {
        let share = share
        return [
            ("buffer_size", options.maximumBuffer),
            ("total_played_utility", played.utility),
            ("time_average_played_utility", played.utility * share),
            ("total_played_bitrate", played.bitRate),
            ("time_average_played_bitrate", played.bitRate * share),
            ("total_play_time", played.playTime / 1_000),
            ("total_play_time_chunks", played.playTime / movie.segmentDuration),
            ("total_rebuffer", played.rebufferTime / 1_000),
            ("rebuffer_ratio", played.rebufferTime / played.playTime),
            ("time_average_rebuffer", played.rebufferTime / 1_000 * share),
            ("total_rebuffer_events", Double(played.rebufferEvents)),
            ("time_average_rebuffer_events", Double(played.rebufferEvents) * share),
            ("total_bitrate_change", played.bitRateChange),
            ("time_average_bitrate_change", played.bitRateChange * share),
            ("total_log_bitrate_change", played.logBitRateChange),
            ("time_average_log_bitrate_change", played.logBitRateChange * share),
            ("time_average_score", score),
            ("over_estimate_count", Double(accuracy.over.count)),
            ("over_estimate", accuracy.over.mean),
            ("leq_estimate_count", Double(accuracy.notOver.count)),
            ("leq_estimate", accuracy.notOver.mean),
            ("estimate", accuracy.mean),
            ("rampup_time", (played.rampUpTime ?? Double(movie.segmentSizes.count) * movie.segmentDuration) / 1_000),
            ("total_reaction_time", played.reactionTime / 1_000),
        ]
    }

    /// The utility less the weighted rebuffering, averaged over time.
    package var score: Double {
        share * (played.utility - options.smoothness * played.rebufferTime / movie.segmentDuration)
    }

    /// A total by its name.
    package subscript(name name: String) -> Double? { totals.first { $0.name == name }?.value }
}
