/// BBA-0: the bit rate is a function of the buffer level alone (Huang, Johari, McKeown, Trunnell, Watson: A buffer-based
/// approach to rate adaptation, SIGCOMM 2014, section 4; abr.md section 2).
///
/// With the lowest and highest bit rate Rmin and Rmax, the map f is Rmin up to the reservoir r, Rmax from r + cushion, and
/// linear between. The track changes only when f passes the bit rate of a neighbour of the current one.
package struct BBA: NumericRule, Hashable {
    /// The constants of the rule.
    package struct Settings: Sendable, Hashable {
        /// The level up to which the lowest track is taken, in seconds.
        ///
        /// Default 5, for short buffers; the paper has 90 of a buffer of 240.
        package var reservoir: Double
        /// The span of levels above it in which the map rises, in seconds.
        ///
        /// Default 10; the paper has 126.
        package var cushion: Double

        /// Creates constants.
        package init(reservoir: Double = 5, cushion: Double = 10) {
            self.reservoir = reservoir
            self.cushion = cushion
        }

        /// The paper's, for a buffer of 240 s.
        package static let paper = Settings(reservoir: 90, cushion: 126)
    }

    private let settings: Settings
    private var last = 0
    package var journal = RuleJournal()
    package var history: LinkHistory

    /// Creates the rule.
    package init(_ settings: Settings) {
        self.settings = settings
        history = LinkHistory(.standard)
    }

    package mutating func decide(_ figures: DecisionFigures) -> (track: Int, wait: Double) {
        last = track(figures.ladder, buffer: figures.buffer / 1_000)
        return (last, 0)
    }

    /// The track at a buffer level in seconds.
    private func track(_ ladder: LadderFigures, buffer: Double) -> Int {
        let rates = ladder.bitRates
        let current = ladder.clamp(last)
        if buffer <= settings.reservoir { return 0 }
        if buffer >= settings.reservoir + settings.cushion { return ladder.top }
        let rate = rates[0] + (rates[ladder.top] - rates[0]) * (buffer - settings.reservoir) / settings.cushion
        if rate >= rates[ladder.clamp(current + 1)] { return rates.lastIndex { $0 < rate } ?? 0 }
        if rate <= rates[ladder.clamp(current - 1)] { return rates.firstIndex { $0 > rate } ?? ladder.top }
        return current
    }

    package mutating func ended(_ download: DownloadFigures, buffer: Double, ladder: LadderFigures) {
        last = download.track
    }
}
