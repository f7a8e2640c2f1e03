import Access
import Quantities

/// Reads `access.probes`.
enum ProbeReader {
    /// The share of the viewers that carry a kind of which nothing else is said.
    private static let usualShare = 0.01

    private static let expected = "all, or a mapping of kinds of probe to shares such as {expired: 1%, none: 1%}"

    static func read(_ access: ProfileNode?) -> RunProfile.Probes? {
        // What else is wrong with `access` is said by its own reader.
        guard let access, access.isMapping,
            let node = access.orderedEntries("").first(where: { $0.name == "probes" })?.node
        else { return nil }
        guard node.isMapping else {
            return node.value(expected) { text in
                text == "all" ? RunProfile.Probes(shares: everything(usualShare)) : nil
            }
        }
        let entries = node.entries(expected, allowed: ProfileVocabulary.probes)
        var probes = RunProfile.Probes(shares: shares(entries))
        if probes.shares.isEmpty {
            node.problem(
                "no kind of probe stands here; the kinds are all, "
                    + GateProbe.allCases.map(\.rawValue).joined(separator: ", "))
        }
        if let every = entries["every"] { probes.interval = every.duration(orZero: false) ?? probes.interval }
        if let leeway = entries["leeway"] { probes.leeway = leeway.duration() ?? probes.leeway }
        if let refused = entries["refused"] {
            probes.refusedStatuses = Set(refused.items().compactMap { $0.whole(400...499) })
        }
        if let redirects = entries["redirects"] {
            probes.redirectsRefuse =
                redirects.value("one of: followed, refused") { ["followed": false, "refused": true][$0] } ?? false
        }
        return probes
    }

    /// The kinds by name; `all` stands for those that are not named, but for `shared`.
    private static func shares(_ entries: [String: ProfileNode]) -> [GateProbe: Double] {
        var shares = entries["all"].flatMap(share).map(everything) ?? [:]
        for probe in GateProbe.allCases {
            if let share = entries[probe.rawValue].flatMap(share) { shares[probe] = share }
        }
        return shares
    }

    private static func everything(_ share: Double) -> [GateProbe: Double] {
        var shares: [GateProbe: Double] = [:]
        for probe in GateProbe.allCases where probe.isMeantByAll { shares[probe] = share }
        return shares
    }

    private static func share(_ node: ProfileNode) -> Double? {
        node.value("a share of the viewers from 0% to 100%") { text in
            guard text.utf8.contains(UInt8(ascii: "%")) || text == "0" else { return nil }
            return Amounts.share(text).flatMap { (0...1).contains($0) ? $0 : nil }
        }
    }
}
