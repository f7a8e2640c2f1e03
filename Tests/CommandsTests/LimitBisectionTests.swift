import Testing

@testable import Commands

/// The search for a limit, with a limit that is known.
@Suite struct LimitBisectionTests {
    /// Searches where everything below `limit` (or from it on, where less is worse) holds.
    private func search(
        from first: Double, limit: Double, in range: ClosedRange<Double> = 1...1e6, isWorseUpwards: Bool = true,
        isWhole: Bool = true
    ) -> (search: LimitBisection, tried: [Double]) {
        var search = LimitBisection(from: first, in: range, isWorseUpwards: isWorseUpwards, isWhole: isWhole)
        var tried: [Double] = []
        while let next = search.next, tried.count < 200 {
            tried.append(next)
            search.note(next, holds: isWorseUpwards ? next < limit : next >= limit)
        }
        return (search, tried)
    }

    @Test(arguments: [2, 3, 10, 99, 100, 101, 150, 4_000, 80_000, 999_999] as [Double])
    func viewersAreFoundToTwoPerCent(_ limit: Double) throws {
        let (search, tried) = search(from: 100, limit: limit)
        let holds = try #require(search.holds)
        let breaks = try #require(search.breaks)
        #expect(holds < limit && breaks >= limit)
        #expect(breaks - holds <= max(1, holds * 0.02))
        #expect(tried.count <= 22 && Set(tried).count == tried.count)
        #expect(tried.allSatisfy { $0 == $0.rounded() })
    }

    @Test(arguments: [1e3, 5e5, 1e6, 1.1e6, 7.7e8]) func capacityIsFoundToTwoPerCent(_ limit: Double) throws {
        let (search, tried) = search(from: 1e6, limit: limit, in: 900...1e9, isWorseUpwards: false, isWhole: false)
        let holds = try #require(search.holds)
        let breaks = try #require(search.breaks)
        #expect(holds >= limit && breaks < limit)
        #expect(holds - breaks <= breaks * 0.02 && tried.count <= 22)
    }

    @Test func whatNeverBreaksEndsAtTheRangesEnd() {
        let (search, tried) = search(from: 100, limit: .infinity, in: 1...1_000)
        #expect(tried == [100, 200, 400, 800, 1_000])
        #expect(search.holds == 1_000 && search.breaks == nil)
    }

    @Test func whatBreaksAtOneViewerEndsThere() {
        let (search, tried) = search(from: 10, limit: 1, in: 1...1_000)
        #expect(tried == [10, 5, 2, 1])
        #expect(search.holds == nil && search.breaks == 1)
    }

    @Test func oneViewerIsABegin() {
        #expect(search(from: 1, limit: 3).search.holds == 2)
        #expect(search(from: 1, limit: 2).search.breaks == 2)
    }

    @Test func whatHoldsAfterItBrokeEndsTooThough() {
        // Nothing says that more viewers are always worse: the search still ends, with neighbours of which one holds.
        var search = LimitBisection(from: 64, in: 1...1_000, isWorseUpwards: true, isWhole: true)
        var runs = 0
        while let next = search.next, runs < 100 {
            search.note(next, holds: Int(next) % 3 == 0)
            runs += 1
        }
        #expect(runs < 20 && search.breaks != nil)
    }
}
