import Quantities

/// What a run is and how it was started; known when it begins.
package struct RunMetadata: Sendable, Hashable {
    /// The name of the profile.
    package var profile: String
    /// The seed of everything random.
    package var seed: UInt64
    /// When the run's clock was zero.
    package var startedAt: WallTime
    /// The version of the program.
    package var toolVersion: String
    /// The command line, without secrets.
    package var command: String
    /// How tracks are chosen, in words: `adaptive (throughput rule)` or `fixed at the highest track`.
    package var mode: String
    /// How many viewers the plan has.
    package var plannedViewers: Int
    /// How long the plan lasts; nil when it is open-ended.
    package var plannedDuration: TimeAmount?
    /// The settings of the run as JSON, for the record; without secrets.
    package var settings: String
    /// The thresholds as written in the profile.
    package var thresholds: [String]
    /// Anything a reader of the report must know before he believes a figure, such as `TLS certificates were not
    /// verified`; one sentence each.
    package var warnings: [String]
    /// The kinds of request that gates must refuse and that the run tries, by their names in the profile; empty when it
    /// tries none.
    package var probes: [String]
    /// True for a run under a virtual clock over a modelled network: nothing was contacted.
    package var isSimulated = false

    /// Creates a description.
    package init(
        profile: String, seed: UInt64, startedAt: WallTime, toolVersion: String, command: String = "",
        mode: String = "adaptive", plannedViewers: Int = 0, plannedDuration: TimeAmount? = nil, settings: String = "{}",
        thresholds: [String] = [], warnings: [String] = [], probes: [String] = []
    ) {
        self.profile = profile
        self.seed = seed
        self.startedAt = startedAt
        self.toolVersion = toolVersion
        self.command = command
        self.mode = mode
        self.plannedViewers = plannedViewers
        self.plannedDuration = plannedDuration
        self.settings = settings
        self.thresholds = thresholds
        self.warnings = warnings
        self.probes = probes
    }
}

/// How a run came to its end.
package enum RunEnd: Sendable, Hashable {
    /// It ran to the end of its plan.
    case completed
    /// Somebody, a stop file or a guard rail ended it gently; the words say who.
    case stopped(reason: String)
    /// It was killed: this is all there is, up to the last second that was stored.
    case cutShort
}

/// Everything that reports are drawn from; read from a run's store.
package struct RunReport: Sendable {
    /// What the run is.
    package var metadata: RunMetadata
    /// How it came to its end.
    package var end: RunEnd
    /// How long it lasted: the end of the last stored second.
    package var duration: TimeAmount
    /// What it counted.
    package var totals: RunTotals
    /// The same second by second.
    package var series: IntervalSeries
    /// The event loops second by second.
    package var loops: [LoopSample]
    /// What the validity verdict is made of.
    package var evidence: ValidityEvidence
    /// How many session rows are stored.
    package var sessionRows: Int
    /// How many transfer rows are stored.
    package var transferRows: Int
    /// False for a run that was stored before findings were: then their absence means nothing.
    package var storesFindings: Bool

    /// Creates a report.
    package init(
        metadata: RunMetadata, end: RunEnd, duration: TimeAmount, totals: RunTotals, series: IntervalSeries,
        loops: [LoopSample] = [], evidence: ValidityEvidence = ValidityEvidence(), sessionRows: Int = 0,
        transferRows: Int = 0, storesFindings: Bool = true
    ) {
        self.metadata = metadata
        self.end = end
        self.duration = duration
        self.totals = totals
        self.series = series
        self.loops = loops
        self.evidence = evidence
        self.sessionRows = sessionRows
        self.transferRows = transferRows
        self.storesFindings = storesFindings
    }

    /// The verdict on the run's own measurement.
    package var validity: Validity { evidence.verdict(totals: totals) }

    /// The verdict on each threshold, in the profile's order.
    ///
    /// A text that is no threshold is left out: the profile's reader has refused it long before. A run that probes gates
    /// has ``Threshold/noLeaks`` behind them, unless one of them is about leaks.
    package var thresholdResults: [ThresholdResult] {
        var thresholds = metadata.thresholds.compactMap { try? Threshold(parsing: $0) }
        if !metadata.probes.isEmpty, !thresholds.contains(where: { $0.metric == .tokenLeaks }) {
            thresholds.append(.noLeaks)
        }
        return thresholds.map { $0.evaluate(totals) }
    }
}
