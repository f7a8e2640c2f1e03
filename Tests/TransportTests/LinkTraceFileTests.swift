import Quantities
import Testing
import Transport

@Suite struct LinkTraceFileTests {
    typealias Step = LinkTrace.Step

    static func read(_ text: String) throws(LinkTraceError) -> LinkTrace {
        try LinkTraceFile.read(Array(text.utf8), name: "trace")
    }

    @Test func mahimahiPacketsBecomeRates() throws {
        // Ten packets of 12 000 bits in the first 100 ms, none for 200 ms, five in the last 50 ms.
        let text = [10, 10, 20, 30, 40, 50, 60, 70, 99, 100, 301, 310, 320, 349, 350].map(String.init)
        let trace = try Self.read(text.joined(separator: "\n") + "\n")
        #expect(
            trace.steps == [
                Step(duration: .milliseconds(100), rate: .kilobits(1_200)),
                Step(duration: .milliseconds(200), rate: .zero),
                Step(duration: .milliseconds(50), rate: .kilobits(1_200)),
            ])
        // All packets are there: 15 of 1 500 bytes each period.
        #expect(abs(trace.carried(from: .zero, to: .milliseconds(350)) - 22_500) < 0.01)
    }

    @Test func aPacketEachMillisecondIsTwelveMegabits() throws {
        let trace = try Self.read((1...1_000).map(String.init).joined(separator: "\r\n"))
        #expect(trace.steps.allSatisfy { $0.rate == .megabits(12) })
        #expect(trace.duration == .seconds(1))
        #expect(try Self.read("1").steps == [Step(duration: .milliseconds(1), rate: .megabits(12))])
    }

    @Test func sabreNetworksAreRead() throws {
        let text = """
            [ {"duration_ms": 30000, "bandwidth_kbps": 5000, "latency_ms": 75.5},
              {"latency_ms": 0, "note": "a \\"b", "bandwidth_kbps": 0.0, "duration_ms": 1e3, "x": null},
              {"duration_ms": 0, "bandwidth_kbps": 1}, {"duration_ms": 500, "bandwidth_kbps": 1500.5}]
            """
        #expect(
            try Self.read("\u{FEFF}\n" + text).steps == [
                Step(duration: .seconds(30), rate: .megabits(5), delay: .microseconds(75_500)),
                Step(duration: .seconds(1), rate: .zero),
                Step(duration: .milliseconds(500), rate: .kilobits(1_500.5)),
            ])
    }

    @Test func instantsAndRatesAreRead() throws {
        let expected = [
            Step(duration: .seconds(10), rate: .megabits(4)), Step(duration: .seconds(2.5), rate: .zero),
            Step(duration: .seconds(2.5), rate: .kilobits(800)),
        ]
        let forms = [
            "0,4000\n10,0\n12.5,800\n", "seconds;kbit/s\r\n0;4000\r\n10;0\r\n12.5;800",
            "# note\n\n5 4000\n15 0\n17.5 800",
            "time,Mbps\n0, 4\n10, 0\n12.5, 0.8\n", "t\tbit/s\n0\t4e6\n10\t0\n12.5\t800000",
            "duration_s,kbps\n10,4000\n2.5,0\n2.5,800",
        ]
        for form in forms { #expect(try Self.read(form).steps == expected, "\(form)") }
        #expect(
            try Self.read("0,1000,20\n1,2000,40").steps == [
                Step(duration: .seconds(1), rate: .megabits(1), delay: .milliseconds(20)),
                Step(duration: .seconds(1), rate: .megabits(2), delay: .milliseconds(40)),
            ])
        #expect(try Self.read("3,1000").steps == [Step(duration: .seconds(1), rate: .megabits(1))])
    }

    @Test(arguments: [
        ("", 0, "the trace is empty"), ("# nothing\n\n", 0, "the trace is empty"), ("[]", 0, "the trace is empty"),
        ("1\n2\nx", 3, "whole number of milliseconds"), ("5\n4", 2, "not before the last line's 5"),
        ("0\n0", 2, "above 0"), ("1\n2,3", 2, "whole number"), ("-1", 1, "whole number"),
        ("99999999999999999999", 1, "whole number"), ("hello", 1, "whole number"),
        ("0,1000\n0,2000", 2, "an instant after 0.0 s"), ("0,1000\n1,fast", 2, "seconds and kbit/s"),
        ("duration,kbps\n1,5\n0.0001,5", 3, "0.001 s or more"),
        ("0,1\n0.00000001,2", 2, "by a millisecond"), ("0,1000\n1,-5", 2, "a rate from 0"), ("0,1000\n1,1e300", 2, "a rate from 0"),
        ("0,nan\n", 1, "seconds and kbit/s"),
        ("0,1,2,3", 1, "seconds and kbit/s"), ("seconds,litres\n0,1", 1, "headed kbit/s"),
        ("0,", 1, "seconds and kbit/s"),
        ("0,0\n1,0", 0, "rate is zero"), ("[{\"duration_ms\": 1, \"bandwidth_kbps\": 0}]", 0, "rate is zero"),
        ("{}", 1, "a JSON list"), ("[1]", 1, "an object"), ("[\n\n{\"duration_ms\": 5}]", 3, "bandwidth_kbps"),
        ("[{\"duration_ms\": [1]}]", 1, "a number"), ("[{\"a\": tru}]", 1, "a number"), ("[{\"a", 1, "closing quote"),
        ("[{\"duration_ms\": 1, \"bandwidth_kbps\": 1}", 1, "another object"),
        ("[{\"duration_ms\": 1, \"bandwidth_kbps\": 1}] x", 1, "the end of the file"),
        ("[{\"duration_ms\": -1, \"bandwidth_kbps\": 1}]", 1, "duration_ms from 1"), ("[{\"a\":", 1, "a number"),
    ])
    func whatIsNoTraceIsSaidWithItsLine(text: String, line: Int, sentence: String) throws {
        let error = #expect(throws: LinkTraceError.self) { try Self.read(text) }
        let found = String(describing: try #require(error))
        #expect(found.contains(sentence), "\(found)")
        #expect(found.hasPrefix(line > 0 ? "trace, line \(line):" : "trace:"), "\(found)")
    }

    @Test func randomBytesNeverCrash() {
        var random = SeededGenerator(seed: 11)
        let alphabet = Array("[{}]\":,.0123456789eE+-#; \n\r\t\u{FEFF}duration_msbandwidth_kbps\\é".utf8)
        var accepted = 0
        for _ in 0..<20_000 {
            let bytes = (0..<Int(random.next() % 40)).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
            if let trace = try? LinkTraceFile.read(bytes, name: "x") {
                accepted += 1
                #expect(trace.duration > .zero)
            }
        }
        #expect(accepted > 10)
    }
}
