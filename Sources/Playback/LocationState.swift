import Manifests
import Quantities

/// Which locations a session prefers: what steering servers said, and which have failed.
struct LocationState: Sendable {
    /// A location that is not used for a while.
    struct Penalty: Sendable {
        var name: String
        var until: Instant
    }

    /// The steering server and when it is asked next.
    struct Steering: Sendable {
        var uri: String
        /// Nil while a request is in progress, or when it is not asked any more.
        var due: Instant?
        /// How long the last answer is good.
        var timeToLive = TimeAmount.seconds(300)
    }

    /// Locations that failed.
    private(set) var penalties: [Penalty] = []
    /// The names to prefer, the best first; empty for the document's own order.
    var priority: [String] = []
    /// Locations that the steering server made of others.
    var clones: [SteeringManifest.Clone] = []
    /// Nil without a steering server, and when it has told players to stop asking.
    var steering: Steering?

    /// Keeps a location out of use until an instant.
    mutating func penalize(_ name: String, until: Instant) {
        penalties.removeAll { $0.name == name }
        if penalties.count >= 32 { penalties.removeFirst() }
        penalties.append(Penalty(name: name, until: until))
    }

    /// True while a location is out of use.
    func isPenalized(_ name: String, at now: Instant) -> Bool {
        penalties.contains { $0.name == name && $0.until > now }
    }

    /// The place of a name in the order of preference; names that are not in it come last.
    func rank(_ name: String) -> Int { priority.firstIndex(of: name) ?? priority.count }

    /// The name of a choice among a track's locations.
    func name(of choice: LocationChoice, in locations: [TrackLocation]) -> String? {
        if choice.clone > 0 { return choice.clone <= clones.count ? clones[choice.clone - 1].name : nil }
        return choice.index < locations.count ? locations[choice.index].name : nil
    }

    /// All choices among a track's locations, clones included, in the document's order.
    func choices(in locations: [TrackLocation]) -> [LocationChoice] {
        var result = locations.indices.map { LocationChoice(index: $0) }
        for (position, clone) in clones.enumerated() {
            guard let index = locations.firstIndex(where: { $0.name == origin(of: clone) }) else { continue }
            result.append(LocationChoice(index: index, clone: position + 1))
        }
        return result
    }

    /// The location that a clone, or the clone that it is made of, comes from.
    private func origin(of clone: SteeringManifest.Clone) -> String { chain(to: clone).first?.base ?? clone.base }

    /// The clones to apply one after the other; at most eight, so that a ring ends.
    private func chain(to clone: SteeringManifest.Clone) -> [SteeringManifest.Clone] {
        var result = [clone]
        while result.count < 8, let base = clones.first(where: { $0.name == result[0].base }), base != result[0] {
            result.insert(base, at: 0)
        }
        return result
    }

    /// A URI of a location as a choice has it: with a clone's replacements made (rfc8216bis section 7.3).
    func applied(_ choice: LocationChoice, to uri: String, of track: Track, isVariant: Bool) -> String {
        guard choice.clone > 0, choice.clone <= clones.count else { return uri }
        return chain(to: clones[choice.clone - 1]).reduce(uri) { uri, clone in
            let byID = isVariant ? clone.variantURIs : clone.renditionURIs
            if !track.details.stableID.isEmpty, let own = byID[track.details.stableID] {
                return URIReference.resolve(own, against: uri)
            }
            var reference = URIReference(uri)
            if let host = clone.host { reference.authority = host[...] }
            return URIReference.setting(
                clone.parameters.map { URIReference.Parameter($0.name, $0.value) }, of: reference.text)
        }
    }
}
