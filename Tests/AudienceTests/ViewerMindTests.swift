import Foundation
import Playback
import Quantities
import Testing

@testable import Audience

@Suite("A viewer's mind") struct ViewerMindTests {
    private func visit(_ viewer: Int = 0, watch: TimeAmount? = nil, departure: PlannedSession.Departure? = nil)
        -> PlannedSession
    {
        PlannedSession(id: SessionID(viewer: viewer), arrival: .zero, watch: watch, departure: departure)
    }

    @Test("a mind is small and holds nothing of its own on the heap")
    func isSmall() {
        #expect(MemoryLayout<ViewerMind>.size <= 200)
    }

    @Test("without habits a viewer watches, and leaves when its time is over, counted from pressing play")
    func watches() {
        var watching = Watching(visit(watch: .seconds(60)), ViewerBehaviour())
        #expect(watching.mind.wakeUp == nil)
        watching.now = .seconds(5)
        watching.begin(startup: .seconds(50))
        #expect(watching.mind.wakeUp == Instant.seconds(65) && watching.mind.decide(at: .seconds(64.999)) == nil)
        watching.follow(until: .seconds(100))
        #expect(watching.actions.map(\.action) == [.leave(reason: "watched")])
        #expect(watching.actions.map(\.at) == [.seconds(65)])
        #expect(watching.mind.wakeUp == nil && watching.mind.decide(at: .distantFuture) == nil)
    }

    @Test("the script has viewers leave or cuts them off at its instant, whatever they do")
    func departs() {
        for (kind, action) in [
            (PlannedSession.Departure.Kind.leaves, ViewerAction.leave(reason: "wave")), (.dropped, .drop),
        ] {
            var watching = Watching(
                visit(watch: .seconds(60), departure: .init(at: .seconds(30), kind: kind)), ViewerBehaviour())
            watching.begin(startup: nil)
            watching.follow(until: .seconds(100))
            #expect(watching.actions.map(\.action) == [action] && watching.actions.map(\.at) == [.seconds(30)])
        }
    }

    @Test("when the content is over so is the visit")
    func ends() {
        var watching = Watching(visit(), ViewerBehaviour())
        watching.begin(startup: .seconds(1))
        watching.now = .seconds(90)
        watching.enter(.ended)
        watching.follow(until: .seconds(90))
        #expect(watching.actions.map(\.action) == [.leave(reason: "ended")])
    }

    // MARK: Patience

    @Test("startup patience is Krishnan and Sitaraman's curve")
    func startupPatience() {
        let patience = ViewerBehaviour.StartupPatience()
        #expect(patience.patience(of: 0) == .seconds(2) && patience.patience(of: 0.29) == .seconds(7))
        #expect(patience.patience(of: 0.5799).map { $0 < .seconds(12) } == true)
        #expect(patience.patience(of: 0.581) == nil)
        var behaviour = ViewerBehaviour()
        behaviour.startupPatience = patience
        let count = 20_000
        let left = (0..<count).compactMap { viewer -> Double? in
            var watching = Watching(visit(viewer), behaviour)
            watching.begin(startup: nil)
            watching.follow(until: .seconds(1_000))
            #expect(watching.actions.allSatisfy { $0.action == .leave(reason: "slow-start") })
            return watching.actions.first?.at.seconds
        }
        for (time, share) in [(2.0, 0.0), (3, 0.058), (7, 0.29), (12, 0.58), (1_000, 0.58)] {
            let gone = Double(left.filter { $0 <= time }.count) / Double(count)
            #expect(abs(gone - share) <= 4 * (share * (1 - share) / Double(count)).squareRoot(), "\(time) s: \(gone)")
        }
    }

    @Test("a picture in time ends the waiting, and each playback of a viewer has the same patience")
    func startsInTime() throws {
        var behaviour = ViewerBehaviour()
        behaviour.startupPatience = .init()
        let viewer = try #require(
            (0..<100).first { viewer in
                var watching = Watching(visit(viewer), behaviour)
                watching.begin(startup: nil)
                return watching.mind.wakeUp.map { $0 > .seconds(5) } == true
            })
        var watching = Watching(visit(viewer), behaviour)
        watching.begin(startup: nil)
        let patience = try #require(watching.mind.wakeUp) - Instant.zero
        watching.now = .seconds(4)
        watching.enter(.playing)
        #expect(watching.mind.wakeUp == nil)
        watching.now = .seconds(50)
        watching.begin(startup: nil)
        #expect(watching.mind.wakeUp == Instant.seconds(50) + patience)
    }

    @Test("rebuffering is borne by a constant hazard, over all rebuffers of a visit together")
    func rebufferPatience() {
        var behaviour = ViewerBehaviour()
        var patience = ViewerBehaviour.RebufferPatience()
        (patience.grace, patience.hazard) = (.seconds(1), 0.02)
        behaviour.rebufferPatience = patience
        let count = 10_000
        // Rebuffers of 11 s, of which 10 s count; leaving in the n-th has the chance exp(-0.2 (n-1)) - exp(-0.2 n).
        var left: [Int] = []
        for viewer in 0..<count {
            var watching = Watching(visit(viewer), behaviour)
            watching.begin(startup: .seconds(1))
            var rebuffers = 0
            while rebuffers < 20, !watching.isOver {
                watching.now = watching.now + .seconds(30)
                watching.enter(.rebuffering)
                let begun = watching.now
                watching.follow(until: begun + .seconds(11))
                if watching.isOver { #expect(watching.now >= begun + .seconds(1)) } else { watching.enter(.playing) }
                rebuffers += 1
            }
            #expect(watching.actions.allSatisfy { $0.action == .leave(reason: "rebuffering") })
            left.append(watching.isOver ? rebuffers : 21)
        }
        for rebuffers in [1, 2, 5, 10] {
            let share = 1 - exp(-0.2 * Double(rebuffers))
            let gone = Double(left.filter { $0 <= rebuffers }.count) / Double(count)
            #expect(abs(gone - share) < 4 * (share * (1 - share) / Double(count)).squareRoot(), "\(rebuffers): \(gone)")
        }
    }

    @Test("the hazard that is the default costs what Dobrian and others measured")
    func defaultHazard() {
        let hazard = ViewerBehaviour.RebufferPatience().hazard
        let seen = (1 - exp(-54 * hazard)) / (0.01 * hazard)
        #expect(abs(5_400 - seen - 180) < 1)
    }
}
