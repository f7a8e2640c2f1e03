/// BOLA-E: BOLA with a placeholder buffer, so that it starts at what the link carries, and small buffers work (Spiteri,
/// Sitaraman, Sparacio: From theory to practice, MMSys 2018; dash.js `BolaRule.js`; Sabre `BolaEnh`; abr.md section 3).
///
/// The level that counts is the buffer's plus a placeholder P, which stands for media time that could have been there: it
/// grows by each wait that is not the link's fault, and shrinks when the level is above what the track wants.
package struct BOLAE: NumericRule, Hashable {
    /// Whose variant it is.
    package enum Variant: Sendable, Hashable {
        /// Sabre's: scores with u + gp, an insufficient buffer rule within it, the step up held against the throughput.
        case sabre
        /// dash.js's: scores with u - 1 + gp where levels have u + gp, ties go to the higher track, the placeholder falls by
        /// one per cent with each segment and to nothing when the buffer runs out; the insufficient buffer rule stands apart.
        case dashJS
    }

    /// The constants of the rule.
    package struct Settings: Sendable, Hashable {
        /// Whose variant it is.
        ///
        /// Default Sabre's.
        package var variant: Variant
        /// Whether a track above the measured throughput is avoided by waiting.
        ///
        /// Default false.
        package var avoidsOscillation: Bool
        /// Whether the level must hold the next segment at a careful share of the throughput.
        ///
        /// Default true. Without it gp and V are those of BOLA BASIC.
        package var hasInsufficientBufferRule: Bool
        /// The weight of smooth playback without the insufficient buffer rule (gamma * p).
        ///
        /// Default 5.
        package var smoothness: Double
        /// The level, in seconds, at which the lowest track is left.
        ///
        /// Default 10.
        package var minimumBuffer: Double
        /// How much is added to it for each track to get the least size of a virtual buffer, in seconds.
        ///
        /// Default 2.
        package var minimumBufferPerTrack: Double
        /// The share of the throughput that counts in the insufficient buffer rule at first; each decision takes this share of
        /// the share.
        ///
        /// Default 0.9.
        package var firstShare: Double
        /// The least share.
        ///
        /// Default 0.5.
        package var leastShare: Double
        /// How the link is measured.
        package var history: LinkHistory.Settings

        /// Creates constants.
        package init(
            variant: Variant = .sabre, avoidsOscillation: Bool = false, hasInsufficientBufferRule: Bool = true,
            smoothness: Double = 5, history: LinkHistory.Settings = .standard
        ) {
            self.variant = variant
            self.avoidsOscillation = avoidsOscillation
            self.hasInsufficientBufferRule = hasInsufficientBufferRule
            self.smoothness = smoothness
            self.history = history
            minimumBuffer = 10
            minimumBufferPerTrack = 2
            firstShare = 0.9
            leastShare = 0.5
        }
    }

    let settings: Settings
    var curve: UtilityCurve
    /// P, in milliseconds.
    var placeholder: Double = 0
    private var isSteady = false
    private var share: Double
    private var last = 0
    private var adopted: LadderFigures?
    package var journal = RuleJournal()
    package var history: LinkHistory

    /// Creates the rule.
    package init(_ settings: Settings) {
        self.settings = settings
        history = LinkHistory(settings.history)
        curve = UtilityCurve(smoothness: settings.smoothness, utilityOfLowest: 1)
        share = settings.firstShare
    }

    private var minimum: Double { settings.minimumBuffer * 1_000 }

    /// Computes gp and V for a ladder.
    private mutating func adopt(_ ladder: LadderFigures) {
        guard adopted != ladder else { return }
        adopted = ladder
        curve.adopt(ladder)
        let top = curve.utilities.last ?? 1
        if settings.hasInsufficientBufferRule {
            let least = minimum + settings.minimumBufferPerTrack * 1_000 * Double(ladder.bitRates.count)
            curve.smoothness = (top - 1) / (max(least, ladder.maximumBuffer) / minimum - 1)
            curve.scale = minimum / curve.smoothness
        } else {
            curve.smoothness = settings.smoothness - 1
            curve.scale = (ladder.maximumBuffer - ladder.segmentDuration) / (top + curve.smoothness)
        }
    }

    package mutating func decide(_ figures: DecisionFigures) -> (track: Int, wait: Double) {
        let ladder = figures.ladder
        guard ladder.top > 0 else { return (0, 0) }
        adopt(ladder)
        let throughput = history.throughput ?? 0
        let carried = ladder.sustainable(throughput: throughput, latency: history.latency ?? 0)
        guard isSteady else {
            isSteady = true
            share = settings.firstShare
            placeholder = max(0, curve.lowestLevel(for: carried) - figures.buffer)
            return (carried, 0)
        }
        let level = figures.buffer + placeholder
        var track = settings.variant == .sabre ? curve.best(at: level) : curve.bestOfShifted(at: level)
        let previous = ladder.clamp(last)
        if track > previous && track > carried {
            track = max(previous, carried)
            if settings.variant == .sabre && !settings.avoidsOscillation { track = ladder.clamp(track + 1) }
        }
        let wait = self.wait(for: track, buffer: figures.buffer, ladder: ladder)
        guard settings.hasInsufficientBufferRule, settings.variant == .sabre,
            let cap = insufficientBufferCap(below: track, figures, throughput: throughput)
        else { return (track, wait) }
        placeholder = min(max(0, curve.lowestLevel(for: cap) - figures.buffer), placeholder)
        return (cap, 0)
    }

    /// What is above the track's level: taken from the placeholder first, the rest waited for.
    private mutating func wait(for track: Int, buffer: Double, ladder: LadderFigures) -> Double {
        var excess = buffer + placeholder - curve.threshold(of: track)
        if excess <= 0 {
            excess = 0
        } else if excess <= placeholder {
            placeholder -= excess
            excess = 0
        } else {
            excess -= placeholder
            placeholder = 0
        }
        return track == ladder.top ? 0 : excess
    }

    /// The track to which the insufficient buffer rule falls; nil when it has nothing against the one chosen.
    private mutating func insufficientBufferCap(
        below track: Int, _ figures: DecisionFigures, throughput: Double
    ) -> Int? {
        let safe = share * (figures.buffer - (history.latency ?? 0)) * throughput
        share = max(share * settings.firstShare, settings.leastShare)
        let ladder = figures.ladder
        return (0..<track).first { ladder.bitRates[$0 + 1] * ladder.segmentDuration > safe }
    }

    package mutating func ended(_ download: DownloadFigures, buffer: Double, ladder: LadderFigures) {
        last = download.track
        guard ladder.top > 0 else { return }
        adopt(ladder)
        let track = ladder.clamp(download.track)
        if let lower = download.abandonedTo {
            if download.isReplacement { return }
            let wanted = lower > 0 ? curve.lowestLevel(for: ladder.clamp(lower)) : minimum
            placeholder = min(placeholder, max(0, wanted - buffer))
        } else if download.isReplacement {
            placeholder += ladder.segmentDuration
        } else {
            if settings.variant == .dashJS { placeholder *= 0.99 }
            let levelBefore = buffer + download.time
            placeholder = min(placeholder, max(0, curve.threshold(of: track) - levelBefore))
            if buffer > 0 && settings.variant == .sabre {
                placeholder = max(placeholder, curve.lowestLevel(for: track) - levelBefore)
            }
        }
    }

    package mutating func idled(_ time: Double) { placeholder += time }

    package mutating func sought(to segmentIndex: Int) { isSteady = false }

    package mutating func emptied() { if settings.variant == .dashJS { placeholder = 0 } }

    package var canGiveUp: Bool { true }

    /// Gives a segment up when a whole one of a lower track, after another wait for a first byte, is smaller than the rest
    /// and scores higher.
    package mutating func gives(up progress: ProgressFigures, buffer: Double, ladder: LadderFigures) -> Int? {
        guard ladder.top > 0, progress.received > 0, progress.size > progress.received else { return nil }
        adopt(ladder)
        let level = max(0, buffer + placeholder - progress.firstByte)
        let throughput = progress.received / (progress.time - progress.firstByte)
        let rest = progress.size - progress.received - progress.firstByte * throughput
        guard rest > 0 else { return nil }
        var best = curve.score(of: progress.track, at: level, size: rest)
        var track: Int?
        for lower in 0..<ladder.clamp(progress.track) {
            let size = progress.size * ladder.bitRates[lower] / ladder.bitRates[progress.track]
            let score = curve.score(of: lower, at: level, size: size)
            if size < rest && score > best {
                best = score
                track = lower
            }
        }
        return track
    }
}
