import Audience
import Quantities

/// Reads how spans of time are spread: a duration, or `{exponential: {mean: 5 min}}` and the like.
enum DistributionReader {
    static let forms =
        "{uniform: {from, to}}, {exponential: {mean}}, {lognormal: {median, sigma}}, {weibull: {scale, shape}}"
    static let expected = "a duration, or one of \(forms)"
    static let sigmaExpected = "a number from 0 to 5"
    private static let shapeExpected = "a number from 0.1 to 10"

    /// A standard deviation of a logarithm.
    static func sigma(_ text: String) -> Double? { Double(text).flatMap { (0...5).contains($0) ? $0 : nil } }

    /// Reads what stands at a node; nil (noted) for anything else.
    static func read(_ node: ProfileNode) -> TimeDistribution? {
        guard node.isMapping else { return node.value(expected, Amounts.duration).map { .fixed($0) } }
        return mapping(node, expected)
    }

    /// Reads a mapping with just one distribution.
    static func mapping(_ node: ProfileNode, _ expected: String) -> TimeDistribution? {
        let entries = node.entries(expected, allowed: ProfileVocabulary.watch)
        guard entries.count == 1, let (kind, child) = entries.first else {
            if entries.count > 1 || node.node.mapping?.isEmpty == true { node.problem("expected \(expected)") }
            return nil
        }
        guard child.isMapping else {
            child.problem("expected a mapping as in \(expected)")
            return nil
        }
        return one(kind, child)
    }

    /// Reads the parameters of a kind.
    static func one(_ kind: String, _ node: ProfileNode) -> TimeDistribution? {
        switch kind {
        case "uniform":
            let values = node.entries("{from, to}", allowed: ProfileVocabulary.uniform)
            let from = time(values, "from", node)
            let to = time(values, "to", node)
            guard let from, let to else { return nil }
            guard to >= from else {
                node.problem("'to' is shorter than 'from'")
                return nil
            }
            return .uniform(from: from, to: to)
        case "exponential":
            let values = node.entries("{mean}", allowed: ProfileVocabulary.exponential)
            return time(values, "mean", node).map { .exponential(mean: $0) }
        case "weibull":
            let values = node.entries("{scale, shape}", allowed: ProfileVocabulary.weibull)
            let shape = values["shape"]?.value(shapeExpected) {
                Double($0).flatMap { (0.1...10).contains($0) ? $0 : nil }
            }
            return time(values, "scale", node).map { .weibull(scale: $0, shape: shape ?? 1) }
        default:
            let values = node.entries("{median, sigma}", allowed: ProfileVocabulary.lognormal)
            let sigma = values["sigma"]?.value(sigmaExpected, sigma)
            return time(values, "median", node).map { .lognormal(median: $0, sigma: sigma ?? 1) }
        }
    }

    private static func time(_ values: [String: ProfileNode], _ name: String, _ parent: ProfileNode) -> TimeAmount? {
        guard let value = values[name] else {
            parent.problem("the setting '\(name)' is missing")
            return nil
        }
        return value.duration()
    }
}

extension WatchTime {
    /// The watch times that are spread so.
    init(_ distribution: TimeDistribution) {
        switch distribution {
        case .fixed(let time): self = .fixed(time)
        case .uniform(let from, let to): self = .uniform(from: from, to: to)
        case .exponential(let mean): self = .exponential(mean: mean)
        case .lognormal(let median, let sigma): self = .lognormal(median: median, sigma: sigma)
        case .weibull(let scale, let shape): self = .weibull(scale: scale, shape: shape)
        }
    }
}
