import Quantities

/// One viewer as planned.
package struct PlannedSession: Sendable, Hashable {
    /// The number in the plan, in the order of arrival.
    package var id: SessionID
    /// When the viewer presses play.
    package var arrival: Instant
    /// The position of the stream in the settings.
    package var stream: Int
    /// The position of the region in the settings.
    package var region: Int
    /// How long the viewer stays; nil until the end.
    package var watch: TimeAmount?
}

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
    }

    /// Creates a plan.
    package init(settings: AudienceSettings, seed: UInt64) {
        self.settings = settings
        self.seed = seed
    }

    /// The number of viewers.
    package var count: Int { settings.viewers }

    /// The viewer of a number from 0 to `count` - 1.
    package func session(_ index: Int) -> PlannedSession {
        var watch = generator(index, .watch)
        return PlannedSession(
            id: SessionID(UInt64(index)), arrival: settings.arrivals.instant(of: index, of: settings.viewers),
            stream: pick(settings.streams, index, .stream), region: pick(settings.regions, index, .region),
            watch: settings.watch.draw(&watch))
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
