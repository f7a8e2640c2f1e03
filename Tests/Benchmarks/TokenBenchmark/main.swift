// Signs and attaches tokens of every scheme and prints the CPU time of each.
//
//     swift run -c release TokenBenchmark
//
// A scheme of the catalogue that takes a symmetric key is measured by itself, with its standard settings, in each of its
// places, for one URL and for paths. Schemes with key pairs are measured with keys made here.
import Access
import Crypto
import CryptoExtras
import Foundation
import Quantities

/// The CPU time of this thread in nanoseconds.
func threadTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

/// The median over rounds of the CPU-µs of one piece of work, and the least.
func measure(rounds: Int = 21, perRound: Int, _ work: (Int) throws -> Void) rethrows -> (median: Double, least: Double)
{
    for index in 0..<perRound { try work(index) }
    var times: [Double] = []
    for round in 0..<rounds {
        let start = threadTime()
        for index in 0..<perRound { try work(round * perRound + index) }
        times.append((threadTime() - start) / Double(perRound) / 1_000)
    }
    times.sort()
    return (times[rounds / 2], times[0])
}

let now = WallTime.seconds(1_700_000_000.0)
let uri = "https://cdn.example.com/live/final/ch1/1080p/seg-000123.m4s"

/// A grant of the benchmark; the session is another each time, so that nothing can be kept.
func grant(_ scope: TokenGrant.Scope, _ index: Int, bound: Bool) -> TokenGrant {
    var grant = TokenGrant(scope, from: now, lifetime: .seconds(60.0))
    grant.sessionID = String(index)
    grant.site = "https://cdn.example.com"
    if bound { grant.clientAddress = "203.0.113.7" }
    return grant
}

/// Measures a scheme in each of its places; true when all are below the target, which is for symmetric keys alone.
func report(_ name: String, _ scheme: any TokenScheme, perRound: Int, target: Double?) -> Bool {
    var isBelow = true
    for placement in scheme.placements {
        for (words, scope) in [("one URL", TokenGrant.Scope.url(uri)), ("paths", .paths(["/live/final/*"]))] {
            guard (try? scheme.sign(grant(scope, 0, bound: false), for: placement)) != nil else { continue }
            var bytes = 0
            let times = measure(perRound: perRound) { index in
                guard let token = try? scheme.sign(grant(scope, index, bound: false), for: placement) else { return }
                var request = OutgoingRequest(uri: uri)
                scheme.attach(token, to: &request, in: placement)
                bytes += request.uri.utf8.count + request.cookies.count + request.headers.count
            }
            precondition(bytes > 0, "nothing was signed")
            let isOver = target.map { times.median > $0 } ?? false
            isBelow = isBelow && !isOver
            print(
                name.padding(toLength: 22, withPad: " ", startingAt: 0),
                placement.rawValue.padding(toLength: 7, withPad: " ", startingAt: 0),
                words.padding(toLength: 8, withPad: " ", startingAt: 0),
                String(format: "%9.2f µs  least %9.2f µs%@", times.median, times.least, isOver ? "  ABOVE" : ""))
        }
    }
    return isBelow
}

/// Makes a scheme from the first key of several forms with which it signs; nil where it needs settings of its own.
func made(_ description: SchemeDescription, keys: [String]) -> (any TokenScheme)? {
    // What schemes want to know before they sign, by the names that the catalogue uses.
    let wanted = ["key pair id": "K2JCJMDEHXQW5F", "key name": "key-1", "kid": "key-1"]
    var values: [String: String] = [:]
    for option in description.options where option.standard == nil { values[option.name] = wanted[option.name] }
    // Where an algorithm goes with a kind of key, the first that the key fits is taken.
    let algorithms = description.options.first { $0.name == "algorithm" }?.allowed ?? []
    for key in keys {
        for algorithm in [nil] + algorithms.map(Optional.some) {
            if let algorithm { values["algorithm"] = algorithm } else { values["algorithm"] = nil }
            guard let scheme = try? description.scheme(key: KeyMaterial(key), values: values) else { continue }
            let signs = scheme.placements.contains { placement in
                [TokenGrant.Scope.url(uri), .paths(["/live/final/*"])].contains { scope in
                    (try? scheme.sign(grant(scope, 0, bound: false), for: placement)) != nil
                }
            }
            if signs { return scheme }
        }
    }
    return nil
}

/// An Ed25519 key in PEM (RFC 8410 section 7).
func ed25519PEM() -> String {
    let head: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]
    let body = Data(head) + Curve25519.Signing.PrivateKey().rawRepresentation
    return "-----BEGIN PRIVATE KEY-----\n\(body.base64EncodedString())\n-----END PRIVATE KEY-----\n"
}

let symmetric = [
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    Data((0..<32).map { UInt8($0) }).base64EncodedString(), "a secret in plain text",
]
print("CPU time of one signature and of putting it into a request; target for symmetric keys 15 µs")
var allBelow = true
for description in TokenSchemes.all where description.keys != .pair {
    guard let scheme = made(description, keys: symmetric) else {
        print("\(description.name): not measured, it needs settings of its own")
        continue
    }
    allBelow = report(description.name, scheme, perRound: 500, target: 15) && allBelow
}
let pairs = [
    ("RSA", try _RSA.Signing.PrivateKey(keySize: .bits2048).pemRepresentation),
    ("P-256", P256.Signing.PrivateKey().pemRepresentation),
    ("Ed25519", ed25519PEM()),
]
for (kind, key) in pairs {
    for description in TokenSchemes.all where description.keys != .symmetric {
        guard let scheme = made(description, keys: [key]) else { continue }
        _ = report("\(description.name) \(kind)", scheme, perRound: 20, target: nil)
    }
}
if !allBelow {
    print("above the target")
    exit(1)
}
