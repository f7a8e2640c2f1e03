import Quantities

/// What a threshold can be about.
///
/// The raw value is the name in a profile; docs/METRICS.md has the formulas.
package enum ThresholdMetric: String, Sendable, Hashable, CaseIterable {
    case startupTime = "startup time"
    case rebufferRatio = "rebuffer ratio"
    case rebuffersPerSession = "rebuffers per session"
    case rebuffersPerHour = "rebuffers per hour"
    case rebufferedSessions = "rebuffered sessions"
    case bitRate = "bit rate"
    case liveLatency = "live latency"
    case sessions
    case plays
    case failedSessions = "failed sessions"
    case startFailures = "video start failures"
    case playbackFailures = "video playback failures"
    case exitsBeforeStart = "exits before video start"
    /// Viewers who left because a step of their journey was refused.
    case turnedAwaySessions = "turned away sessions"
    /// From the arrival to the first frame; without a journey the same as the startup time.
    case timeToPicture = "time to picture"
    case transfers
    case failedTransfers = "failed transfers"
    case timeToFirstByte = "time to first byte"
    case transferTime = "transfer time"
    case dueToDone = "due to done"
    case cacheHitRatio = "cache hit ratio"
    case findings
    case findingErrors = "finding errors"
    case findingWarnings = "finding warnings"
    case tokenLeaks = "token leaks"
    case gateProbes = "gate probes"
    case refusedSessions = "refused sessions"

    /// What a metric counts over.
    package enum Population: Sendable {
        case sessions
        case plays
        case transfers
        case samples
        case probes

        /// The word for sentences.
        package var word: String {
            switch self {
            case .sessions: "sessions"
            case .plays: "plays"
            case .transfers: "transfers"
            case .samples: "samples"
            case .probes: "probes"
            }
        }
    }

    /// The denominator's kind.
    package var population: Population {
        switch self {
        case .startupTime, .rebufferRatio, .rebuffersPerSession, .rebuffersPerHour, .rebufferedSessions, .bitRate,
            .playbackFailures, .plays, .timeToPicture:
            .plays
        case .liveLatency: .samples
        case .sessions, .failedSessions, .startFailures, .exitsBeforeStart, .refusedSessions, .turnedAwaySessions:
            .sessions
        case .tokenLeaks, .gateProbes: .probes
        case .transfers, .failedTransfers, .timeToFirstByte, .transferTime, .dueToDone, .cacheHitRatio, .findings,
            .findingErrors, .findingWarnings:
            .transfers
        }
    }

    /// The units a limit may have.
    var units: [MetricUnit] {
        switch self {
        case .startupTime, .timeToPicture, .liveLatency, .timeToFirstByte, .transferTime, .dueToDone: [.time]
        case .rebufferRatio, .cacheHitRatio: [.share]
        case .rebufferedSessions, .failedSessions, .startFailures, .playbackFailures, .exitsBeforeStart,
            .failedTransfers, .refusedSessions, .turnedAwaySessions:
            [.share, .count]
        case .bitRate: [.bitRate]
        case .rebuffersPerSession, .rebuffersPerHour, .sessions, .plays, .transfers, .findings, .findingErrors,
            .findingWarnings, .tokenLeaks, .gateProbes:
            [.count]
        }
    }

    /// True when a statistic such as `p95` must be named.
    var isDistribution: Bool { units == [.time] }

    /// The scopes that it is counted by.
    var dimensions: [Dimension] {
        // A finding is about what an edge serves, whoever asked.
        if isOfFindings || isOfGates { return [.overall, .stream, .edge, .kind] }
        if self == .timeToPicture { return [.overall] }
        return population == .transfers
            ? [.overall, .stream, .region, .edge, .kind, .step]
            : [.overall, .stream, .region, .edge, .device, .phase, .network]
    }

    /// True for what is counted in the log of gates.
    var isOfGates: Bool { self == .tokenLeaks || self == .gateProbes }
    /// True for what is counted in the log of findings.
    var isOfFindings: Bool { self == .findings || self == .findingErrors || self == .findingWarnings }
}

extension ThresholdMetric {
    /// A value and how many sessions or transfers it comes from.
    typealias Measurement = (value: Double?, population: Int64)

    func measure(
        _ totals: RunTotals, scope: CellKey, statistic: Threshold.Statistic?, unit: MetricUnit
    ) -> Measurement {
        if isOfFindings {
            let counts = totals.findings.counts(of: scope)
            let value = self == .findings ? counts.sum : self == .findingErrors ? counts.errors : counts.warnings
            return (Double(value), totals.transfers(scope.dimension, scope.name).all.count)
        }
        if isOfGates {
            let counts = totals.gate.counts(of: scope)
            // Too few probes are no want of data but what this is about.
            if self == .gateProbes { return (Double(counts.answered), max(1, counts.answered)) }
            return (Double(counts.leaked), counts.answered)
        }
        if self == .timeToPicture {
            let times = totals.journeys.isEmpty ? totals.overall.startup : totals.journeys.timeToPicture
            return (times.value(statistic), Int64(clamping: times.count))
        }
        if population == .transfers {
            return measure(totals.transfers(scope.dimension, scope.name), statistic, unit)
        }
        return measure(totals.sessions(scope.dimension, scope.name), statistic, unit)
    }

    private func measure(_ cell: SessionCell, _ statistic: Threshold.Statistic?, _ unit: MetricUnit) -> Measurement {
        func attempts(_ count: Int64) -> Measurement {
            (unit == .share ? cell.share(ofAttempts: count) : Double(count), cell.arrivals)
        }
        func plays(_ count: Int64) -> Measurement {
            (unit == .share ? cell.share(ofPlays: count) : Double(count), cell.plays)
        }
        switch self {
        case .startupTime: return (cell.startup.value(statistic), Int64(clamping: cell.startup.count))
        case .liveLatency: return (cell.latency.value(statistic), Int64(clamping: cell.latency.count))
        case .rebufferRatio: return (cell.rebufferRatio, cell.plays)
        case .rebuffersPerSession: return (cell.share(ofPlays: cell.rebuffers), cell.plays)
        case .rebuffersPerHour: return (cell.rebuffersPerHour, cell.plays)
        case .rebufferedSessions: return plays(cell.rebufferedSessions)
        case .bitRate: return (cell.meanBitRate?.bitsPerSecond, cell.plays)
        case .sessions: return (Double(cell.arrivals), cell.arrivals)
        case .plays: return (Double(cell.plays), cell.plays)
        case .failedSessions: return attempts(cell.failed)
        case .refusedSessions: return attempts(cell.refusedSessions)
        case .startFailures: return attempts(cell.outcomes.startFailure)
        case .exitsBeforeStart: return attempts(cell.outcomes.exitBeforeStart)
        case .turnedAwaySessions: return attempts(cell.outcomes.journeyRefused)
        case .playbackFailures: return plays(cell.outcomes.playbackFailure)
        case .transfers, .failedTransfers, .timeToFirstByte, .transferTime, .dueToDone, .cacheHitRatio, .findings,
            .findingErrors, .findingWarnings, .tokenLeaks, .gateProbes, .timeToPicture:
            return (nil, 0)
        }
    }

    private func measure(_ cell: TransferCell, _ statistic: Threshold.Statistic?, _ unit: MetricUnit) -> Measurement {
        let all = cell.all.count
        let over = all - cell.tally(of: .cancelled).count
        switch self {
        case .transfers: return (Double(all), all)
        case .failedTransfers:
            return (unit == .share ? cell.failedShare : Double(cell.tally(of: .failed).count), over)
        case .timeToFirstByte: return (cell.firstByte.value(statistic), Int64(clamping: cell.firstByte.count))
        case .transferTime: return (cell.total.value(statistic), Int64(clamping: cell.total.count))
        case .dueToDone: return (cell.dueToDone.value(statistic), Int64(clamping: cell.dueToDone.count))
        case .cacheHitRatio: return (cell.cacheHitRatio, cell.cache.sum - cell.cache.unknown)
        case .startupTime, .liveLatency, .rebufferRatio, .rebuffersPerSession, .rebuffersPerHour, .rebufferedSessions,
            .bitRate, .sessions, .plays, .failedSessions, .startFailures, .exitsBeforeStart, .playbackFailures,
            .findings, .findingErrors, .findingWarnings, .tokenLeaks, .gateProbes, .refusedSessions,
            .turnedAwaySessions, .timeToPicture:
            return (nil, 0)
        }
    }
}

extension LogHistogram {
    /// A statistic in seconds; nil when empty or none is named.
    fileprivate func value(_ statistic: Threshold.Statistic?) -> Double? {
        switch statistic {
        case .percentile(let percentage): percentile(percentage)?.seconds
        case .mean: mean?.seconds
        case .minimum: minimum?.seconds
        case .maximum: maximum?.seconds
        case nil: nil
        }
    }
}
