import Quantities

/// How a session chooses among the tracks of a switching set.
package enum AdaptationMode: Sendable, Hashable {
    /// Always the same track; for fixed-quality tests.
    case fixed(FixedTrack)
    /// The highest track that the measured throughput carries.
    case throughput(ThroughputRule.Settings)
    /// By a rule of a player or a paper.
    case adaptive(RuleSettings)

    /// True when the mode can change the track.
    package var isAdaptive: Bool {
        switch self {
        case .fixed: false
        case .throughput, .adaptive: true
        }
    }

    /// The rule to choose by; nil for fixed modes.
    package func makeRule(seed: UInt64 = 0) -> (any AdaptationRule)? {
        switch self {
        case .fixed: nil
        case .throughput(let settings): ThroughputRule(settings)
        case .adaptive(let settings): settings.makeRule(seed: seed)
        }
    }

    /// The words for reports.
    package var label: String {
        switch self {
        case .fixed(.lowest): "fixed: lowest track"
        case .fixed(.highest): "fixed: highest track"
        case .fixed(.atMost(let rate)): "fixed: at most \(Int(rate.kilobits.rounded())) kbit/s"
        case .throughput: "adaptive: throughput rule"
        case .adaptive(let rule): "adaptive: \(rule.label) rule"
        }
    }
}

/// Which track a fixed mode takes.
package enum FixedTrack: Sendable, Hashable {
    case lowest
    case highest
    /// The highest track whose declared bit rate is at most this; the lowest when all have more.
    case atMost(BitRate)

    /// The position of the track in a ladder of rising bit rates, which must not be empty.
    package func choice(in ladder: [BitRate]) -> Int {
        switch self {
        case .lowest: 0
        case .highest: max(0, ladder.count - 1)
        case .atMost(let limit): max(0, (ladder.lastIndex { $0 <= limit }) ?? 0)
        }
    }
}
