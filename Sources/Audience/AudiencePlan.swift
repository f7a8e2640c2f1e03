import Quantities

/// The exact plan of a run: a pure function of settings and seed, the same on every machine.
///
/// Each viewer's choices come from generators of its own, so that they do not depend on who else is asked about, and
/// any slice of the plan can be made without the rest.
package struct AudiencePlan: Sendable, Hashable {
    /// What the plan is made of.
    package let settings: AudienceSettings
    /// The seed of the run.
    package let seed: UInt64

    let layout: AudienceLayout
    private let mixes: Mixes

    /// The mixes of the settings, ready to be drawn from.
    private struct Mixes: Sendable, Hashable {
        let streams: Mix
        let regions: Mix
        let devices: Mix
        let networks: Mix
        let networksOfRegion: [Int: Mix]

        init(_ settings: AudienceSettings) {
            streams = Mix(settings.streams)
            regions = Mix(settings.regions)
            devices = Mix(settings.devices)
            networks = Mix(settings.networks)
            networksOfRegion = settings.networksOfRegion.mapValues { Mix($0) }
        }
    }

    /// What a generator is for; the numbers are part of the plan and never change.
    private enum Purpose {
        static let stream: UInt64 = 1
        static let region: UInt64 = 2
        static let watch: UInt64 = 3
        static let device: UInt64 = 4
        static let network: UInt64 = 5
        static let place: UInt64 = 6
        static let arrival: UInt64 = 7
        /// What the script does: this and twice the phase's position; one more for an outage.
        static let script: UInt64 = 0x100
    }

    /// Creates a plan.
    package init(settings: AudienceSettings, seed: UInt64) {
        self.settings = settings
        self.seed = seed
        layout = AudienceLayout(settings)
        mixes = Mixes(settings)
    }

    /// The number of viewers.
    package var viewers: Int { settings.viewers }

    /// Lays the plan out in the order of arrival.
    package func schedule() -> AudienceSchedule { AudienceSchedule(self) }

    /// The visits of the viewer of a number from 0 to `viewers` - 1, in their order; at least one.
    ///
    /// A viewer who leaves with a wave or is cut off by an outage may come back for the rest of the watch time, as the
    /// next visit; its phase is the one that made the viewer leave.
    package func visits(of viewer: Int) -> [PlannedSession] {
        var visits: [PlannedSession] = []
        forEachVisit(of: viewer) { visits.append($0) }
        return visits
    }

    /// The first visit of the viewer of a number from 0 to `viewers` - 1.
    package func session(_ index: Int) -> PlannedSession {
        guard !layout.events.isEmpty else { return arriving(index) }
        return visits(of: index)[0]
    }

    /// Calls with each visit of a viewer, in their order.
    func forEachVisit(of viewer: Int, _ body: (PlannedSession) -> Void) {
        var visit = arriving(viewer)
        for event in layout.events where event.at > visit.arrival {
            if let end = visit.plannedEnd, end <= event.at { break }
            guard event.concerns(visit) else { continue }
            var chance = generator(
                viewer, Purpose.script + UInt64(event.phase) * 2 + (event.kind == .dropped ? 1 : 0))
            guard chance.unit() < event.share else { continue }
            var left = visit
            left.departure = PlannedSession.Departure(at: event.at, kind: event.kind)
            body(left)
            guard let next = Self.comingBack(from: visit, after: event, &chance) else { return }
            visit = next
        }
        body(visit)
    }

    /// The visit that follows upon an event; nil when the viewer stays away.
    private static func comingBack(
        from visit: PlannedSession, after event: AudienceLayout.Event, _ chance: inout SeededGenerator
    ) -> PlannedSession? {
        guard let back = event.comingBack, chance.unit() < back.share, visit.id.visit < 255 else { return nil }
        var next = visit
        next.id = SessionID(viewer: Int(visit.id.viewer), visit: visit.id.visit + 1)
        next.arrival = event.at + back.delay.draw(&chance)
        next.phase = event.phase
        next.watch = visit.watch.map { $0 - (event.at - visit.arrival) }
        return next
    }

    /// The first visit of a viewer as it would be if the script did nothing to it.
    private func arriving(_ viewer: Int) -> PlannedSession {
        var watch = generator(viewer, Purpose.watch)
        // Where links are shared, neighbours draw as one what their link has.
        let neighbours = viewer / max(1, settings.householdSize)
        var place = generator(neighbours, Purpose.place)
        let region = pick(mixes.regions, neighbours, Purpose.region)
        let mix = mixes.networksOfRegion.isEmpty ? nil : mixes.networksOfRegion[region]
        let network = pick(mix ?? mixes.networks, neighbours, Purpose.network)
        let group = layout.group(of: viewer)
        return PlannedSession(
            id: SessionID(viewer: viewer), arrival: arrival(of: viewer, in: group), phase: group.phase,
            stream: pick(mixes.streams, viewer, Purpose.stream), region: region,
            device: pick(mixes.devices, viewer, Purpose.device), network: network,
            household: household(of: viewer, network), place: place.unit(), watch: settings.watch.draw(&watch))
    }

    /// The number of the first viewer of a viewer's household.
    private func household(of viewer: Int, _ network: Int) -> UInt64 {
        let sizes = settings.householdSizes
        let size = max(1, sizes.indices.contains(network) ? sizes[network] : settings.householdSize)
        return UInt64(viewer / size * size)
    }

    private func arrival(of viewer: Int, in group: AudienceLayout.Group) -> Instant {
        var drawn = SeededGenerator(seed: 0)
        if group.arrivals.isDrawn { drawn = generator(viewer, Purpose.arrival) }
        return group.at
            + group.arrivals.delay(of: viewer - group.first, of: group.count, reach: group.reach, &drawn)
    }

    /// When a viewer first arrives; what comes after is for the script to say.
    func firstArrival(of viewer: Int) -> Instant { arrival(of: viewer, in: layout.group(of: viewer)) }

    private func generator(_ index: Int, _ purpose: UInt64) -> SeededGenerator {
        SeededGenerator(seed: seed, stream: UInt64(index), purpose: purpose)
    }

    private func pick(_ mix: Mix, _ index: Int, _ purpose: UInt64) -> Int {
        guard mix.isChoice else { return 0 }
        var generator = generator(index, purpose)
        return mix.position(at: generator.unit())
    }
}
