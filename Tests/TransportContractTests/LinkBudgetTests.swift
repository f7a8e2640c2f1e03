import Quantities
import Testing
import Transport

@testable import CurlTransport

@Suite struct LinkBudgetTests {
    /// 1 MB/s for 10 s, then 0.1 MB/s for 10 s.
    static let trace = LinkTrace(
        name: "t",
        steps: [
            .init(duration: .seconds(10), rate: .megabits(8)), .init(duration: .seconds(10), rate: .megabits(0.8)),
        ])

    static func budget(offset: TimeAmount = .zero) -> LinkBudget {
        LinkBudget(trace: trace, offset: offset, now: .zero)
    }

    @Test func aLinkThatIsWantedCarriesAllThatItCan() {
        var budget = Self.budget()
        budget.advance(to: .seconds(0.25), isWanted: true)
        #expect(abs(budget.credit - 250_000) < 1)
        budget.take(250_000)
        budget.advance(to: .seconds(0.5), isWanted: true)
        #expect(abs(budget.credit - 250_000) < 1)
        // Lateness is made good, but not without bound.
        budget.take(250_000)
        budget.advance(to: .seconds(3.0), isWanted: true)
        #expect(abs(budget.credit - 500_000) < 1)
    }

    @Test func anIdleLinkSavesNothingUp() {
        var budget = Self.budget()
        budget.advance(to: .seconds(5.0), isWanted: false)
        #expect(budget.credit == 0)
        // A short gap counts, to a bound that repetition does not pass.
        budget.advance(to: .seconds(5.02), isWanted: false)
        #expect(abs(budget.credit - 20_000) < 1)
        for step in 1...50 { budget.advance(to: .seconds(5.02 + 0.02 * Double(step)), isWanted: false) }
        #expect(abs(budget.credit - 50_000) < 1)
        budget.advance(to: .seconds(6.5), isWanted: false)
        #expect(budget.credit == 0)
    }

    @Test func aDebtIsPaidWithTime() {
        var budget = Self.budget()
        budget.take(1_000)
        budget.advance(to: .milliseconds(0.5), isWanted: false)
        #expect(abs(budget.credit + 500) < 1)
        budget.advance(to: .seconds(4.0), isWanted: false)
        #expect(budget.credit == 0)
    }

    @Test func theOffsetPlacesTheRunInTheTrace() throws {
        var budget = Self.budget(offset: .seconds(9.5))
        budget.advance(to: .seconds(0.5), isWanted: true)
        #expect(abs(budget.credit - 500_000) < 1)
        // From here on at a tenth.
        let wait = try #require(budget.time(until: 510_000, within: .seconds(1)))
        #expect(abs(wait.seconds - 0.1) < 1e-6)
        #expect(budget.time(until: 700_000, within: .seconds(1)) == nil)
        #expect(budget.step(at: .seconds(1.0)).rate == .megabits(0.8))
    }

    @Test func slowLinksHaveSmallReceiveBuffersAndFastOnesTheKernels() {
        func buffer(_ megabits: Double) -> ByteCount? {
            SharedLink.receiveBuffer(for: LinkTrace(name: "t", rate: .megabits(megabits)))
        }
        #expect(buffer(0.1) == .kibibytes(16))
        #expect(buffer(1) == ByteCount(62_500))
        #expect(buffer(2) == ByteCount(125_000))
        #expect(buffer(8) == .kibibytes(128))
        #expect(buffer(20) == nil)
    }
}

extension Instant {
    fileprivate static func milliseconds(_ count: Double) -> Instant { .seconds(count / 1_000) }
}
