/// Model predictive control: the tracks of the next segments that make the best of a predicted throughput, of which the
/// first is taken (Yin, Jindal, Sekar, Sinopoli: A control-theoretic approach for dynamic adaptive video streaming over
/// HTTP, SIGCOMM 2015; constants as in Pensieve, SIGCOMM 2017; abr.md section 5).
///
/// Maximized is the sum of q(R) - lambda * |change of q| - mu * rebuffering over the horizon, the level after a segment
/// being max(B - size / C, 0) + p, at most the whole buffer. C is the harmonic mean of the last throughputs; RobustMPC
/// divides it by 1 + the largest relative error of its last predictions. Of equal plans the first in lexicographic order
/// counts, which begins with the lowest track.
package struct MPC: NumericRule, Hashable {
    /// What a bit rate is worth.
    package enum Quality: Sendable, Hashable {
        /// Its Mbit/s.
        case linear
        /// The logarithm of its ratio to the lowest (QoE_log).
        case logarithmic
        /// A score for each track, rising (QoE_hd has 1, 2, 3, 12, 15, 20); tracks beyond the list have the last.
        case scores([Double])
    }

    /// The constants of the rule.
    package struct Settings: Sendable, Hashable {
        /// Whether the prediction is divided by what the last ones missed by.
        package var isRobust: Bool
        /// How many segments ahead are planned.
        ///
        /// Default 5; 1 to 8 count, since the work grows exponentially.
        package var horizon: Int
        /// How many segments the throughput and its error are taken from.
        ///
        /// Default 5.
        package var memory: Int
        /// What a bit rate is worth.
        package var quality: Quality
        /// The cost of a unit of change (lambda).
        ///
        /// Default 1.
        package var changeWeight: Double
        /// The cost of a second of rebuffering (mu); nil is the highest track's worth.
        ///
        /// Pensieve has 4.3 for a ladder up to 4.3 Mbit/s, 2.66 for the logarithm and 8 for QoE_hd.
        package var rebufferWeight: Double?

        /// Creates constants.
        package init(
            isRobust: Bool = false, horizon: Int = 5, quality: Quality = .linear, rebufferWeight: Double? = nil
        ) {
            self.isRobust = isRobust
            self.horizon = horizon
            memory = 5
            self.quality = quality
            changeWeight = 1
            self.rebufferWeight = rebufferWeight
        }
    }

    private let settings: Settings
    private var last = 0
    /// The relative errors of the last predictions, oldest first.
    private var errors: [Double] = []
    package var journal = RuleJournal()
    package var history: LinkHistory

    /// Creates the rule.
    package init(_ settings: Settings) {
        self.settings = settings
        history = LinkHistory(.harmonic(count: settings.memory))
    }

    package mutating func measured(_ download: DownloadFigures, segmentDuration: Double) {
        if let predicted = history.throughput, download.received > 0, download.time > 0 {
            let actual = download.received / download.time
            errors.append(abs(predicted - actual) / actual)
            if errors.count > max(1, settings.memory) { errors.removeFirst() }
        }
        history.add(
            bits: download.received, time: download.time - download.firstByte, wait: download.firstByte,
            segmentDuration: segmentDuration)
    }

    package mutating func ended(_ download: DownloadFigures, buffer: Double, ladder: LadderFigures) {
        last = download.track
    }

    /// The throughput reckoned with, in kbit/s; nil before the first measurement.
    package var prediction: Double? {
        guard let mean = history.throughput else { return nil }
        return settings.isRobust ? mean / (1 + (errors.max() ?? 0)) : mean
    }

    package mutating func decide(_ figures: DecisionFigures) -> (track: Int, wait: Double) {
        guard let prediction, prediction > 0 else { return (0, 0) }
        let horizon = min(max(1, settings.horizon), 8, max(1, figures.segmentsLeft ?? .max))
        let worth = worth(of: figures.ladder.bitRates)
        var search = PlanSearch(
            downloadTimes: (0..<horizon).map { downloadTimes(of: $0, figures, throughput: prediction) },
            worth: worth, changeWeight: settings.changeWeight,
            rebufferWeight: settings.rebufferWeight ?? worth.last ?? 0,
            segmentDuration: figures.ladder.segmentDuration, maximumBuffer: figures.ladder.maximumBuffer)
        last = search.best(buffer: figures.buffer, previous: figures.ladder.clamp(last))
        return (last, 0)
    }

    private func worth(of bitRates: [Double]) -> [Double] {
        switch settings.quality {
        case .linear: bitRates.map { $0 / 1_000 }
        case .logarithmic: bitRates.map { Mathematics.logarithm($0 / bitRates[0]) }
        case .scores(let scores): bitRates.indices.map { $0 < scores.count ? scores[$0] : scores.last ?? 0 }
        }
    }

    /// The milliseconds that each track of a segment takes; by bit rate and duration where its size is not known.
    private func downloadTimes(of segment: Int, _ figures: DecisionFigures, throughput: Double) -> [Double] {
        let ladder = figures.ladder
        if segment < figures.sizes.count, figures.sizes[segment].count == ladder.bitRates.count {
            return figures.sizes[segment].map { $0 / throughput }
        }
        return ladder.bitRates.map { $0 * ladder.segmentDuration / throughput }
    }
}

/// The search for the best plan: all of them in lexicographic order, but for those that cannot be better.
private struct PlanSearch {
    let downloadTimes: [[Double]]
    let worth: [Double]
    let changeWeight: Double
    let rebufferWeight: Double
    let segmentDuration: Double
    let maximumBuffer: Double
    private var bestScore = -Double.infinity
    private var bestFirst = 0
    private var first = 0

    init(
        downloadTimes: [[Double]], worth: [Double], changeWeight: Double, rebufferWeight: Double,
        segmentDuration: Double, maximumBuffer: Double
    ) {
        self.downloadTimes = downloadTimes
        self.worth = worth
        self.changeWeight = changeWeight
        self.rebufferWeight = rebufferWeight
        self.segmentDuration = segmentDuration
        self.maximumBuffer = maximumBuffer
    }

    /// The first track of the best plan.
    mutating func best(buffer: Double, previous: Int) -> Int {
        explore(0, buffer: buffer, previous: previous, score: 0)
        return bestFirst
    }

    private mutating func explore(_ depth: Int, buffer: Double, previous: Int, score: Double) {
        guard depth < downloadTimes.count else {
            if score > bestScore {
                bestScore = score
                bestFirst = first
            }
            return
        }
        // The margin keeps what differs by rounding alone in the search.
        let most = (worth.last ?? 0) * Double(downloadTimes.count - depth)
        if score + most < bestScore - 1e-9 { return }
        for track in worth.indices {
            if depth == 0 { first = track }
            let time = downloadTimes[depth][track]
            let rebuffer = max(0, time - buffer)
            let level = min(max(buffer - time, 0) + segmentDuration, maximumBuffer)
            let gain =
                worth[track] - changeWeight * abs(worth[track] - worth[previous]) - rebufferWeight * rebuffer / 1_000
            explore(depth + 1, buffer: level, previous: track, score: score + gain)
        }
    }
}
