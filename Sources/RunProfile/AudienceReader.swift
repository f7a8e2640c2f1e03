import Audience
import Quantities

/// Reads `audience`.
enum AudienceReader {
    struct Result {
        var viewers = 1
        var arrivals = ArrivalPattern.atOnce
        var watch = WatchTime.untilEnd
        /// The phases of the event; empty without a script.
        var script: [AudiencePhase] = []
        var behaviour = ViewerBehaviour()
        /// What ``RegionReader``, ``DeviceReader`` and ``NetworkReader`` read.
        var regions: ProfileNode?
        var devices: ProfileNode?
        var networks: ProfileNode?
        /// Weights by stream name; nil when the profile gives none here.
        var streamWeights: [String: Double]?
    }

    static func read(
        _ node: ProfileNode?, viewers override: Int?, streams: [String], files: ProfileFiles, _ root: ProfileNode
    ) -> Result {
        var result = Result()
        guard let node else {
            root.problem("the setting 'audience' is missing; write at least  audience: {viewers: 10}")
            return result
        }
        let entries = node.entries(
            "a mapping", allowed: ProfileVocabulary.audience)
        if let script = entries["script"] {
            result.script = ScriptReader(files: files, regions: regionEdges(entries["regions"])).read(script)
            for name in ["arrivals", "over", "rate"] {
                entries[name]?.problem("the script says who comes when; put this into a phase")
            }
        }
        let counted = ViewerCount(entries, override: override, script: result.script)
        result.viewers = counted.viewers(node)
        if entries["script"] == nil { readArrivals(entries, counted, files, node, &result) }
        if let watch = entries["watch"] { result.watch = self.watch(watch) ?? .untilEnd }
        if let behaviour = entries["behaviour"] {
            result.behaviour = BehaviourReader(streams: streams).read(behaviour)
        }
        if let mix = entries["streams"] { result.streamWeights = weights(mix, streams) }
        if let popularity = entries["popularity"] {
            if entries["streams"] != nil { popularity.problem("give either 'streams' or 'popularity', not both") }
            let weights = PopularityReader.weights(popularity, count: streams.count)
            result.streamWeights = weights.map { Dictionary(zip(streams, $0)) { first, _ in first } }
        }
        result.regions = entries["regions"]
        result.devices = entries["devices"]
        result.networks = entries["networks"]
        return result
    }

    /// Reads `arrivals`, `over` and `rate`.
    private static func readArrivals(
        _ entries: [String: ProfileNode], _ counted: ViewerCount, _ files: ProfileFiles, _ node: ProfileNode,
        _ result: inout Result
    ) {
        if let curve = entries["arrivals"], curve.isMapping {
            entries["rate"]?.problem("the arrivals say themselves how many come when; take 'rate' away")
            let over = entries["over"].flatMap { $0.duration(orZero: false) }
            guard let read = ArrivalReader(files: files, span: over).read(curve) else { return }
            result.arrivals = read.pattern
            guard !counted.isGiven else { return }
            guard let brought = read.viewers, brought.rounded() >= 1, brought <= 10_000_000 else {
                node.problem("the setting 'viewers' is missing")
                return
            }
            result.viewers = Int(brought.rounded())
        } else {
            result.arrivals = arrivals(entries, viewers: result.viewers, node)
        }
    }

    private static func arrivals(_ entries: [String: ProfileNode], viewers: Int, _ node: ProfileNode) -> ArrivalPattern
    {
        let over = entries["over"].flatMap { $0.duration() }
        let rate = entries["rate"].flatMap { $0.value("a rate such as 20/s or 600/min", Amounts.rate) }
        if entries["over"] != nil, let both = entries["rate"] { both.problem("give either 'over' or 'rate', not both") }
        let span = over ?? rate.map { .seconds(Double(viewers) / $0) }
        let word = entries["arrivals"].flatMap { child in
            child.value(ArrivalReader.expected) { ArrivalReader.words.contains($0) ? $0 : nil }
        }
        let wanted = word ?? (span == nil ? "at once" : "constant")
        if wanted == "at once" {
            if let span, span > .zero, word == "at once" {
                entries["arrivals"]?.problem("'at once' has no 'over' or 'rate'; take one of the two away")
            }
            return .atOnce
        }
        guard let span else {
            if entries["over"] == nil, entries["rate"] == nil {
                node.problem("arrivals need 'over' (such as 60 s) or 'rate' (such as 20/s)")
            }
            return .atOnce
        }
        return ArrivalReader.pattern(wanted, over: span) ?? .atOnce
    }

    private static let watchExpected = "'until end', a duration, or one of \(DistributionReader.forms)"

    private static func watch(_ node: ProfileNode) -> WatchTime? {
        guard node.isMapping else {
            return node.value(watchExpected) { text in
                if text == "until end" { return .untilEnd }
                return Amounts.duration(text).map { .fixed($0) }
            }
        }
        return DistributionReader.mapping(node, watchExpected).map { WatchTime($0) }
    }

    /// The regions' names and the addresses of their edges as they stand, for the script; what is wrong with them is told
    /// where they are read.
    private static func regionEdges(_ node: ProfileNode?) -> [(name: String, edges: [String])] {
        guard let mapping = node?.node.mapping else { return [("all", [])] }
        return mapping.map { key, value in
            let edges = value.mapping?.first { $0.key.scalar?.string == "edges" }?.value
            let list = edges?.sequence.map { Array($0) } ?? edges.map { [$0] } ?? []
            return (key.scalar?.string ?? "", list.compactMap { $0.scalar?.string })
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

/// How many viewers there are: as the command line, the profile or the phases of its script say.
struct ViewerCount {
    /// Whether somebody says so other than the arrivals.
    let isGiven: Bool
    private let node: ProfileNode?
    private let override: Int?
    private let counted: Int
    private let hasShares: Bool
    private let hasArrivals: Bool

    init(_ entries: [String: ProfileNode], override: Int?, script: [AudiencePhase]) {
        node = entries["viewers"]
        self.override = override
        isGiven = node != nil || override != nil
        hasArrivals = entries["script"] == nil && entries["arrivals"]?.isMapping == true
        var counted = 0
        var hasShares = entries["script"] != nil && script.isEmpty
        for phase in script {
            switch phase.size {
            case .viewers(let count)?: counted += count
            case .share?: hasShares = true
            case nil: continue
            }
        }
        self.counted = counted
        self.hasShares = hasShares
    }

    /// The number of viewers; what contradicts itself is noted.
    func viewers(_ audience: ProfileNode) -> Int {
        let written = node.map { $0.whole(1...10_000_000) ?? 1 }
        if let override { return override }
        guard let written, let node else {
            if counted == 0 || hasShares {
                if !hasArrivals { audience.problem("the setting 'viewers' is missing") }
            } else if counted > 10_000_000 {
                audience.problem("the script brings \(counted) viewers, more than 10000000")
            }
            return max(1, min(counted, 10_000_000))
        }
        if counted > written || counted > 0 && counted != written && !hasShares {
            node.problem("the phases of the script bring \(counted) viewers; leave 'viewers' out, or make it fit")
        }
        return written
    }
}
