import Quantities
import Testing

@testable import Origin

/// Responses that write what they are granted and ask again, under a clock that jumps to the next thing that happens.
private struct Bodies {
    struct Body {
        var begin: Double
        var bytes: Int
        /// What its client takes, in bytes a second.
        var client = Double.infinity
        var end = Double.infinity
    }

    var bodies: [Body]
    var grants: [(at: Double, bytes: Int)] = []
    /// How often the timer went off.
    var settlings = 0
    private var left: [Int]
    private var sharing: FairSharing
    private let lateness: ClosedRange<Double>

    /// Plays until all bodies have ended, with timers that are late by `lateness` seconds, drawn evenly, and writes that
    /// take `writing` seconds besides their clients.
    init(
        _ bodies: [Body], capacity: Double = .infinity, cap: Double = .infinity, lateness: ClosedRange<Double> = 0...0,
        writing: Double = 0.000_3
    ) {
        self.bodies = bodies
        self.lateness = lateness
        left = bodies.map(\.bytes)
        sharing = FairSharing(capacity: capacity, cap: cap)
        play(writing: writing)
    }

    private enum Happening {
        case joins(Int)
        case asks(Int)
        case settles
    }

    private mutating func play(writing: Double) {
        var chance = SeededGenerator(seed: 1, stream: 2, purpose: 3)
        var asking = bodies.indices.map { (at: Self.time(bodies[$0].begin), body: $0, joins: true) }
        var timer = Int64.max
        var steps = 0
        while steps < 1_000_000 {
            steps += 1
            let next = asking.indices.min { asking[$0].at < asking[$1].at }
            if let next, asking[next].at <= timer {
                let (now, body, joins) = asking.remove(at: next)
                if joins { sharing.join(UInt64(body), at: now) }
                guard let due = sharing.ask(UInt64(body), for: left[body], at: now) else { return }
                timer = min(timer, due)
                continue
            }
            guard timer < .max else { return }
            let late = lateness.lowerBound + (lateness.upperBound - lateness.lowerBound) * chance.unit()
            let now = timer + Self.time(late)
            settlings += 1
            let (granted, due) = sharing.settle(at: now)
            timer = due ?? .max
            for (number, bytes) in granted.sorted(by: { $0.number < $1.number }) {
                let body = Int(number)
                grants.append((Double(now) * 1e-9, bytes))
                left[body] -= bytes
                let done = now + Self.time(writing + Double(bytes) / bodies[body].client)
                if left[body] > 0 {
                    asking.append((done, body, false))
                } else {
                    bodies[body].end = Double(done) * 1e-9
                    sharing.leave(number)
                }
            }
        }
    }

    private static func time(_ seconds: Double) -> Int64 { Int64(seconds * 1e9) }

    /// The most bytes in any span of a length.
    func most(within span: Double) -> Int {
        var most = 0
        var sum = 0
        var first = 0
        for grant in grants {
            sum += grant.bytes
            while grants[first].at < grant.at - span {
                sum -= grants[first].bytes
                first += 1
            }
            most = max(most, sum)
        }
        return most
    }
}

/// When bodies would end that share a capacity evenly at every instant.
private func idealEnds(_ bodies: [Bodies.Body], capacity: Double) -> [Double] {
    var left = bodies.map { Double($0.bytes) }
    var ends = bodies.map { _ in Double.infinity }
    var now = 0.0
    while let next = bodies.indices.filter({ left[$0] > 0 }).map({ max(now, bodies[$0].begin) }).min() {
        now = max(now, next)
        let active = bodies.indices.filter { left[$0] > 0 && bodies[$0].begin <= now }
        let rate = capacity / Double(active.count)
        let coming = bodies.indices.filter { bodies[$0].begin > now }.map { bodies[$0].begin - now }.min() ?? .infinity
        let ending = active.map { left[$0] / rate }.min() ?? .infinity
        let step = min(coming, ending)
        for body in active {
            left[body] -= rate * step
            if left[body] < 1e-6 {
                left[body] = 0
                ends[body] = now + step
            }
        }
        now += step
    }
    return ends
}

@Suite struct FairSharingTests {
    @Test func twoBodiesGetHalfEach() {
        let played = Bodies([.init(begin: 0, bytes: 500_000), .init(begin: 0, bytes: 500_000)], capacity: 1e6)
        for body in played.bodies { #expect(abs(body.end - 1) < 0.005) }
    }

    @Test func whatAnEndedBodyLeavesGoesToTheOthers() {
        let played = Bodies([.init(begin: 0, bytes: 250_000), .init(begin: 0, bytes: 500_000)], capacity: 1e6)
        #expect(abs(played.bodies[0].end - 0.5) < 0.005)
        #expect(abs(played.bodies[1].end - 0.75) < 0.005)
    }

    @Test func aSlowClientHoldsNobodyUp() {
        let played = Bodies(
            [.init(begin: 0, bytes: 100_000, client: 100_000), .init(begin: 0, bytes: 900_000)], capacity: 1e6)
        // Half a megabyte a second would make it 1.8 s.
        #expect(played.bodies[1].end > 0.95 && played.bodies[1].end < 1.1)
        #expect(abs(played.bodies[0].end - 1) < 0.12)
    }

    @Test(arguments: [1_000, 20_000, 200_000, 2_000_000])
    func aCappedBodyTakesItsTime(bytes: Int) {
        let played = Bodies([.init(begin: 3, bytes: bytes)], capacity: 1e8, cap: 250_000)
        #expect(abs(played.bodies[0].end - 3 - Double(bytes) / 250_000) < 0.003)
    }

    @Test func theFirstBytesComeAtOnce() throws {
        let played = Bodies([.init(begin: 0, bytes: 100_000)], cap: 250_000)
        let first = try #require(played.grants.first)
        #expect(first.at < 0.01)
    }

    @Test func aSlowBodyIsNeverSilentForLong() {
        let played = Bodies([.init(begin: 0, bytes: 500)], cap: 125)
        let gaps = zip(played.grants.dropFirst(), played.grants).map { $0.at - $1.at }
        #expect(gaps.allSatisfy { $0 <= 0.21 })
        #expect(abs(played.bodies[0].end - 4) < 0.01)
    }

    @Test func capacityThatNobodyWantedIsNotSaved() {
        let played = Bodies(
            [.init(begin: 0, bytes: 1_000), .init(begin: 10, bytes: 500_000)], capacity: 1e6)
        #expect(abs(played.bodies[1].end - 10.5) < 0.005)
    }

    @Test func hundredsOfBodiesShareWithFewWrites() {
        let bodies = (0..<300).map { Bodies.Body(begin: Double($0) * 0.000_1, bytes: 50_000) }
        let played = Bodies(bodies, capacity: 1.5e6)
        for body in played.bodies { #expect(abs(body.end - 10) < 0.35) }
        // Each has a packet in 0.3 s and waits for 0.2 s at most.
        #expect(played.grants.count < 15_300)
        #expect(played.settlings < 3_700)
    }

    @Test func hundredsOfCappedBodiesKeepTheirRateWithFewWrites() {
        let bodies = (0..<300).map { Bodies.Body(begin: Double($0) * 0.000_1, bytes: 125_000) }
        let played = Bodies(bodies, cap: 125_000)
        for body in played.bodies { #expect(abs(body.end - body.begin - 1) < 0.01) }
        // A write each 60 ms, where a few bodies would have three.
        #expect(played.grants.count < 5_700)
    }

    @Test(arguments: [0.0...0.0, 0.0...0.02, 0.0...0.04])
    func lateTimersCostNoCapacity(lateness: ClosedRange<Double>) {
        let played = Bodies(
            (0..<4).map { _ in .init(begin: 0, bytes: 1_000_000) }, capacity: 1e6, lateness: lateness)
        for body in played.bodies { #expect(abs(body.end - 4) < 0.1) }
        #expect(played.most(within: 0.1) <= 185_000)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func itIsCloseToAnEvenShareAtEveryInstant(seed: UInt64) {
        var chance = SeededGenerator(seed: seed, stream: 0, purpose: 9)
        let bodies = (0..<40).map { _ in
            Bodies.Body(begin: chance.unit() * 5, bytes: 1_000 + Int(chance.unit() * chance.unit() * 600_000))
        }
        let played = Bodies(bodies, capacity: 1e6)
        for (body, ideal) in zip(played.bodies, idealEnds(bodies, capacity: 1e6)) {
            #expect(abs(body.end - ideal) < 0.025 + 0.01 * (ideal - body.begin), "\(body) \(ideal)")
        }
        #expect(played.grants.reduce(0) { $0 + $1.bytes } == bodies.reduce(0) { $0 + $1.bytes })
        #expect(played.most(within: 0.1) <= 185_000)
    }
}
