import Quantities
import Transport

/// Reads `audience.regions`.
struct RegionReader {
    /// Knows the networks, and learns those that regions describe.
    let networks: NetworkReader

    /// The regions in the file's order; one that holds everybody where there are none.
    func read(_ node: ProfileNode?) -> [RunProfile.Region] {
        guard let node else { return [RunProfile.Region(name: "all", weight: 1, edges: [])] }
        let regions = node.orderedEntries("a mapping of regions").map { name, child in
            child.checkName(name)
            return region(name, child)
        }
        if node.isMapping, regions.allSatisfy({ $0.weight <= 0 }) {
            node.problem("at least one region needs a share above zero")
        }
        return regions
    }

    private func region(_ name: String, _ node: ProfileNode) -> RunProfile.Region {
        guard node.isMapping else {
            let weight = node.value(Amounts.shareExpected, Amounts.share) ?? 1
            return RunProfile.Region(name: name, weight: weight, edges: [])
        }
        let entries = node.entries("a region", allowed: ProfileVocabulary.region)
        let weight = entries["share"]?.value(Amounts.shareExpected, Amounts.share) ?? 1
        var region = RunProfile.Region(name: name, weight: weight, edges: addresses(entries["edges"]))
        if let resolver = entries["resolver"] {
            region.resolver = resolver.value(Self.resolverExpected, Self.resolver) ?? .system
            if entries["edges"] != nil { resolver.problem("give either 'edges' or 'resolver', not both") }
        }
        region.machineLabel = entries["label"]?.value("a word of up to 64 letters, digits, '-', '_' and '.'") { text in
            let isWord =
                text.utf8.count <= 64
                && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
            return isWord ? text : nil
        }
        region.sourceAddresses = addresses(entries["source addresses"])
        region.networks = entries["networks"].flatMap { networks.readMix($0) }
        return region
    }

    private func addresses(_ node: ProfileNode?) -> [String] {
        node?.items().compactMap { $0.value("an IP address", AudienceReader.address) } ?? []
    }

    private static let resolverExpected =
        "system, or the address of a DNS server, perhaps with a port, such as 192.0.2.53 or [2001:db8::53]:5353"

    /// `system`, `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:5353`.
    private static func resolver(_ text: String) -> NameSource? {
        if text == "system" { return .system }
        // One colon alone divides an address of four parts from its port.
        if text.filter({ $0 == ":" }).count != 1, AudienceReader.address(text) != nil { return .server(text) }
        let (host, port): (Substring, Substring)
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            port = rest.isEmpty ? "53" : rest.dropFirst()
            guard host.contains(":") else { return nil }
        } else {
            let halves = text.split(separator: ":", omittingEmptySubsequences: false)
            guard halves.count == 2 else { return nil }
            (host, port) = (halves[0], halves[1])
        }
        guard AudienceReader.address(String(host)) != nil, port.first != "+", let number = UInt16(port), number > 0
        else { return nil }
        return .server(text)
    }
}
