import Audience
import Quantities

/// Reads `audience`.
enum AudienceReader {
    struct Result {
        var viewers = 1
        var arrivals = ArrivalPattern.atOnce
        var watch = WatchTime.untilEnd
        /// What ``RegionReader``, ``DeviceReader`` and ``NetworkReader`` read.
        var regions: ProfileNode?
        var devices: ProfileNode?
        var networks: ProfileNode?
        /// Weights by stream name; nil when the profile gives none here.
        var streamWeights: [String: Double]?
    }

    static func read(_ node: ProfileNode?, viewers override: Int?, streams: [String], _ root: ProfileNode) -> Result {
        var result = Result()
        guard let node else {
            root.problem("the setting 'audience' is missing; write at least  audience: {viewers: 10}")
            return result
        }
        let entries = node.entries(
            "a mapping", allowed: ProfileVocabulary.audience)
        if let viewers = entries["viewers"] {
            result.viewers = viewers.whole(1...10_000_000) ?? 1
        } else if override == nil {
            node.problem("the setting 'viewers' is missing")
        }
        if let override { result.viewers = override }
        result.arrivals = arrivals(entries, viewers: result.viewers, node)
        if let watch = entries["watch"] { result.watch = self.watch(watch) ?? .untilEnd }
        if let mix = entries["streams"] { result.streamWeights = weights(mix, streams) }
        result.regions = entries["regions"]
        result.devices = entries["devices"]
        result.networks = entries["networks"]
        return result
    }

    private static func arrivals(_ entries: [String: ProfileNode], viewers: Int, _ node: ProfileNode) -> ArrivalPattern
    {
        let over = entries["over"].flatMap { $0.duration() }
        let rate = entries["rate"].flatMap { $0.value("a rate such as 20/s or 600/min", Amounts.rate) }
        if entries["over"] != nil, let both = entries["rate"] { both.problem("give either 'over' or 'rate', not both") }
        let span = over ?? rate.map { .seconds(Double(viewers) / $0) }
        let names = ["at once", "constant", "ramp"]
        let word = entries["arrivals"].flatMap { child in
            child.value("one of: \(names.joined(separator: ", "))") { names.contains($0) ? $0 : nil }
        }
        switch word ?? (span == nil ? "at once" : "constant") {
        case "constant", "ramp":
            guard let span else {
                if over == nil, rate == nil, entries["over"] == nil, entries["rate"] == nil {
                    node.problem("arrivals need 'over' (such as 60 s) or 'rate' (such as 20/s)")
                }
                return .atOnce
            }
            return word == "ramp" ? .ramp(over: span) : .constant(over: span)
        default:
            if let span, span > .zero, word == "at once" {
                entries["arrivals"]?.problem("'at once' has no 'over' or 'rate'; take one of the two away")
            }
            return .atOnce
        }
    }

    private static let watchExpected =
        "'until end', a duration, or one of {uniform: {from, to}}, {exponential: {mean}}, {lognormal: {median, sigma}}"

    private static func watch(_ node: ProfileNode) -> WatchTime? {
        guard node.isMapping else {
            return node.value(watchExpected) { text in
                if text == "until end" { return .untilEnd }
                return Amounts.duration(text).map { .fixed($0) }
            }
        }
        let entries = node.entries(watchExpected, allowed: ProfileVocabulary.watch)
        guard entries.count == 1, let (kind, child) = entries.first else {
            if entries.count > 1 || node.node.mapping?.isEmpty == true { node.problem("expected \(watchExpected)") }
            return nil
        }
        func time(_ values: [String: ProfileNode], _ name: String) -> TimeAmount? {
            guard let value = values[name] else {
                child.problem("the setting '\(name)' is missing")
                return nil
            }
            return value.duration()
        }
        guard child.isMapping else {
            child.problem("expected a mapping as in \(watchExpected)")
            return nil
        }
        switch kind {
        case "uniform":
            let values = child.entries("{from, to}", allowed: ProfileVocabulary.uniform)
            let from = time(values, "from")
            let to = time(values, "to")
            guard let from, let to else { return nil }
            if to < from { child.problem("'to' is shorter than 'from'") }
            return .uniform(from: from, to: to)
        case "exponential":
            let values = child.entries("{mean}", allowed: ProfileVocabulary.exponential)
            return time(values, "mean").map { .exponential(mean: $0) }
        default:
            let values = child.entries("{median, sigma}", allowed: ProfileVocabulary.lognormal)
            let sigma = values["sigma"]?.value("a number from 0 to 5") {
                Double($0).flatMap { (0...5).contains($0) ? $0 : nil }
            }
            return time(values, "median").map { .lognormal(median: $0, sigma: sigma ?? 1) }
        }
    }

    private static func weights(_ node: ProfileNode, _ streams: [String]) -> [String: Double]? {
        let entries = node.entries("a mapping of streams to shares", allowed: streams, word: "a stream of this profile")
        let weights = entries.compactMapValues { $0.value(Amounts.shareExpected, Amounts.share) }
        return weights.isEmpty && node.node.mapping?.isEmpty != true ? nil : weights
    }

    /// An address in numbers: IPv4 with four parts, or something with colons (the transport checks IPv6 itself).
    static func address(_ text: String) -> String? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count == 4, parts.allSatisfy({ $0.first != "+" && UInt8($0) != nil }) { return text }
        let isV6 = text.contains(":") && text.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
        return isV6 ? text : nil
    }
}
