import Quantities

/// The exact plan of a run: a pure function of settings and seed, the same on every machine.
///
/// Each viewer's choices come from a generator of its own, so that they do not depend on who else is asked about, and
/// any slice of the plan can be made without the rest.
package struct AudiencePlan: Sendable, Hashable {
    /// What the plan is made of.
    package let settings: AudienceSettings
    /// The seed of the run.
    package let seed: UInt64

    /// What a generator is for; the numbers are part of the plan and never change.
    private enum Purpose: UInt64 {
        case stream = 1
        case region = 2
        case watch = 3
        case device = 4
        case network = 5
        case place = 6
    }

    /// Creates a plan.
    package init(settings: AudienceSettings, seed: UInt64) {
        self.settings = settings
        self.seed = seed
    }

    /// The number of viewers.
    package var viewers: Int { settings.viewers }

    /// Lays the plan out in the order of arrival.
    package func schedule() -> AudienceSchedule { AudienceSchedule(self) }

    /// The visits of the viewer of a number from 0 to `viewers` - 1, in their order; at least one.
    package func visits(of viewer: Int) -> [PlannedSession] { [session(viewer)] }

    /// The first visit of the viewer of a number from 0 to `viewers` - 1.
    package func session(_ index: Int) -> PlannedSession {
        var watch = generator(index, .watch)
        let home = index / max(1, settings.householdSize)
        var place = generator(index, .place)
        return PlannedSession(
            id: SessionID(viewer: index), arrival: settings.arrivals.instant(of: index, of: settings.viewers),
            stream: pick(settings.streams, index, .stream), region: pick(settings.regions, home, .region),
            device: pick(settings.devices, index, .device), network: pick(settings.networks, home, .network),
            household: UInt64(clamping: home), place: place.unit(), watch: settings.watch.draw(&watch))
    }

    private func generator(_ index: Int, _ purpose: Purpose) -> SeededGenerator {
        SeededGenerator(seed: seed, stream: UInt64(index), purpose: purpose.rawValue)
    }

    private func pick(_ shares: [AudienceSettings.Share], _ index: Int, _ purpose: Purpose) -> Int {
        guard shares.count > 1 else { return 0 }
        var generator = generator(index, purpose)
        var rest = generator.unit() * shares.reduce(0) { $0 + $1.weight }
        for (position, share) in shares.enumerated() {
            rest -= share.weight
            if rest < 0 { return position }
        }
        return shares.lastIndex { $0.weight > 0 } ?? 0
    }
}
