/// BOLA: near-optimal bit rates from the buffer level by Lyapunov optimization (Spiteri, Urgaonkar, Sitaraman, INFOCOM 2016;
/// IEEE/ACM Transactions on Networking 2020; abr.md section 3).
///
/// With the utilities u(i) = ln(R(i) / R(0)) of tracks of bit rate R(i), the level Q and V = (Qmax - p) / (u(top) + gp),
/// the track with the highest (V * (u(i) + gp) - Q) / R(i) is taken. The FINITE form lets Qmax grow with the distance from
/// both ends of the stream. A step up is held against the measured throughput: BOLA-U goes one track above what the link
/// carries, BOLA-O stays at it and waits instead.
package struct BOLA: NumericRule, Hashable {
    /// The constants of the rule.
    package struct Settings: Sendable, Hashable {
        /// The weight of smooth playback against bit rate (gamma * p).
        ///
        /// Default 5, as in the paper.
        package var smoothness: Double
        /// Whether Qmax is the whole buffer all the time (BASIC), and segments are never given up.
        ///
        /// Default false: the FINITE form.
        package var isBasic: Bool
        /// Whether a track above the measured throughput is avoided by waiting (BOLA-O).
        ///
        /// Default false: BOLA-U, which may swing between two tracks.
        package var avoidsOscillation: Bool
        /// How the link is measured.
        package var history: LinkHistory.Settings

        /// Creates constants.
        package init(
            smoothness: Double = 5, isBasic: Bool = false, avoidsOscillation: Bool = false,
            history: LinkHistory.Settings = .standard
        ) {
            self.smoothness = smoothness
            self.isBasic = isBasic
            self.avoidsOscillation = avoidsOscillation
            self.history = history
        }
    }

    private let settings: Settings
    private var curve: UtilityCurve
    private var last = 0
    private var firstIndex = 0
    package var journal = RuleJournal()
    package var history: LinkHistory

    /// Creates the rule.
    package init(_ settings: Settings) {
        self.settings = settings
        history = LinkHistory(settings.history)
        curve = UtilityCurve(smoothness: settings.smoothness, utilityOfLowest: 0)
    }

    package mutating func decide(_ figures: DecisionFigures) -> (track: Int, wait: Double) {
        let ladder = figures.ladder
        curve.adopt(ladder)
        curve.scale = (fullBuffer(figures) - ladder.segmentDuration) / curve.topThreshold(scale: 1)
        var track = curve.best(at: figures.buffer)
        let previous = ladder.clamp(last)
        defer { last = track }
        guard track > previous, let throughput = history.throughput else { return (track, 0) }
        let carried = ladder.sustainable(throughput: throughput, latency: history.latency ?? 0)
        if track <= carried { return (track, 0) }
        if previous > carried {
            track = previous
            return (track, 0)
        }
        guard settings.avoidsOscillation else {
            track = ladder.clamp(carried + 1)
            return (track, 0)
        }
        track = carried
        return (track, track == ladder.top ? 0 : max(0, figures.buffer - curve.threshold(of: track)))
    }

    /// Qmax: all of the buffer, or in the FINITE form half of the distance to the nearer end, three segments at least.
    private func fullBuffer(_ figures: DecisionFigures) -> Double {
        if settings.isBasic { return figures.ladder.maximumBuffer }
        let fromStart = figures.segmentIndex - firstIndex
        let segments = Double(figures.segmentsLeft.map { min(fromStart, $0) } ?? fromStart)
        return min(figures.ladder.maximumBuffer, max(segments / 2, 3) * figures.ladder.segmentDuration)
    }

    package var canGiveUp: Bool { !settings.isBasic }

    /// Gives a segment up when a whole one of a lower track is smaller than the rest, and scores higher.
    package mutating func gives(up progress: ProgressFigures, buffer: Double, ladder: LadderFigures) -> Int? {
        let rest = progress.size - progress.received
        guard !settings.isBasic, progress.received > 0, rest > 0 else { return nil }
        curve.adopt(ladder)
        var best = curve.score(of: progress.track, at: buffer, size: rest)
        if best < 0 { return nil }
        var track: Int?
        for lower in 0..<ladder.clamp(progress.track) {
            let size = progress.size * ladder.bitRates[lower] / ladder.bitRates[progress.track]
            let score = curve.score(of: lower, at: buffer, size: size)
            if size < rest && score > best {
                best = score
                track = lower
            }
        }
        if let track { last = track }
        return track
    }

    package mutating func sought(to segmentIndex: Int) { firstIndex = segmentIndex }
}

/// The scores of BOLA and BOLA-E: utilities, their weight and the scale between utility and buffer level.
///
/// Times are milliseconds, bit rates kbit/s.
struct UtilityCurve: Sendable, Hashable {
    /// The utilities ln(R(i)) + constant.
    private(set) var utilities: [Double] = []
    private var bitRates: [Double] = []
    /// gamma * p.
    var smoothness: Double
    /// V: milliseconds of buffer for each unit of utility.
    var scale: Double = 0
    private let utilityOfLowest: Double

    init(smoothness: Double, utilityOfLowest: Double) {
        self.smoothness = smoothness
        self.utilityOfLowest = utilityOfLowest
    }

    /// Takes a ladder over.
    ///
    /// - Returns: True when it is another than before.
    @discardableResult
    mutating func adopt(_ ladder: LadderFigures) -> Bool {
        guard bitRates != ladder.bitRates, let lowest = ladder.bitRates.first else { return false }
        bitRates = ladder.bitRates
        let offset = utilityOfLowest - Mathematics.logarithm(lowest)
        utilities = bitRates.map { Mathematics.logarithm($0) + offset }
        return true
    }

    /// u(top) + gp, times a scale.
    func topThreshold(scale: Double) -> Double { scale * ((utilities.last ?? 0) + smoothness) }

    /// The level above which a track's score is negative: V * (u(i) + gp).
    func threshold(of track: Int) -> Double { scale * (utilities[track] + smoothness) }

    /// (V * (u(i) + gp) - Q) / S.
    func score(of track: Int, at level: Double, size: Double) -> Double {
        (scale * (utilities[track] + smoothness) - level) / size
    }

    /// The track of the highest score; the lowest of equals.
    func best(at level: Double) -> Int {
        var best = 0
        var highest: Double?
        for track in utilities.indices {
            let score = score(of: track, at: level, size: bitRates[track])
            if highest.map({ score > $0 }) ?? true {
                best = track
                highest = score
            }
        }
        return best
    }

    /// The track of the highest score when utilities count from one less (dash.js); the highest of equals.
    func bestOfShifted(at level: Double) -> Int {
        var best = 0
        var highest: Double?
        for track in utilities.indices {
            let score = (scale * (utilities[track] - 1 + smoothness) - level) / bitRates[track]
            if highest.map({ score >= $0 }) ?? true {
                best = track
                highest = score
            }
        }
        return best
    }

    /// The level from which a track scores higher than all below it.
    func lowestLevel(for track: Int) -> Double {
        let rate = bitRates[track]
        let utility = utilities[track]
        var level = 0.0
        for lower in 0..<track where utilities[lower] < utility {
            let other =
                scale * (smoothness + (rate * utilities[lower] - bitRates[lower] * utility) / (rate - bitRates[lower]))
            level = max(level, other)
        }
        return level
    }
}
