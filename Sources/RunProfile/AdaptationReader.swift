import Playback
import Quantities

/// Reads `player.adaptation`.
enum AdaptationReader {
    /// The rules by their names in profiles, each with its usual constants.
    static let rules: [(name: String, settings: RuleSettings)] = [
        ("hls.js", .hlsJS(.init())), ("dash.js", .dashJS(.init())), ("shaka", .shaka(.init())),
        ("exoplayer", .media3(.init())), ("chromium", .chromium(.init())), ("bba", .bba(.init())),
        ("bola", .bola(.init())), ("bola-e", .bolaE(.init())), ("dynamic", .dynamic(.init(variant: .thresholds))),
        ("mpc", .mpc(.init())),
        ("robust mpc", .mpc(.init(isRobust: true))), ("l2a", .l2a(.init())), ("lol+", .loLPlus(.init())),
    ]

    static func read(_ node: ProfileNode) -> AdaptationMode? {
        let names = rules.map(\.name).joined(separator: ", ")
        let expected =
            "throughput, lowest, highest, a bit rate that is not to be passed, such as 2 Mbit/s, or one of: \(names)"
        return node.value(expected) { text in
            switch text {
            case "throughput": .throughput(ThroughputRule.Settings())
            case "lowest": .fixed(.lowest)
            case "highest": .fixed(.highest)
            default:
                rules.first { $0.name == text }.map { .adaptive($0.settings) }
                    ?? Amounts.bitRate(text).map { .fixed(.atMost($0)) }
            }
        }
    }
}
