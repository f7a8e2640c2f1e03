import Quantities
import Testing

@testable import CurlTransport

@Suite struct TimerHeapTests {
    @Test func timersComeInOrderHoweverTheyAreMoved() {
        var random = SeededGenerator(seed: 7)
        var heap = TimerHeap()
        var expected: [TimerHeap.Index: Int64] = [:]
        var all: [TimerHeap.Index] = []
        for _ in 0..<2_000 {
            switch random.next() % 6 {
            case 0:
                let timer = heap.add()
                #expect(!all.contains(timer))
                all.append(timer)
            case 1 where !all.isEmpty:
                let timer = all.remove(at: Int(random.next() % UInt64(all.count)))
                heap.remove(timer)
                expected[timer] = nil
            case 2 where !all.isEmpty:
                let timer = all[Int(random.next() % UInt64(all.count))]
                heap.clear(timer)
                expected[timer] = nil
            case _ where !all.isEmpty:
                let timer = all[Int(random.next() % UInt64(all.count))]
                let due = Int64(random.next() % 1_000)
                heap.set(timer, at: Instant(nanoseconds: due))
                expected[timer] = due
            default: break
            }
            heap.checkInvariants()
            #expect(heap.count == expected.count)
            #expect(heap.earliest?.nanoseconds == expected.values.min())
        }
        #expect(heap.count > 10)
        var last = Int64.min
        while let timer = heap.popDue(at: Instant(nanoseconds: 500)) {
            let due = expected.removeValue(forKey: timer) ?? -1
            #expect(due >= last)
            last = due
            heap.checkInvariants()
        }
        #expect(expected.values.allSatisfy { $0 > 500 })
    }
}

@Suite struct RequestTargetTests {
    @Test(arguments: [
        ("http://example.com/a?b#c", "example.com", 80, false), ("HTTPS://Example.COM", "example.com", 443, true),
        ("http://[2001:DB8::1]:8080/", "2001:db8::1", 8080, false), ("http://user:pass@h:81?q", "h", 81, false),
        ("https://a_b.c-d:/x", "a_b.c-d", 443, true), ("http://127.0.0.1:65535#f", "127.0.0.1", 65535, false),
    ])
    func targetsAreRead(uri: String, host: String, port: Int, isSecure: Bool) throws {
        let target = try #require(RequestTarget(uri: uri.utf8))
        #expect(target.host == host)
        #expect(Int(target.port) == port)
        #expect(target.isSecure == isSecure)
        #expect(target.isAddress == (host.contains(":") || host.hasPrefix("127")))
    }

    @Test(arguments: [
        "", "http", "http:", "http:/", "http://", "http:///", "ftp://h/", "httpx://h", "http:/h//", "http://h:0/",
        "http://h:65536/", "http://h:-1/", "http://h:+1/", "http://h:1x/", "http://a@b@c/", "http://h\\@x/",
        "http://[::1/",
        "http://[]/", "http://[::1]x/", "http://[fe80::1%25eth0]/", "http://h%41/", "http://ä/", "http://h/a b",
        "http://h/\n", "//h/", "/a", "http://@/", "http://:80/",
    ])
    func otherThingsAreRefused(uri: String) {
        #expect(RequestTarget(uri: uri.utf8) == nil)
    }

    @Test func randomBytesNeverCrash() {
        var random = SeededGenerator(seed: 3)
        let alphabet = Array("http://s:@[]%.#?\\ \r\n0aZ\u{7f}ä".utf8)
        for _ in 0..<20_000 {
            let tail = (0..<Int(random.next() % 12)).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
            let start = random.next() % 2 == 0 ? Array("http://".utf8) : []
            if let target = RequestTarget(uri: start + tail) { #expect(!target.host.isEmpty) }
        }
    }
}

@Suite struct LatenessHistogramTests {
    @Test func everyValueLiesBelowItsBucketsBound() {
        var previous = TimeAmount.zero
        for bucket in 0..<LatenessHistogram.bucketCount {
            let bound = LatenessHistogram.upperBound(of: bucket)
            #expect(bound > previous)
            #expect(LatenessHistogram.bucket(of: bound - .nanoseconds(1)) == bucket)
            #expect(LatenessHistogram.bucket(of: bound) == min(bucket + 1, LatenessHistogram.bucketCount - 1))
            previous = bound
        }
        #expect(LatenessHistogram.bucket(of: .max) == LatenessHistogram.bucketCount - 1)
        #expect(LatenessHistogram.bucket(of: .nanoseconds(-5)) == 0)
    }

    @Test func quantilesAreBoundsOfTheirBuckets() {
        var histogram = LatenessHistogram()
        #expect(histogram.quantile(0.5) == .zero)
        for milliseconds in 1...100 as ClosedRange<Int64> { histogram.record(.milliseconds(milliseconds)) }
        #expect(histogram.total == 100)
        #expect(histogram.quantile(1) == .milliseconds(100))
        let median = histogram.quantile(0.5)
        #expect(median >= .milliseconds(50) && median <= .microseconds(62_500))
        var sum = histogram
        sum.add(histogram)
        #expect(sum.total == 200 && sum.quantile(0.5) == median)
    }
}
