import Quantities
import Transport

/// The links of all viewers: which trace each household is on, and where in it, from the plan's seed.
package struct LastMiles: Sendable {
    /// The last mile of some of the viewers.
    package struct Network: Sendable {
        /// The name in reports.
        package var name: String
        /// What the links carry, one of these for each household; empty carries whatever comes.
        package var traces: [LinkTrace]
        /// Whether each household is at a place of its own in its trace; else all begin at the trace's begin.
        package var isSpread: Bool

        /// Creates a network.
        package init(name: String, traces: [LinkTrace] = [], isSpread: Bool = true) {
            self.name = name
            self.traces = traces
            self.isSpread = isSpread
        }
    }

    /// The networks, as numbered in the plan; never empty.
    package var networks: [Network]
    /// The seed of the plan.
    package var seed: UInt64

    /// What chance decides about a household's link is drawn apart from all else.
    private static let purpose: UInt64 = 101

    /// Creates links.
    package init(_ networks: [Network] = [Network(name: "")], seed: UInt64) {
        self.networks = networks.isEmpty ? [Network(name: "")] : networks
        self.seed = seed
    }

    /// The name of a viewer's network.
    package func name(of planned: PlannedSession) -> String { network(of: planned).name }

    /// The link of a viewer's household; nil where its network carries whatever comes.
    package func link(of planned: PlannedSession) -> LinkAttachment? {
        let network = network(of: planned)
        guard !network.traces.isEmpty else { return nil }
        var chance = SeededGenerator(seed: seed, stream: planned.household, purpose: Self.purpose)
        let trace = network.traces[min(network.traces.count - 1, Int(chance.unit() * Double(network.traces.count)))]
        let offset = network.isSpread ? trace.duration * chance.unit() : .zero
        return LinkAttachment(trace, offset: offset, household: planned.household)
    }

    private func network(of planned: PlannedSession) -> Network {
        networks.indices.contains(planned.network) ? networks[planned.network] : networks[0]
    }
}
