import Quantities
import RunProfile
import Transport

/// Where connections go to: the addresses that local ports are counted for, one by one.
struct PortPlaces {
    /// A number for each region and stream.
    let numbers: [[Int]]
    /// What the connections of each number share: how many addresses they are spread over, and how many they come from.
    let places: [Place]

    /// Where connections go to.
    struct Place: Sendable, Hashable {
        /// The host's name, or the edges of a region.
        var name: String
        var addresses: Int
        var sources: Int
    }

    init(_ profile: RunProfile) {
        var places: [Place] = []
        var known: [String: Int] = [:]
        numbers = profile.regions.map { region in
            profile.streams.map { stream in
                let reference = URIReference(stream.uri)
                let host = reference.host ?? ""
                let port = reference.port ?? 0
                // The same edges, or the same name asked of the same, are the same addresses.
                let target = region.edges.isEmpty ? "\(host) \(region.resolver)" : region.edges.joined(separator: " ")
                let key = "\(target):\(port) from \(region.sourceAddresses.joined(separator: " "))"
                if let number = known[key] { return number }
                let name = region.edges.isEmpty ? host : "each edge of \(region.name)"
                known[key] = places.count
                places.append(
                    Place(
                        name: name, addresses: max(1, Set(region.edges).count),
                        sources: max(1, Set(region.sourceAddresses).count)))
                return places.count - 1
            }
        }
        self.places = places
    }
}
