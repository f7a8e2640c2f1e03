import Quantities

/// The rules by which tracks can be chosen, each with its constants.
package enum RuleSettings: Sendable, Hashable {
    /// The highest track that the measured throughput carries, with a margin.
    case throughput(ThroughputRule.Settings)
}
