import Quantities
import Testing

@testable import Simulation

/// The parts that the engine stands on.
@Suite struct SharingTests {
    @Test func aLevelIsTheMaxMinFairShare() {
        var demands = DemandHistogram()
        for rate in [1_000_000, 2_000_000, 8_000_000, 8_000_000] { demands.add(Int64(rate)) }
        #expect(demands.level(capacity: 19e6) == .infinity)
        // 1 + 2 + 2 x = 13
        #expect(demands.level(capacity: 13e6) == 5e6)
        // 1 + 3 x = 4.6: the second is limited too.
        #expect(demands.level(capacity: 4.6e6) == 1.2e6)
        #expect(demands.level(capacity: 2e6) == 0.5e6)
    }

    @Test func aLevelUsesTheCapacityUp() {
        var generator = SeededGenerator(seed: 5)
        var demands = DemandHistogram()
        var rates: [Double] = []
        for _ in 0..<5_000 {
            let rate = Int64(1e5 + generator.unit() * generator.unit() * 5e7)
            rates.append(Double(rate))
            demands.add(rate)
        }
        for share in [0.1, 0.5, 0.9] {
            let capacity = rates.reduce(0, +) * share
            let level = demands.level(capacity: capacity)
            let used = rates.reduce(0) { $0 + min($1, level) }
            #expect(abs(used / capacity - 1) < 0.002)
        }
        for rate in rates { demands.remove(Int64(rate)) }
        #expect(demands.total == 0)
        #expect(demands.buckets.allSatisfy { $0.count == 0 && $0.sum == 0 })
    }

    @Test func aDemandThatChangesIsCountedAnew() {
        var demands = DemandHistogram()
        var expected = DemandHistogram()
        for rate in [0, 0, 3_000_000] { demands.add(Int64(rate)) }
        demands.replace(0, by: 5_000_000)
        demands.replace(3_000_000, by: 3_000_000)
        for rate in [0, 5_000_000, 3_000_000] { expected.add(Int64(rate)) }
        #expect(demands.total == 8_000_000 && demands.transfers == 3)
        #expect(demands.buckets.map(\.count) == expected.buckets.map(\.count))
        #expect(demands.buckets.map(\.sum) == expected.buckets.map(\.sum))
    }

    @Test func placesAreUsedAgain() {
        let slab = Slab<[Int]>()
        let first = slab.insert([1])
        let second = slab.insert([2])
        slab.remove(first)
        #expect(!slab.holds(first) && slab.holds(second))
        #expect(slab.insert([3]) == first)
        #expect(slab.pointer(first).pointee == [3] && slab.pointer(second).pointee == [2])
        #expect(slab.places == [first, second] && slab.count == 2)
    }
}
