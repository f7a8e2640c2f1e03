import Foundation
import Playback
import Quantities
import Testing

@testable import Audience

@Suite("Habits of viewers") struct ViewerHabitTests {
    private func visit(_ viewer: Int = 0, watch: TimeAmount? = nil, departure: PlannedSession.Departure? = nil)
        -> PlannedSession
    {
        PlannedSession(id: SessionID(viewer: viewer), arrival: .zero, watch: watch, departure: departure)
    }

    @Test("pauses come by the hour of playing and last as long as they are to")
    func pauses() {
        var behaviour = ViewerBehaviour()
        behaviour.pauses = .init(rate: 6, length: .fixed(.seconds(120)))
        var pauses = 0
        var played = 0.0
        for viewer in 0..<400 {
            var watching = Watching(visit(viewer), behaviour)
            watching.begin(startup: .seconds(1))
            watching.follow(until: .seconds(3_600 * 4))
            let begun = watching.actions.filter { $0.action == .pause }
            let ended = watching.actions.filter { $0.action == .resume }
            for (begin, end) in zip(begun, ended) { #expect(end.at - begin.at == .seconds(120)) }
            #expect(begun.count - ended.count <= 1)
            pauses += begun.count
            played += 4 - Double(ended.count) / 30
        }
        #expect(abs(Double(pauses) - 6 * played) < 4 * (6 * played).squareRoot())
    }

    @Test("while the picture stands or has not come nothing is due, and what was due waits as long")
    func countsPlayingTime() throws {
        var behaviour = ViewerBehaviour()
        behaviour.pauses = .init(rate: 60, length: .fixed(.seconds(1)))
        var watching = Watching(visit(), behaviour)
        watching.begin(startup: nil)
        #expect(watching.mind.wakeUp == nil)
        watching.now = .seconds(100)
        watching.enter(.playing)
        let due = try #require(watching.mind.wakeUp)
        #expect(due > .seconds(100))
        watching.now = .seconds(100) + (due - .seconds(100)) * 0.5
        watching.enter(.rebuffering)
        #expect(watching.mind.wakeUp == nil && watching.mind.decide(at: .seconds(9_000)) == nil)
        watching.now = watching.now + .seconds(1_000)
        watching.enter(.playing)
        let later = try #require(watching.mind.wakeUp)
        #expect(abs((later - due - .seconds(1_000)).nanoseconds) <= 1)
    }

    @Test("jumps go as far, as often and in the directions that are asked for")
    func seeks() {
        var behaviour = ViewerBehaviour()
        behaviour.seeks = .init(rate: 12, distance: .exponential(mean: .seconds(40)), back: 0.25)
        var jumps: [Double] = []
        for viewer in 0..<300 {
            var watching = Watching(visit(viewer), behaviour)
            watching.begin(startup: .zero)
            watching.follow(until: .seconds(3_600 * 2))
            for case .seek(let by) in watching.actions.map(\.action) { jumps.append(by.seconds) }
        }
        let count = Double(jumps.count)
        #expect(abs(count - 7_200) < 4 * 7_200.0.squareRoot())
        #expect(abs(Double(jumps.filter { $0 < 0 }.count) / count - 0.25) < 4 * (0.1875 / count).squareRoot())
        let mean = jumps.reduce(0) { $0 + abs($1) } / count
        #expect(abs(mean - 40) < 4 * 40 / count.squareRoot())
    }

    @Test("a live stream is rewound and its edge returned to; one on demand is not")
    func rewinds() {
        var behaviour = ViewerBehaviour()
        behaviour.rewinds = .init(rate: 20, distance: .fixed(.seconds(30)), staying: .fixed(.seconds(45)))
        var onDemand = Watching(visit(), behaviour)
        onDemand.begin(startup: .zero)
        onDemand.follow(until: .seconds(3_600))
        #expect(onDemand.actions.isEmpty)
        var live = Watching(visit(), behaviour)
        live.begin(startup: .zero)
        live.mind.observe(TimedEvent(at: live.now, .latencySampled(.seconds(10))))
        live.follow(until: .seconds(3_600))
        #expect(live.actions.count > 10)
        for (index, step) in live.actions.enumerated() {
            let isBack = index % 2 == 0
            #expect(step.action == .seek(by: isBack ? .seconds(-30) : ViewerMind.toTheEdge))
            if !isBack { #expect(step.at - live.actions[index - 1].at == .seconds(45)) }
        }
    }

    @Test("zapping goes to the other streams by their weights, and stops after the first minutes")
    func zaps() {
        var behaviour = ViewerBehaviour()
        behaviour.zapping = .init(rate: 60, first: .seconds(600))
        var counts = [[Int]](repeating: [0, 0, 0], count: 3)
        for viewer in 0..<500 {
            var watching = Watching(visit(viewer), behaviour, streams: 3)
            watching.begin(startup: .zero)
            watching.follow(until: .seconds(7_200))
            var from = 0
            for case (let at, .zap(let to)) in watching.actions {
                #expect(at < .seconds(600))
                counts[from][to] += 1
                from = to
            }
        }
        // Weights 3, 2, 1: from each stream to the two others in their proportion.
        for (from, share) in [(0, 2.0 / 3), (1, 0.75), (2, 0.6)] {
            let others = (0..<3).filter { $0 != from }
            let total = Double(counts[from].reduce(0, +))
            #expect(counts[from][from] == 0 && total > 300)
            let first = Double(counts[from][others[0]]) / total
            #expect(abs(first - share) < 4 * (share * (1 - share) / total).squareRoot(), "\(from): \(counts[from])")
        }
    }

    @Test("where there is no other stream nobody zaps, for ever")
    func zapsNowhere() {
        var behaviour = ViewerBehaviour()
        behaviour.zapping = .init(rate: 1_000)
        var watching = Watching(visit(), behaviour)
        watching.begin(startup: .zero)
        watching.follow(until: .seconds(3_600))
        #expect(watching.actions.isEmpty && watching.mind.wakeUp == nil)
    }

    @Test("after a failure a viewer tries again, after a while and so often, and then leaves")
    func rejoins() {
        var behaviour = ViewerBehaviour()
        behaviour.rejoin = .init(attempts: 2, share: 1, delay: .uniform(from: .seconds(1), to: .seconds(5)))
        var watching = Watching(visit(), behaviour)
        watching.begin(startup: .zero)
        for _ in 0..<2 {
            let failed = watching.now
            watching.enter(.failed)
            watching.follow(until: failed + .seconds(0.999))
            #expect(watching.state == .failed)
            watching.follow(until: failed + .seconds(5))
            #expect(watching.state == .playing)
        }
        watching.enter(.failed)
        watching.follow(until: watching.now)
        #expect(watching.actions.map(\.action) == [.playAgain, .playAgain, .leave(reason: "failed")])
    }

    @Test("of those who fail, the share that is to tries again")
    func someRejoin() {
        var behaviour = ViewerBehaviour()
        behaviour.rejoin = .init(attempts: 1, share: 0.3, delay: .fixed(.seconds(1)))
        let again = (0..<5_000).filter { viewer in
            var watching = Watching(visit(viewer), behaviour)
            watching.begin(startup: .zero)
            watching.enter(.failed)
            watching.follow(until: .seconds(2))
            return watching.actions.first?.action == .playAgain
        }
        // 4 √(5 000 · 0.3 · 0.7)
        #expect(abs(again.count - 1_500) < 130)
    }

    // MARK: Determinism

    private var restless: ViewerBehaviour {
        var behaviour = ViewerBehaviour()
        behaviour.pauses = .init(rate: 10, length: .lognormal(median: .seconds(30), sigma: 1))
        behaviour.seeks = .init(rate: 10, distance: .exponential(mean: .seconds(60)))
        behaviour.zapping = .init(rate: 10)
        behaviour.rewinds = .init(rate: 10, distance: .fixed(.seconds(60)), staying: .fixed(.seconds(60)))
        return behaviour
    }

    @Test("the same viewer does the same, another one or another visit does not")
    func isDeterministic() {
        func actions(_ viewer: Int, _ visit: Int, seed: UInt64) -> [String] {
            let planned = PlannedSession(id: SessionID(viewer: viewer, visit: visit), arrival: .zero)
            var watching = Watching(planned, restless, streams: 4, seed: seed)
            watching.begin(startup: .seconds(1))
            watching.mind.observe(TimedEvent(at: watching.now, .latencySampled(.zero)))
            watching.follow(until: .seconds(7_200))
            return watching.actions.map { "\($0.at.nanoseconds) \($0.action)" }
        }
        let first = actions(7, 0, seed: 1)
        #expect(first.count > 30 && first == actions(7, 0, seed: 1))
        #expect(first != actions(8, 0, seed: 1) && first != actions(7, 1, seed: 1) && first != actions(7, 0, seed: 2))
    }

    @Test("being asked more often, or late, changes nothing of what is decided next")
    func askedOften() {
        var calm = Watching(visit(3), restless, streams: 4)
        var asked = calm
        calm.begin(startup: .seconds(1))
        asked.begin(startup: .seconds(1))
        calm.follow(until: .seconds(3_600))
        for second in 2...3_600 {
            _ = asked.mind.wakeUp
            asked.follow(until: .seconds(Double(second)))
            if let due = asked.mind.wakeUp { #expect(asked.mind.decide(at: due - .nanoseconds(1)) == nil) }
        }
        #expect(calm.actions.map(\.at) == asked.actions.map(\.at))
        #expect(calm.actions.map(\.action) == asked.actions.map(\.action))
    }

    @Test("all reasons for leaving are words that reports know")
    func reasons() {
        #expect(ViewerMind.reasons.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.isLetter || $0 == "-" } })
        #expect(Set(ViewerMind.reasons).count == ViewerMind.reasons.count)
    }
}
