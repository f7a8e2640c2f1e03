/// DYNAMIC: by throughput while the buffer is small, by BOLA when it is large (Spiteri, Sitaraman, Sparacio, MMSys 2018;
/// abr.md section 4).
package struct Dynamic: NumericRule, Hashable {
    /// How the two rules take turns.
    package enum Variant: Sendable, Hashable {
        /// Sabre's `dynamic`: to BOLA when the level is above the threshold and BOLA chooses no lower a track, back when it is
        /// below it and BOLA chooses a lower one; both rules are asked each time.
        case comparing
        /// Sabre's `dynamicdash`: to BOLA-E above the upper threshold, back below the lower one.
        case thresholds
    }

    /// The constants of the rule.
    package struct Settings: Sendable, Hashable {
        /// How the two rules take turns.
        package var variant: Variant
        /// The level, in seconds, below which throughput decides.
        package var lowerThreshold: Double
        /// The level, in seconds, above which BOLA decides.
        package var upperThreshold: Double
        /// The throughput rule's constants.
        package var throughput: SustainableRule.Settings
        /// BOLA's, for ``Variant/comparing``.
        package var bola: BOLA.Settings
        /// BOLA-E's, for ``Variant/thresholds``.
        package var bolaE: BOLAE.Settings

        /// Creates constants; the thresholds default to 10 s, and to 5 and 10 s.
        package init(
            variant: Variant, throughput: SustainableRule.Settings = .init(), bola: BOLA.Settings = .init(),
            bolaE: BOLAE.Settings = .init()
        ) {
            self.variant = variant
            self.throughput = throughput
            self.bola = bola
            self.bolaE = bolaE
            upperThreshold = 10
            lowerThreshold =
                switch variant {
                case .comparing: 10
                case .thresholds: 5
                }
        }
    }

    private let settings: Settings
    private var throughput: SustainableRule
    private var bola: BOLA
    private var bolaE: BOLAE
    /// True while BOLA decides.
    package private(set) var isByBuffer = false
    package var journal = RuleJournal()
    /// The measured link: that of the throughput rule.
    package var history: LinkHistory {
        get { throughput.history }
        set { throughput.history = newValue }
    }

    /// Creates the rule.
    package init(_ settings: Settings) {
        self.settings = settings
        throughput = SustainableRule(settings.throughput)
        bola = BOLA(settings.bola)
        bolaE = BOLAE(settings.bolaE)
    }

    package mutating func decide(_ figures: DecisionFigures) -> (track: Int, wait: Double) {
        switch settings.variant {
        case .comparing: return compare(figures)
        case .thresholds:
            if isByBuffer && figures.buffer < settings.lowerThreshold * 1_000 {
                isByBuffer = false
            } else if !isByBuffer && figures.buffer > settings.upperThreshold * 1_000 {
                isByBuffer = true
            }
            return isByBuffer ? bolaE.decide(figures) : throughput.decide(figures)
        }
    }

    private mutating func compare(_ figures: DecisionFigures) -> (track: Int, wait: Double) {
        let byBuffer = bola.decide(figures)
        let byThroughput = throughput.decide(figures)
        if isByBuffer {
            if figures.buffer < settings.lowerThreshold * 1_000 && byBuffer.track < byThroughput.track {
                isByBuffer = false
            }
        } else if figures.buffer > settings.upperThreshold * 1_000 && byBuffer.track >= byThroughput.track {
            isByBuffer = true
        }
        return isByBuffer ? byBuffer : byThroughput
    }

    package mutating func measured(_ download: DownloadFigures, segmentDuration: Double) {
        throughput.measured(download, segmentDuration: segmentDuration)
        bola.measured(download, segmentDuration: segmentDuration)
        bolaE.measured(download, segmentDuration: segmentDuration)
    }

    package mutating func ended(_ download: DownloadFigures, buffer: Double, ladder: LadderFigures) {
        switch settings.variant {
        case .comparing: if download.isReplacement { isByBuffer = false }
        case .thresholds: bolaE.ended(download, buffer: buffer, ladder: ladder)
        }
    }

    package mutating func idled(_ time: Double) { bolaE.idled(time) }

    package mutating func sought(to segmentIndex: Int) {
        bola.sought(to: segmentIndex)
        bolaE.sought(to: segmentIndex)
    }

    package mutating func emptied() { bolaE.emptied() }

    package var canGiveUp: Bool { true }

    package mutating func gives(up progress: ProgressFigures, buffer: Double, ladder: LadderFigures) -> Int? {
        isByBuffer && settings.variant == .thresholds
            ? bolaE.gives(up: progress, buffer: buffer, ladder: ladder)
            : throughput.gives(up: progress, buffer: buffer, ladder: ladder)
    }
}
