import Quantities
import Transport

extension RunProfile {
    /// A region, its weight, and where its edges are.
    package struct Region: Sendable, Hashable {
        /// The name in reports.
        package var name: String
        /// Its part of the viewers, weighed against the others'.
        package var weight: Double
        /// The addresses of its edges, which take the place of name lookup; empty where names are looked up.
        package var edges: [String]
        /// Who is asked for the addresses of names, where there are no edges here.
        package var resolver = NameSource.system
        /// The label of the machines that take all viewers of this region (`FULLHOUSE_REGION`); nil for any machine.
        package var machineLabel: String?
        /// The local addresses that connections come from, spread over the viewers; empty leaves it to the system.
        package var sourceAddresses: [String] = []
        /// The weights of the networks by their names; nil for the mix of all.
        package var networks: [String: Double]?
    }

    /// Has all viewers in the region of this machine's label, where a region has it; else nothing changes.
    ///
    /// - Parameter label: What the machine says of itself (`FULLHOUSE_REGION`); nil when it says nothing.
    package mutating func adoptRegion(label: String?) {
        guard let label, let own = regions.firstIndex(where: { $0.machineLabel == label }) else { return }
        for position in regions.indices { regions[position].weight = position == own ? 1 : 0 }
    }
}
