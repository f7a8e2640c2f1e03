import Quantities
import Transport

/// Reads `audience.networks`, and the networks that a region describes itself.
final class NetworkReader {
    private let files: ProfileFiles
    /// The networks so far, in the order in which they are first named.
    private(set) var networks: [RunProfile.Network] = []

    init(files: ProfileFiles) { self.files = files }

    /// The longest trace file that is read, in bytes.
    private static let largestTrace = 64 << 20

    /// Reads the mix of all; without one everybody has a link that carries whatever comes.
    func read(_ node: ProfileNode?) {
        guard let node else {
            networks = [RunProfile.Network(name: "unlimited", weight: 1)]
            return
        }
        for (name, child) in node.orderedEntries("a mapping of networks to shares") {
            let (share, entries) = share(name, child)
            var network = described(name, child, entries)
            network.weight = share
            networks.append(network)
        }
        if node.isMapping, networks.allSatisfy({ $0.weight <= 0 }) {
            node.problem("at least one network needs a share above zero")
        }
    }

    /// Reads the mix of a region: names of networks that are known, or new ones.
    ///
    /// - Returns: The weights by name; nil where nothing can be made of it.
    func readMix(_ node: ProfileNode) -> [String: Double]? {
        var weights: [String: Double] = [:]
        for (name, child) in node.orderedEntries("a mapping of networks to shares") {
            let (share, entries) = share(name, child)
            weights[name] = share
            let isKnown = networks.contains { $0.name == name }
            if isKnown {
                if child.isMapping, entries.keys.contains(where: { $0 != "share" }) {
                    child.problem("the network '\(name)' is described elsewhere; only its share can stand here")
                }
                continue
            }
            networks.append(described(name, child, entries))
        }
        guard node.isMapping else { return nil }
        if weights.values.allSatisfy({ $0 <= 0 }) { node.problem("at least one network needs a share above zero") }
        return weights
    }

    private func share(_ name: String, _ node: ProfileNode) -> (Double, [String: ProfileNode]) {
        node.checkName(name)
        guard node.isMapping else { return (node.value(Amounts.shareExpected, Amounts.share) ?? 1, [:]) }
        let entries = node.entries("a network", allowed: ProfileVocabulary.network)
        return (entries["share"]?.value(Amounts.shareExpected, Amounts.share) ?? 1, entries)
    }

    /// A network without its weight: by its settings, or by its name where it has none.
    private func described(_ name: String, _ node: ProfileNode, _ entries: [String: ProfileNode]) -> RunProfile.Network
    {
        var network = RunProfile.Network(name: name, weight: 0)
        let sources = ["rate", "trace", "preset", "process"].filter { entries[$0] != nil }
        if sources.count > 1 { node.problem("give one of \(sources.joined(separator: ", ")), not several") }
        network.source = source(entries) ?? named(name, node, isWritten: !sources.isEmpty)
        network.delay = entries["delay"]?.duration() ?? .zero
        network.outages = entries["outages"]?.items().compactMap(outage) ?? []
        if let household = entries["household"] { network.householdSize = self.household(household) }
        return network
    }

    private func source(_ entries: [String: ProfileNode]) -> RunProfile.Network.Source? {
        if let rate = entries["rate"] { return rate.value(Amounts.bitRateExpected, Amounts.bitRate).map { .rate($0) } }
        if let preset = entries["preset"] {
            let expected = "one of: \(Self.presetNames.joined(separator: ", "))"
            return preset.value(expected, LinkPreset.init(rawValue:)).map { .preset($0) }
        }
        if let trace = entries["trace"] { return self.trace(trace).map { .trace($0) } }
        return entries["process"].flatMap(LinkProcessReader.read).map { .process($0) }
    }

    /// What the name says of a network that has no source of its own.
    private func named(_ name: String, _ node: ProfileNode, isWritten: Bool) -> RunProfile.Network.Source {
        if isWritten || name == "unlimited" { return .unlimited }
        if let preset = LinkPreset(rawValue: name) { return .preset(preset) }
        let names = Self.presetNames + ["unlimited"]
        node.nameProblem(
            "this is no network that is known here\(Spelling.hint(for: name, among: names)); or describe it:"
                + "  \(name): {share: 10%, rate: 5 Mbit/s}")
        return .unlimited
    }

    private func trace(_ node: ProfileNode) -> LinkTrace? {
        guard let path = node.text("the path of a trace file") else { return nil }
        guard let bytes = files.content(of: path) else {
            node.problem("the trace file '\(path)' cannot be read; its path is relative to the profile's folder")
            return nil
        }
        guard bytes.count <= Self.largestTrace else {
            node.problem("the trace file '\(path)' is longer than 64 MiB")
            return nil
        }
        do throws(LinkTraceError) {
            return try LinkTraceFile.read(bytes, name: path)
        } catch {
            node.problem("the trace file '\(path)' cannot be used: \(error)")
            return nil
        }
    }

    private func outage(_ node: ProfileNode) -> LinkTrace.Outage? {
        let entries = node.entries("an outage such as {at: 5 min, for: 20 s}", allowed: ProfileVocabulary.outage)
        guard node.isMapping else { return nil }
        for name in ["at", "for"] where entries[name] == nil { node.problem("the setting '\(name)' is missing") }
        guard let at = entries["at"]?.duration(), let length = entries["for"]?.duration(orZero: false) else {
            return nil
        }
        return LinkTrace.Outage(at: at, duration: length)
    }

    private func household(_ node: ProfileNode) -> Int {
        guard node.isMapping else { return node.whole(1...8) ?? 1 }
        let entries = node.entries("a household such as {size: 3}", allowed: ProfileVocabulary.household)
        return entries["size"]?.whole(1...8) ?? 1
    }

    /// The presets' names as profiles have them.
    static let presetNames = LinkPreset.allCases.map(\.rawValue)
}
