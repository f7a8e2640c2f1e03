import Quantities

/// The rules by which tracks can be chosen, each with its constants.
package enum RuleSettings: Sendable, Hashable {
    /// The highest track that the measured throughput carries, with a margin.
    case throughput(ThroughputRule.Settings)
    /// The highest track whose segments take no longer to fetch than they play (Sabre's throughput rule).
    case sustainable(SustainableRule.Settings)
    /// BBA-0: by the buffer level alone.
    case bba(BBA.Settings)
    /// BOLA, basic or finite.
    case bola(BOLA.Settings)
    /// BOLA-E: BOLA with a placeholder buffer.
    case bolaE(BOLAE.Settings)
    /// By throughput with a small buffer, by BOLA with a large one.
    case dynamic(Dynamic.Settings)
    /// MPC and RobustMPC: the best plan for the next segments.
    case mpc(MPC.Settings)
    /// L2A-LL: online learning for low latency.
    case l2a(L2A.Settings)
    /// LoL+: a self-organizing map for low latency.
    case loLPlus(LoLPlus.Settings)

    /// A rule with these constants that has seen nothing yet.
    package func makeRule() -> any AdaptationRule {
        switch self {
        case .throughput(let settings): ThroughputRule(settings)
        case .sustainable(let settings): SustainableRule(settings)
        case .bba(let settings): BBA(settings)
        case .bola(let settings): BOLA(settings)
        case .bolaE(let settings): BOLAE(settings)
        case .dynamic(let settings): Dynamic(settings)
        case .mpc(let settings): MPC(settings)
        case .l2a(let settings): L2A(settings)
        case .loLPlus(let settings): LoLPlus(settings)
        }
    }
}
