import Audience
import Quantities

/// Reads `audience.script`: the phases of an event.
struct ScriptReader {
    let files: ProfileFiles
    /// The regions by their names, with the addresses of their edges, as far as they can be read.
    let regions: [(name: String, edges: [String])]

    /// Reads the phases.
    ///
    /// - Parameter node: The list.
    /// - Returns: The phases that could be read, in the file's order.
    func read(_ node: ProfileNode) -> [AudiencePhase] {
        let items = node.items()
        if items.isEmpty { node.problem("at least one phase must stand here") }
        guard items.count <= AudienceSettings.longestScript else {
            node.problem("a script has at most \(AudienceSettings.longestScript) phases, and here are \(items.count)")
            return []
        }
        var names: Set<String> = []
        let phases = items.compactMap { item -> AudiencePhase? in
            guard let phase = phase(item) else { return nil }
            if !names.insert(phase.name).inserted {
                item.problem("there are two phases '\(phase.name)'; give one of them another name")
            }
            return phase
        }
        let brings = phases.contains { phase in
            switch phase.size {
            case .share(let weight)?: weight > 0
            case .viewers?: true
            case nil: false
            }
        }
        if !brings, phases.count == items.count, !items.isEmpty {
            node.problem("no phase brings anybody; give at least one a 'share', 'rate' or 'viewers'")
        }
        return phases
    }

    private func phase(_ node: ProfileNode) -> AudiencePhase? {
        let entries = node.entries(
            "a phase such as {phase: doors, at: 0 s, for: 10 min, arrivals: ramp, share: 40%}",
            allowed: ProfileVocabulary.phase)
        guard node.isMapping else { return nil }
        if entries["phase"] == nil { node.problem("the setting 'phase', a name, is missing") }
        let name = entries["phase"]?.text("a name") ?? ""
        entries["phase"]?.checkPhaseName(name)
        if entries["at"] == nil { node.problem("the setting 'at' is missing: when the phase begins, such as 10 min") }
        let at = entries["at"]?.duration()
        var phase = AudiencePhase(name: name, at: .zero + (at ?? .zero))
        phase.duration = entries["for"]?.duration(orZero: false)
        readArrivals(entries, node, &phase)
        readLeaving(entries, &phase)
        phase.drop = entries["drop"].map { drop($0, entries["reconnect"]) }
        if entries["drop"] == nil { entries["reconnect"]?.problem("there is no 'drop' to come back after") }
        return phase
    }

    // MARK: Who comes

    private func readArrivals(_ entries: [String: ProfileNode], _ node: ProfileNode, _ phase: inout AudiencePhase) {
        let sizes = ["share", "rate", "viewers"].filter { entries[$0] != nil }
        if sizes.count > 1 { entries[sizes[1]]?.problem("give either 'share', 'rate' or 'viewers', not two of them") }
        let share = entries["share"]?.value(Amounts.shareExpected, Amounts.share)
        let count = entries["viewers"]?.whole(1...10_000_000)
        let rate = entries["rate"].flatMap { $0.value("a rate such as 20/s or 600/min", Amounts.rate) }
        let pattern = arrivals(entries, phase.duration, hasSize: !sizes.isEmpty)
        phase.arrivals = pattern?.pattern ?? .atOnce
        if let share {
            phase.size = .share(share)
        } else if let count {
            phase.size = .viewers(count)
        } else if let rate, let source = entries["rate"] {
            guard let span = phase.duration else {
                source.problem("a rate needs 'for', the length of the phase, to say how many come")
                return
            }
            phase.size = size(of: rate * span.seconds, source)
        } else if sizes.isEmpty, let brought = pattern?.viewers, let source = entries["arrivals"] {
            phase.size = size(of: brought, source)
        } else if sizes.isEmpty, let source = entries["arrivals"], pattern != nil {
            source.problem("how many come? Give the phase a 'share', 'rate' or 'viewers'")
        }
    }

    private func size(of count: Double, _ node: ProfileNode) -> AudiencePhase.Size? {
        guard count.rounded() >= 1, count <= 10_000_000 else {
            node.problem("this brings \(count < 1 ? "nobody" : "more than 10000000 viewers")")
            return nil
        }
        return .viewers(Int(count.rounded()))
    }

    private func arrivals(
        _ entries: [String: ProfileNode], _ span: TimeAmount?, hasSize: Bool
    ) -> ArrivalReader.Result? {
        let reader = ArrivalReader(files: files, span: span)
        guard let node = entries["arrivals"] else {
            return hasSize ? span.map { .init(pattern: .constant(over: $0), viewers: nil) } : nil
        }
        guard !node.isMapping else { return reader.read(node) }
        let word = node.value(ArrivalReader.expected) { ArrivalReader.words.contains($0) ? $0 : nil }
        guard let word else { return nil }
        if word != "at once", span == nil, entries["for"] == nil {
            node.problem("these arrivals need 'for', the length of the phase")
        }
        return ArrivalReader.pattern(word, over: span ?? .zero).map { .init(pattern: $0, viewers: nil) }
    }

    // MARK: Who leaves

    private static let chanceExpected = "a share of 0% to 100%"

    /// A share of those who are there.
    static func chance(_ text: String) -> Double? { Amounts.share(text).flatMap { (0...1).contains($0) ? $0 : nil } }

    private func readLeaving(_ entries: [String: ProfileNode], _ phase: inout AudiencePhase) {
        guard let leave = entries["leave"] else {
            entries["return"]?.problem("there is no 'leave' to return from")
            return
        }
        guard let share = leave.value(Self.chanceExpected, Self.chance) else { return }
        phase.leaving = .init(share: share, comingBack: entries["return"].flatMap { comingBack($0) })
    }

    /// `{within: 15 min, share: 80%}` or a distribution in the place of `within`.
    private func comingBack(_ node: ProfileNode, within: TimeAmount? = nil) -> AudiencePhase.ComingBack? {
        let expected = "{within: 15 min}, or in its place one of \(DistributionReader.forms)"
        let entries = node.entries(expected, allowed: ProfileVocabulary.comingBack)
        guard node.isMapping else { return nil }
        let share = entries["share"].map { $0.value(Self.chanceExpected, Self.chance) } ?? 1
        let kinds = ["within", "uniform", "exponential", "lognormal", "weibull"].filter { entries[$0] != nil }
        guard kinds.count <= 1 else {
            node.problem("expected \(expected)")
            return nil
        }
        guard let kind = kinds.first, let child = entries[kind] else {
            guard let within else {
                node.problem("when do they come back? Expected \(expected)")
                return nil
            }
            return share.map { .init(share: $0, delay: .uniform(from: .zero, to: within)) }
        }
        if kind != "within", !child.isMapping {
            child.problem("expected a mapping as in \(expected)")
            return nil
        }
        let delay: TimeDistribution? =
            kind == "within"
            ? child.duration().map { .uniform(from: .zero, to: $0) } : DistributionReader.one(kind, child)
        guard let delay, let share else { return nil }
        return .init(share: share, delay: delay)
    }

    // MARK: What breaks

    private func drop(_ node: ProfileNode, _ reconnect: ProfileNode?) -> AudiencePhase.Drop {
        var drop = AudiencePhase.Drop()
        if let reconnect, let back = comingBack(reconnect, within: .seconds(5)) { drop.reconnect = back }
        guard node.isMapping else {
            drop.share = node.value(Self.chanceExpected + ", or a mapping", Self.chance) ?? 1
            return drop
        }
        let entries = node.entries("a mapping", allowed: ProfileVocabulary.drop)
        drop.share = entries["share"]?.value(Self.chanceExpected, Self.chance) ?? 1
        let known = regions.map(\.name)
        let region = entries["region"]?.value("one of: \(known.joined(separator: ", "))") { text in
            known.firstIndex(of: text)
        }
        if let edge = entries["edge"] {
            // Of a region that is not known the edges are not either.
            guard entries["region"] == nil || region != nil else { return drop }
            drop.targets = targets(edge, in: region)
        } else if let region {
            drop.targets = [.init(region: region)]
        }
        return drop
    }

    /// The places at which an address is an edge.
    private func targets(_ node: ProfileNode, in region: Int?) -> [AudiencePhase.Target] {
        let positions = regions.indices.filter { region == nil || $0 == region }
        let known = positions.flatMap { regions[$0].edges }
        guard !known.isEmpty else {
            node.problem("no edges are known by address; name them in 'audience.regions', or leave this out")
            return []
        }
        let address = node.value("the address of an edge, one of: \(known.joined(separator: ", "))") { text in
            known.contains(text) ? text : nil
        }
        guard let address else { return [] }
        var targets: [AudiencePhase.Target] = []
        for position in positions {
            let edges = regions[position].edges
            for (number, edge) in edges.enumerated() where edge == address {
                targets.append(.init(region: position, edge: number, edges: edges.count))
            }
        }
        return targets
    }
}

extension ProfileNode {
    /// Notes a phase's name that cannot stand in reports and thresholds.
    fileprivate func checkPhaseName(_ name: String) {
        let isPlain =
            !name.isEmpty && name.count <= 64 && name.first != " " && name.last != " "
            && name.allSatisfy { $0.isLetter || $0.isNumber || " -_.".contains($0) }
        if !name.isEmpty, !isPlain {
            problem("a name has 1 to 64 letters, digits, '-', '_', '.' and spaces inside, found '\(name)'")
        }
    }
}
