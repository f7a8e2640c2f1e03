import Origin
import Quantities
import Testing

@testable import Commands

@Suite struct EdgeOptionTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1", 0), ("127.0.0.2:8080", "127.0.0.2", 8_080), ("[::1]", "::1", 0),
        ("[::1]:8080", "::1", 8_080), ("localhost:80", "localhost", 80),
    ])
    func addresses(_ text: String, _ address: String, _ port: Int) throws {
        let edge = try EdgeOption.edge(text, number: 3)
        #expect(edge.address == address && edge.port == port && edge.pop == "edge3")
    }

    @Test func everyPartIsRead() throws {
        let edge = try EdgeOption.edge(
            "127.0.0.2:8080,pop=bgo,delay=150ms,cap=2Mbit/s,capacity=1Gbit/s,stale=10s,errors=1%,missing=2%"
                + ",unavailable=3%,truncated=4%,playlist-errors=5%,playlist-missing=6%", number: 1)
        #expect(edge.pop == "bgo" && edge.firstByteDelay == .milliseconds(150) && edge.staleness == .seconds(10))
        #expect(edge.throughputCap == .megabits(2) && edge.capacity == .megabits(1_000))
        #expect(edge.segmentFaults == FaultRates(notFound: 0.02, serverError: 0.01, unavailable: 0.03, truncated: 0.04))
        #expect(edge.playlistFaults == FaultRates(notFound: 0.06, serverError: 0.05))
    }

    @Test func whatIsWrongOnPurposeIsRead() throws {
        let edge = try EdgeOption.edge(
            "127.0.0.2,error-pages=1%,empty=2%,short=3%,wrong-type=4%,playlist-error-pages=5%,freeze=9s,wrong=rewinds"
                + ",wrong=uris,wrong=target-duration,wrong=bit-rates,wrong=dates,wrong=drift,wrong=holes,wrong=hold-back",
            number: 1)
        #expect(edge.segmentFaults == FaultRates(errorPage: 0.01, empty: 0.02, short: 0.03, wrongType: 0.04))
        #expect(edge.playlistFaults == FaultRates(errorPage: 0.05))
        let faults = edge.contentFaults
        #expect(faults.updateInterval == .seconds(9.0) && faults.bitRateUnderstatement == 2)
        #expect(faults.rewinds && faults.changesURIs && faults.understatesTargetDuration && faults.omitsDates)
        #expect(faults.dateDrift == .milliseconds(100) && faults.timelineHoles && faults.shortHoldBack)
    }

    @Test(arguments: [
        ("127.0.0.1,wrong=everything", "'wrong=everything' is not understood"),
        ("", "'' is no address"), (":8080", "':8080' is no address"), ("127.0.0.1:", "'127.0.0.1:' is no address"),
        ("127.0.0.1:http", "is no address"), ("::1", "'::1' is no address"), ("[]:80", "is no address"),
        ("[::1]80", "is no address"), ("127.0.0.1,", "'' is not understood"),
        ("127.0.0.1,delay", "'delay' is not understood"), ("127.0.0.1,delay=", "'delay=' is not understood"),
        ("127.0.0.1,delay=5", "'delay=5' is not understood"), ("127.0.0.1,cap=2MB/s", "'cap=2MB/s' is not understood"),
        ("127.0.0.1,errors=many", "'errors=many' is not understood"),
        ("127.0.0.1,dealy=1s", "'dealy=1s' is not understood"),
    ])
    func whatIsWrongIsNamed(_ text: String, _ expected: String) {
        do {
            _ = try EdgeOption.edge(text, number: 1)
            Issue.record("it was read")
        } catch let failure as CommandFailure {
            #expect(failure.status == .usage && failure.sentences.count == 1)
            #expect(failure.sentences[0].contains(expected), "\(failure.sentences)")
        } catch {
            Issue.record("\(error)")
        }
    }
}
