import Quantities

extension DashJSRule {
    /// BOLA-E as dash.js has it (`BolaRule.js`; Spiteri, Sitaraman, Sparacio, MMSys 2018; abr.md section 3), with the
    /// placeholder buffer that stands for waits which tell nothing of the link.
    ///
    /// Utilities u = ln R - ln R0 + 1, gp = (u_max - 1) / (B / 10 - 1) and Vp = 10 / gp, where B is the larger of the
    /// stable buffer time and 10 s + 2 s for each track; the score of a track at buffer level Q is
    /// (Vp * (u - 1 + gp) - Q) / R. All levels are in seconds.
    struct Bola: Sendable, Hashable {
        /// The parameters for one ladder.
        struct Parameters {
            let ladder: [BitRate]
            let gp: Double
            let vp: Double

            init?(_ ladder: [BitRate], bufferTime: TimeAmount) {
                guard ladder.count > 1, let lowest = ladder.first, let highest = ladder.last,
                    lowest > .zero, highest > lowest
                else { return nil }
                self.ladder = ladder
                let target = max(bufferTime.seconds, 10 + 2 * Double(ladder.count))
                gp = Mathematics.logarithm(highest.bitsPerSecond / lowest.bitsPerSecond) / (target / 10 - 1)
                vp = 10 / gp
            }

            func utility(_ track: Int) -> Double {
                Mathematics.logarithm(ladder[track].bitsPerSecond / ladder[0].bitsPerSecond) + 1
            }

            func quality(at level: Double) -> Int {
                var best = (score: -Double.infinity, track: 0)
                for track in ladder.indices {
                    let score = (vp * (utility(track) - 1 + gp) - level) / max(1, ladder[track].bitsPerSecond)
                    if score >= best.score { best = (score, track) }
                }
                return best.track
            }

            /// The lowest level at which a track is chosen over all below it.
            func minimumLevel(_ track: Int) -> Double {
                let rate = ladder[track].bitsPerSecond
                var level = 0.0
                for lower in 0..<track where ladder[lower].bitsPerSecond < rate {
                    let other = ladder[lower].bitsPerSecond
                    let crossing = (rate * utility(lower) - other * utility(track)) / (rate - other)
                    level = max(level, vp * (gp + crossing))
                }
                return level
            }

            /// The level above which a track would overfill the buffer.
            func maximumLevel(_ track: Int) -> Double { vp * (utility(track) + gp) }
        }

        private var isSteady = false
        private var placeholder = 0.0
        private var lastQuality = 0
        /// The end of the last transfer, the time it took and the media time it carries, until they have been used.
        private var lastEnd: Instant?
        private var lastTotal = 0.0
        private var lastDuration = 0.0
        private var lastCall: Instant?

        mutating func reset() {
            isSteady = false
            placeholder = 0
            lastCall = nil
        }

        mutating func segmentEnded(_ sample: TransferSample) {
            lastEnd = sample.begun + sample.total
            lastTotal = sample.total.seconds
            lastDuration = sample.duration.seconds
            lastQuality = sample.track
        }

        mutating func bufferRanOut() { if isSteady { placeholder = 0 } }

        mutating func abandoned(for track: Int, _ situation: AdaptationSituation, bufferTime: TimeAmount) {
            guard let parameters = Parameters(situation.ladder, bufferTime: bufferTime) else { return }
            let wanted = track > 0 ? parameters.minimumLevel(track) : 10
            placeholder = min(placeholder, max(0, wanted - situation.buffer.seconds))
        }

        /// The track with the best score, and how long to wait before it is asked for.
        ///
        /// BOLA-O goes no higher than `sustainable`, the track that the throughput carries.
        mutating func choose(
            _ situation: AdaptationSituation, sustainable: Int, bufferTime: TimeAmount
        ) -> (track: Int, delay: TimeAmount) {
            guard let parameters = Parameters(situation.ladder, bufferTime: bufferTime) else { return (0, .zero) }
            let buffer = situation.buffer.seconds
            guard isSteady else {
                placeholder = max(0, parameters.minimumLevel(sustainable) - buffer)
                lastQuality = sustainable
                if lastDuration > 0, buffer >= lastDuration { isSteady = true }
                lastCall = situation.now
                lastEnd = nil
                return (sustainable, .zero)
            }
            takeInSegment(parameters, buffer: buffer, now: situation.now)
            var track = parameters.quality(at: buffer + placeholder)
            if track > lastQuality, track > sustainable { track = max(sustainable, lastQuality) }
            track = min(track, situation.ladder.count - 1)
            var delay = max(0, buffer + placeholder - parameters.maximumLevel(track))
            if delay <= placeholder {
                placeholder -= delay
                delay = 0
            } else {
                delay -= placeholder
                placeholder = 0
            }
            lastQuality = track
            return (track, .seconds(delay))
        }

        /// `checkNewSegment` and `updatePlaceholderBuffer`.
        private mutating func takeInSegment(_ parameters: Parameters, buffer: Double, now: Instant) {
            if let end = lastEnd {
                let waited = max(0, (now - end).seconds)
                placeholder *= 0.99
                // The level when the segment was asked for: what there is now, less the segment, and what has played.
                let levelAtRequest = max(0, buffer + waited - lastDuration) + lastTotal
                let quality = min(lastQuality, parameters.ladder.count - 1)
                placeholder = min(placeholder, max(0, parameters.maximumLevel(quality) - levelAtRequest))
                placeholder += waited
            } else if let lastCall {
                placeholder += max(0, (now - lastCall).seconds)
            }
            lastEnd = nil
            lastCall = now
        }
    }
}
