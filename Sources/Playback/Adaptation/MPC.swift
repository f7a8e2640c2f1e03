import Quantities

/// Model predictive control: the tracks of the next segments that make the best of a predicted throughput, of which the
/// first is taken (Yin, Jindal, Sekar, Sinopoli: A control-theoretic approach for dynamic adaptive video streaming over
/// HTTP, SIGCOMM 2015; constants as in Pensieve, SIGCOMM 2017; abr.md section 5).
///
/// Maximized is the sum of q(R) - lambda * |change of q| - mu * rebuffering over the horizon, the level after a segment
/// being max(B - size / C, 0) + p, at most the whole buffer. C is the harmonic mean of the last throughputs; RobustMPC
/// divides it by 1 + the largest relative error of its last predictions. Of equal plans the first in lexicographic order
/// counts, which begins with the lowest track; ties are common, so that bit rates are summed in whole kbit/s and divided in
/// the end (Pensieve's `reward`). The first segment counts until there is a second, without the wait for its first byte.
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
        /// How the first segment makes a throughput.
        ///
        /// Default Sabre's moving averages.
        package var firstHistory: LinkHistory.Settings
        /// The cost of a second of rebuffering (mu); nil is the highest track's worth.
        ///
        /// Pensieve has 4.3 for a ladder up to 4.3 Mbit/s, 2.66 for the logarithm and 8 for QoE_hd.
        package var rebufferWeight: Double?

        /// Creates constants.
        package init(
            isRobust: Bool = false, horizon: Int = 5, quality: Quality = .linear, rebufferWeight: Double? = nil,
            firstHistory: LinkHistory.Settings = .standard
        ) {
            self.isRobust = isRobust
            self.horizon = horizon
            memory = 5
            self.quality = quality
            changeWeight = 1
            self.rebufferWeight = rebufferWeight
            self.firstHistory = firstHistory
        }
    }

    private let settings: Settings
    private var last = 0
    /// The relative errors of the last predictions, oldest first.
    private var errors: [Double] = []
    /// What is known while there is one segment.
    private var first: LinkHistory
    package var journal = RuleJournal()
    package var history: LinkHistory

    /// Creates the rule.
    package init(_ settings: Settings) {
        self.settings = settings
        first = LinkHistory(settings.firstHistory)
        history = LinkHistory(.harmonic(count: settings.memory))
    }

    package mutating func measured(_ download: DownloadFigures, segmentDuration: Double) {
        let time = download.time - download.firstByte
        guard let predicted = mean, download.received > 0, time > 0 else {
            first.add(bits: download.received, time: time, wait: download.firstByte, segmentDuration: segmentDuration)
            return
        }
        let actual = download.received / download.time
        errors.append(abs(predicted - actual) / actual)
        if errors.count > max(1, settings.memory) { errors.removeFirst() }
        history.add(bits: download.received, time: time, wait: download.firstByte, segmentDuration: segmentDuration)
    }

    package mutating func ended(_ download: DownloadFigures, buffer: Double, ladder: LadderFigures) {
        last = download.track
        // What was given up (in Sabre's model a replacement that came too late) told of the link all the same.
        if download.abandonedTo != nil { measured(download, segmentDuration: ladder.segmentDuration) }
    }

    /// The mean of the last throughputs in kbit/s; nil before the first measurement.
    private var mean: Double? { history.throughput ?? first.throughput }

    package var isInformed: Bool { mean != nil }
    package var estimate: BitRate? { prediction.map { .kilobits($0) } }

    /// The throughput reckoned with, in kbit/s; nil before the first measurement.
    package var prediction: Double? {
        guard let mean else { return nil }
        guard settings.isRobust, let error = errors.max() else { return mean }
        return mean / (1 + error)
    }

    package mutating func decide(_ figures: DecisionFigures) -> (track: Int, wait: Double) {
        guard let prediction, prediction > 0 else { return (0, 0) }
        let horizon = min(max(1, settings.horizon), 8, max(1, figures.segmentsLeft ?? .max))
        let worth = worth(of: figures.ladder.bitRates)
        let unit = settings.quality == .linear ? 1_000.0 : 1
        var search = PlanSearch(
            downloadTimes: (0..<horizon).map { downloadTimes(of: $0, figures, throughput: prediction) },
            worth: worth, unit: unit, changeWeight: settings.changeWeight,
            rebufferWeight: settings.rebufferWeight ?? (worth.last ?? 0) / unit,
            segmentDuration: figures.ladder.segmentDuration / 1_000,
            maximumBuffer: figures.ladder.maximumBuffer / 1_000)
        last = search.best(buffer: figures.buffer / 1_000, previous: figures.ladder.clamp(last))
        return (last, 0)
    }

    private func worth(of bitRates: [Double]) -> [Double] {
        switch settings.quality {
        case .linear: bitRates
        case .logarithmic: bitRates.map { Mathematics.logarithm($0 / bitRates[0]) }
        case .scores(let scores): bitRates.indices.map { $0 < scores.count ? scores[$0] : scores.last ?? 0 }
        }
    }

    /// The seconds that each track of a segment takes; by bit rate and duration where its size is not known.
    private func downloadTimes(of segment: Int, _ figures: DecisionFigures, throughput: Double) -> [Double] {
        let ladder = figures.ladder
        if segment < figures.sizes.count, figures.sizes[segment].count == ladder.bitRates.count {
            return figures.sizes[segment].map { $0 / throughput / 1_000 }
        }
        return ladder.bitRates.map { $0 * ladder.segmentDuration / throughput / 1_000 }
    }
}

/// The search for the best plan: all of them in lexicographic order, but for those that cannot be better.
private struct PlanSearch {
    /// Seconds for each track, one list per segment.
    let downloadTimes: [[Double]]
    let worth: [Double]
    /// What the sums of worth are divided by.
    let unit: Double
    let changeWeight: Double
    let rebufferWeight: Double
    let segmentDuration: Double
    let maximumBuffer: Double
    private var bestScore = -Double.infinity
    private var bestFirst = 0
    private var first = 0

    /// A plan's begin.
    private struct Path {
        var buffer: Double
        var track: Int
        var worth = 0.0
        var change = 0.0
        var rebuffering = 0.0
    }

    init(
        downloadTimes: [[Double]], worth: [Double], unit: Double, changeWeight: Double, rebufferWeight: Double,
        segmentDuration: Double, maximumBuffer: Double
    ) {
        self.downloadTimes = downloadTimes
        self.worth = worth
        self.unit = unit
        self.changeWeight = changeWeight
        self.rebufferWeight = rebufferWeight
        self.segmentDuration = segmentDuration
        self.maximumBuffer = maximumBuffer
    }

    /// The first track of the best plan.
    mutating func best(buffer: Double, previous: Int) -> Int {
        explore(0, Path(buffer: buffer, track: previous))
        return bestFirst
    }

    private func score(_ path: Path) -> Double {
        path.worth / unit - changeWeight * path.change / unit - rebufferWeight * path.rebuffering
    }

    private mutating func explore(_ depth: Int, _ path: Path) {
        let score = score(path)
        guard depth < downloadTimes.count else {
            if score > bestScore {
                bestScore = score
                bestFirst = first
            }
            return
        }
        // The margin keeps what differs by rounding alone in the search.
        let most = (worth.last ?? 0) * Double(downloadTimes.count - depth) / unit
        if score + most < bestScore - 1e-9 { return }
        for track in worth.indices {
            if depth == 0 { first = track }
            let time = downloadTimes[depth][track]
            var next = path
            next.track = track
            next.worth += worth[track]
            next.change += abs(worth[track] - worth[path.track])
            next.rebuffering += max(0, time - path.buffer)
            next.buffer = min(max(path.buffer - time, 0) + segmentDuration, maximumBuffer)
            explore(depth + 1, next)
        }
    }
}
