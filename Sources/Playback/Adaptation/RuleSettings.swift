import Quantities

/// The rules by which tracks can be chosen, each with its constants.
package enum RuleSettings: Sendable, Hashable {
    /// The highest track that the measured throughput carries, with a margin.
    case throughput(ThroughputRule.Settings)
    /// As hls.js chooses.
    case hlsJS(HLSJSRule.Settings)
    /// As dash.js chooses (its DYNAMIC strategy).
    case dashJS(DashJSRule.Settings)
    /// As Shaka Player chooses.
    case shaka(ShakaRule.Settings)
    /// As Media3 (ExoPlayer) chooses.
    case media3(Media3Rule.Settings)
    /// As Chromium's own HLS player chooses.
    case chromium(ChromiumRule.Settings)

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

    /// A rule that has seen nothing yet.
    ///
    /// What chance decides in the rule (a browser's noise on what it tells of the network) is drawn from the seed.
    package func makeRule(seed: UInt64 = 0) -> any AdaptationRule {
        switch self {
        case .throughput(let settings): ThroughputRule(settings)
        case .hlsJS(let settings): HLSJSRule(settings)
        case .dashJS(let settings): DashJSRule(settings)
        case .shaka(let settings): ShakaRule(settings, seed: seed)
        case .media3(let settings): Media3Rule(settings)
        case .chromium(let settings): ChromiumRule(settings)
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

    /// The name that profiles and reports use.
    package var label: String {
        switch self {
        case .throughput: "throughput"
        case .hlsJS: "hls.js"
        case .dashJS: "dash.js"
        case .shaka: "shaka"
        case .media3: "media3"
        case .chromium: "chromium"
        case .sustainable: "sustainable"
        case .bba: "BBA-0"
        case .bola: "BOLA"
        case .bolaE: "BOLA-E"
        case .dynamic: "dynamic"
        case .mpc: "MPC"
        case .l2a: "L2A-LL"
        case .loLPlus: "LoL+"
        }
    }
}
