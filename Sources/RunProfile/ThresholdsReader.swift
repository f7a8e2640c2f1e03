import Measurement
import Playback

/// Reads `thresholds`.
enum ThresholdsReader {
    private static let expected = "a threshold such as startup time p95 < 3 s"

    /// The names that a profile has of each thing that a threshold can be about.
    struct Names {
        var streams: [String] = []
        var regions: [String] = []
        var devices: [String] = []
        var phases: [String] = []
        var networks: [String] = []
        var steps: [String] = []
    }

    /// - Returns: The thresholds as written; each one parses and is about something that the profile has.
    static func read(_ node: ProfileNode?, _ names: Names) -> [String] {
        guard let node else { return [] }
        return node.items().compactMap { item in
            guard let text = text(of: item) else { return nil }
            do throws(ThresholdParseError) {
                let threshold = try Threshold(parsing: text)
                check(threshold, item, names)
                return text
            } catch {
                item.problem(error.sentence)
                return nil
            }
        }
    }

    /// The threshold as text; without quotes YAML takes one with a scope for a mapping of a single entry.
    private static func text(of item: ProfileNode) -> String? {
        guard item.isMapping else { return item.text(expected) }
        let entries = item.orderedEntries(expected)
        guard entries.count == 1, let (scope, rest) = entries.first else {
            item.problem("expected \(expected), found a mapping; put the threshold in quotes")
            return nil
        }
        return rest.text(expected).map { scope + ": " + $0 }
    }

    /// A threshold on a name that nothing has would never be more than "not enough data".
    private static func check(_ threshold: Threshold, _ item: ProfileNode, _ known: Names) {
        let scope = threshold.scope
        let isOfGates = threshold.metric == .tokenLeaks || threshold.metric == .gateProbes
        let names: [String]
        switch scope.dimension {
        case .overall, .edge: return
        case .stream: names = known.streams
        case .region: names = known.regions
        case .device: names = known.devices
        case .phase: names = known.phases
        case .network: names = known.networks
        case .step: names = known.steps
        case .kind: names = TransferKind.allCases.map(\.label) + (isOfGates ? ["part"] : [])
        }
        guard !names.contains(scope.name) else { return }
        item.problem(
            "there is no \(scope.dimension.label) '\(scope.name)'\(Spelling.hint(for: scope.name, among: names))")
    }
}
