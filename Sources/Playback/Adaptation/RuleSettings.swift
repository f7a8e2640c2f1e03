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

    /// A rule that has seen nothing yet.
    ///
    /// - Parameter seed: What chance decides in the rule (a browser's noise on what it tells of the network) is drawn from this.
    package func makeRule(seed: UInt64 = 0) -> any AdaptationRule {
        switch self {
        case .throughput(let settings): ThroughputRule(settings)
        case .hlsJS(let settings): HLSJSRule(settings)
        case .dashJS(let settings): DashJSRule(settings)
        case .shaka(let settings): ShakaRule(settings, seed: seed)
        case .media3(let settings): Media3Rule(settings)
        case .chromium(let settings): ChromiumRule(settings)
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
        }
    }
}
