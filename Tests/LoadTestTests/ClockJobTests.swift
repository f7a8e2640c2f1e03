import Manifests
import Quantities
import Testing

@testable import LoadTest

@Suite struct ClockJobTests {
    /// 2026-11-23T08:00:00Z by the machine.
    private static let machine = WallTime(nanoseconds: 1_795_420_800_000_000_000)
    private static let margin = TimeAmount.milliseconds(5)

    /// What is added to a clock that is kept behind the machine's, when a source that is `ahead` of the machine answers after
    /// `delay`, having read its clock half way.
    private func learnt(ahead: TimeAmount, delay: TimeAmount) throws -> TimeAmount? {
        let clock = UTCTiming(scheme: "urn:mpeg:dash:utc:http-iso:2014", value: "/time")
        var job = ClockJob(
            sources: [clock], base: "http://origin.example/", registry: ClockSources(), margin: Self.margin
        ) { _ in true }
        let begun = Self.machine - Self.margin
        guard case .request(let uri, _) = job.step(at: begun) else { return nil }
        #expect(uri == "http://origin.example/time")
        let half = Int64((delay.milliseconds / 2 + ahead.milliseconds).rounded())
        let digits = "00\(half)".suffix(3)
        job.answered(
            (Array("2026-11-23T08:00:00.\(digits)Z".utf8), ""), begun: begun, ended: begun + delay)
        guard case .done(let offset) = job.step(at: begun + delay) else { return nil }
        return offset
    }

    @Test("a near source agrees with the machine's clock, and the margin stays")
    func theMarginStays() throws {
        #expect(try learnt(ahead: .zero, delay: .milliseconds(2)) == .zero)
        #expect(try learnt(ahead: .zero, delay: .milliseconds(200)) == .zero)
    }

    @Test("a clock that is ahead is followed no further than it surely is")
    func aheadIsFollowed() throws {
        // Read at 501 ms, and the answer had ended by 2 ms: at least 499 ms ahead.
        #expect(try learnt(ahead: .milliseconds(500), delay: .milliseconds(2)) == .milliseconds(499))
    }
}
