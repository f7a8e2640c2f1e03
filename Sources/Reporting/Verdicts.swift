import Measurement
import Quantities

/// The run's verdicts in plain sentences, the same in every report.
struct Verdicts {
    /// How good the news is.
    enum Tone: String {
        case good
        case caution
        case bad
        case neutral
    }

    let report: RunReport
    let validity: Validity
    let results: [ThresholdResult]
    /// What gates did; nil for a run that did not try them.
    let gate: GateFigures?

    init(_ report: RunReport) {
        self.report = report
        validity = report.validity
        results = report.thresholdResults
        gate = GateFigures(report)
    }

    /// Whether the run can be believed.
    var validitySentence: String {
        if report.metadata.isSimulated {
            return
                "Simulated: nothing was measured, so its validity does not apply; the figures are as true as the model."
        }
        return switch validity.verdict {
        case .valid: "The measurement is valid: the tester kept up, and nothing was lost."
        case .suspect: "The measurement is suspect: read the reasons before drawing conclusions."
        case .invalid:
            "The measurement is invalid: the tester itself was the bottleneck, so these figures must not be held against the CDN."
        }
    }

    var validityTone: Tone {
        if report.metadata.isSimulated { return .neutral }
        return switch validity.verdict {
        case .valid: .good
        case .suspect: .caution
        case .invalid: .bad
        }
    }

    /// Whether the thresholds were kept.
    var thresholdSentence: String {
        guard !results.isEmpty else { return "The profile sets no thresholds, so there is nothing to pass or fail." }
        let failed = results.count { $0.verdict == .failed }
        let open = results.count { $0.verdict == .notEnoughData }
        let rest = open == 0 ? "" : "; for \(open) there was not enough data"
        let things = results.count == 1 ? "The only threshold" : "All \(results.count) thresholds"
        if failed == 0, open == 0 {
            return "Passed: \(things.lowercasedFirst) \(results.count == 1 ? "was" : "were") kept."
        }
        if failed == 0 {
            return open == results.count
                ? "No verdict: not enough data for any threshold."
                : "Passed as far as can be said: \(results.count - open) of \(results.count) thresholds were kept\(rest)."
        }
        return "Failed: \(failed) of \(results.count) thresholds \(failed == 1 ? "was" : "were") missed\(rest)."
    }

    var thresholdTone: Tone {
        if results.isEmpty { return .neutral }
        if results.contains(where: { $0.verdict == .failed }) { return .bad }
        return results.contains { $0.verdict == .notEnoughData } ? .caution : .good
    }

    /// How the run ended, where that is not the plan's end.
    var endSentence: String? {
        switch report.end {
        case .completed: nil
        case .stopped(let reason):
            "The run was stopped after \(Figures.duration(report.duration))"
                + (reason.isEmpty ? "." : ": \(reason.hasSuffix(".") ? String(reason.dropLast()) : reason).")
        case .cutShort:
            "This run was cut short at second \(Int64(clampingRounded: report.duration.seconds)): the program was killed, and this is everything up to then."
        }
    }

    /// An edge that is clearly worse than the rest; nil when none is.
    ///
    /// The rest is the sum of all other edges. An edge stands out when it has at least 20 plays, as have the others, and
    /// its median startup time or its 95th percentile of time to first byte is at least half as long again as theirs (and
    /// 20 ms longer, so that noise does not count), or when it rebuffers at least twice as much (and 0.5 % or more).
    var outlier: EdgeOutlier? { EdgeOutlier.worst(in: report.totals) }
}

/// An edge that is worse than all others together.
struct EdgeOutlier {
    let name: String
    /// What is worse, in words with figures.
    let findings: [String]

    var sentence: String { "Edge \(name) stands out: \(findings.joined(separator: "; "))." }

    static func worst(in totals: RunTotals) -> EdgeOutlier? {
        let names = totals.names(of: .edge).filter { !$0.isEmpty }
        guard names.count > 1 else { return nil }
        var worst: (factor: Double, edge: EdgeOutlier)?
        for name in names {
            var others = SessionCell()
            var otherTransfers = TransferCell()
            for other in names where other != name {
                others.merge(totals.sessions(.edge, other))
                otherTransfers.merge(totals.transfers(.edge, other))
            }
            let (factor, findings) = compare(
                totals.sessions(.edge, name), totals.transfers(.edge, name), others, otherTransfers)
            if !findings.isEmpty, factor > worst?.factor ?? 0 {
                worst = (factor, EdgeOutlier(name: name, findings: findings))
            }
        }
        return worst?.edge
    }

    private static func compare(
        _ own: SessionCell, _ ownTransfers: TransferCell, _ others: SessionCell, _ otherTransfers: TransferCell
    ) -> (Double, [String]) {
        var factor = 0.0
        var findings: [String] = []
        func compare(_ what: String, _ left: TimeAmount?, _ right: TimeAmount?) {
            guard let left, let right, left.seconds >= right.seconds * 1.5, left - right >= .milliseconds(20) else {
                return
            }
            factor = max(factor, left.seconds / max(right.seconds, 1e-6))
            findings.append("\(what) \(Figures.time(left)) against \(Figures.time(right)) elsewhere")
        }
        if own.plays >= 20, others.plays >= 20 {
            compare("startup time p50", own.startup.percentile(50), others.startup.percentile(50))
            if let ratio = own.rebufferRatio, let rest = others.rebufferRatio, ratio >= rest * 2, ratio >= 0.005 {
                factor = max(factor, min(100, ratio / max(rest, 1e-6)))
                findings.append("rebuffer ratio \(Figures.percent(ratio)) against \(Figures.percent(rest))")
            }
        }
        if ownTransfers.firstByte.count >= 20, otherTransfers.firstByte.count >= 20 {
            compare(
                "time to first byte p95", ownTransfers.firstByte.percentile(95), otherTransfers.firstByte.percentile(95)
            )
        }
        return (factor, findings)
    }
}

extension String {
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
