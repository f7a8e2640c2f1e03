import Quantities

/// A promise that a run is measured against, such as `region bergen: startup time p95 < 4 s (at least 200 sessions)`.
///
/// The grammar, without regard to capitals:
///
///     threshold  = [scope ":"] metric [statistic] comparison limit ["(at least" number word ")"]
///     scope      = ("stream" | "region" | "edge" | "device" | "phase" | "network" | "kind" | "step") name
///     statistic  = "p" number | "mean" | "min" | "max"
///     comparison = "<" | "<=" | ">" | ">=" | "==" | "!="
///     limit      = number [unit]
///
/// The metrics and their units are those of ``ThresholdMetric``.
package struct Threshold: Sendable, Hashable {
    /// A part of a distribution.
    package enum Statistic: Sendable, Hashable {
        /// The percentile, above 0 and at most 100.
        case percentile(Double)
        /// The arithmetic mean.
        case mean
        /// The smallest value.
        case minimum
        /// The greatest value.
        case maximum
    }

    /// How the measured value must stand to the limit.
    package enum Comparison: String, Sendable, Hashable, CaseIterable {
        case lessOrEqual = "<="
        case greaterOrEqual = ">="
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case greater = ">"
    }

    /// Which sessions or transfers: ``CellKey/overall``, or one stream, region, edge, device, phase, network, kind or step.
    package var scope: CellKey
    /// What is measured.
    package var metric: ThresholdMetric
    /// Which part of its distribution; nil for metrics that are one number.
    package var statistic: Statistic?
    /// How it must stand to the limit.
    package var comparison: Comparison
    /// The limit: seconds, parts of one, bits per second or a count, as the unit says.
    package var limit: Double
    /// What the limit is measured in.
    package var unit: MetricUnit
    /// With fewer sessions or transfers than this there is no verdict.
    ///
    /// At least 1.
    package var minimumPopulation: Int64
    /// The threshold as it was written.
    package var text: String
}

/// What a metric is measured in.
package enum MetricUnit: Sendable, Hashable {
    /// Seconds.
    case time
    /// A part of one, written in percent.
    case share
    /// Bits per second.
    case bitRate
    /// A plain number.
    case count
}

/// Whether a threshold was kept.
package enum ThresholdVerdict: String, Sendable, Codable {
    case passed
    case failed
    /// Too few sessions or transfers for a verdict.
    case notEnoughData = "not enough data"
}

/// A threshold with what was measured.
package struct ThresholdResult: Sendable, Hashable {
    /// The threshold.
    package var threshold: Threshold
    /// Whether it was kept.
    package var verdict: ThresholdVerdict
    /// The measured value in the threshold's unit; nil when there was nothing to measure.
    package var measured: Double?
    /// How many sessions or transfers it comes from.
    package var population: Int64

    /// One sentence: what was measured, of how many, and the limit.
    package var sentence: String {
        let things = threshold.metric.population.word
        let of = "\(population) \(things)"
        guard let measured, verdict != .notEnoughData else {
            return "\(threshold.text): not enough data (\(of), at least \(threshold.minimumPopulation) wanted)"
        }
        let value = threshold.unit.text(measured)
        return "\(threshold.text): \(value) (\(of))"
    }
}

extension Threshold {
    /// What is asked of every run that probes gates: `token leaks == 0`.
    package static let noLeaks = Threshold(
        scope: .overall, metric: .tokenLeaks, statistic: nil, comparison: .equal, limit: 0, unit: .count,
        minimumPopulation: 1, text: "token leaks == 0")

    /// Measures and judges.
    package func evaluate(_ totals: RunTotals) -> ThresholdResult {
        let measurement = metric.measure(totals, scope: scope, statistic: statistic, unit: unit)
        guard let value = measurement.value, measurement.population >= max(1, minimumPopulation) else {
            return ThresholdResult(
                threshold: self, verdict: .notEnoughData, measured: measurement.value,
                population: measurement.population)
        }
        return ThresholdResult(
            threshold: self, verdict: comparison.holds(value, limit) ? .passed : .failed, measured: value,
            population: measurement.population)
    }
}

extension Threshold.Comparison {
    /// True when the value stands so to the limit.
    func holds(_ value: Double, _ limit: Double) -> Bool {
        switch self {
        case .less: value < limit
        case .lessOrEqual: value <= limit
        case .greater: value > limit
        case .greaterOrEqual: value >= limit
        case .equal: value == limit
        case .notEqual: value != limit
        }
    }
}

extension MetricUnit {
    /// A value for people, with its unit.
    package func text(_ value: Double) -> String {
        switch self {
        case .time: TimeAmount.seconds(value).description
        case .share: Self.rounded(value * 100, digits: 3) + " %"
        case .bitRate:
            value >= 1e6
                ? Self.rounded(value / 1e6, digits: 2) + " Mbit/s" : Self.rounded(value / 1e3, digits: 1) + " kbit/s"
        case .count: Self.rounded(value, digits: 2)
        }
    }

    private static func rounded(_ value: Double, digits: Int) -> String {
        var factor = 1.0
        for _ in 0..<digits { factor *= 10 }
        let rounded = (value * factor).rounded() / factor
        return rounded == rounded.rounded() ? String(Int64(clampingRounded: rounded)) : String(rounded)
    }
}
