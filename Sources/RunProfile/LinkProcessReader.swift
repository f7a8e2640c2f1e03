import Quantities
import Transport

/// Reads a network's `process`.
enum LinkProcessReader {
    private static let expected =
        "one of {ar1: {mean, sigma, correlation}} and {markov: {good, bad, good for, bad for}}"

    static func read(_ node: ProfileNode) -> LinkProcess? {
        let entries = node.entries(expected, allowed: ProfileVocabulary.process)
        guard entries.count == 1, let (kind, child) = entries.first, child.isMapping else {
            if node.isMapping { node.problem("expected \(expected)") }
            return nil
        }
        return kind == "ar1" ? autoregressive(child) : markov(child)
    }

    private static func autoregressive(_ node: ProfileNode) -> LinkProcess? {
        let entries = node.entries(expected, allowed: ProfileVocabulary.autoregressive)
        let sigma = number(entries["sigma"], 0...3) ?? 0.5
        let correlation = number(entries["correlation"], 0...0.999) ?? 0.9
        guard let mean = rate(entries, "mean", node) else { return nil }
        return .ar1(mean: mean, sigma: sigma, rho: correlation)
    }

    private static func markov(_ node: ProfileNode) -> LinkProcess? {
        let entries = node.entries(expected, allowed: ProfileVocabulary.markov)
        let good = rate(entries, "good", node)
        let bad = rate(entries, "bad", node)
        let goodFor = entries["good for"].map { $0.duration(orZero: false) } ?? .seconds(20)
        let badFor = entries["bad for"].map { $0.duration(orZero: false) } ?? .seconds(5)
        guard let good, let bad, let goodFor, let badFor else { return nil }
        return process(good, bad, goodFor, badFor)
    }

    private static func process(_ good: BitRate, _ bad: BitRate, _ goodFor: TimeAmount, _ badFor: TimeAmount)
        -> LinkProcess
    {
        .markov(good: good, bad: bad, goodFor: goodFor, badFor: badFor)
    }

    private static func rate(_ entries: [String: ProfileNode], _ name: String, _ node: ProfileNode) -> BitRate? {
        guard let child = entries[name] else {
            node.problem("the setting '\(name)' is missing")
            return nil
        }
        return child.value(Amounts.bitRateExpected, Amounts.bitRate)
    }

    private static func number(_ node: ProfileNode?, _ range: ClosedRange<Double>) -> Double? {
        node?.value("a number from \(range.lowerBound) to \(range.upperBound)") {
            Double($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}
