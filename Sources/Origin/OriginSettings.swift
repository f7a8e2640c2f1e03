import Access
import Quantities

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Everything that an embedded CDN is made of.
///
/// Without a directory the edges serve the synthetic content of ``ContentSettings`` under `/vod/<any name>/` and
/// `/live/<any name>/`, and one more pair for each thing that streams can have (docs/ORIGIN.md has the table); with one
/// they serve its files instead. Every edge also answers `/time` and `/steering`, and where it is wanted `/api/`.
package struct OriginSettings: Sendable {
    /// The edges, at least one, each on its own address or port.
    package var edges: [EdgeSettings]
    /// The token gate before all edges; nil lets everybody in.
    package var gate: TokenGate?
    /// The entitlement API that the edges serve; nil for none.
    package var entitlements: EntitlementSettings?
    /// The synthetic content.
    package var content = ContentSettings()
    /// The path of a directory of real media to be served instead of the synthetic content.
    package var directory: String?
    /// How players are steered between the edges, or other places.
    package var steering = SteeringSettings()
    /// The origin's time; the default is the system's clock.
    package var clock: @Sendable () -> WallTime = OriginSettings.systemClock
    /// How far the origin's clock is ahead of ``clock``: content, `/time`, `Date` and the gate follow it; default none.
    ///
    /// A player that does not ask for the time then looks for live segments that are not there yet, or long gone.
    package var clockShift: TimeAmount = .zero
    /// Called once for each request when its answer has been sent or has failed; it must return at once.
    package var onRequest: (@Sendable (ServedRequest) -> Void)?

    /// Creates settings; the default is one edge on 127.0.0.1 at a port of the system's choice.
    package init(edges: [EdgeSettings] = [EdgeSettings(pop: "edge1")]) { self.edges = edges }

    /// Everything that is wrong with the settings, one sentence each; empty when they can be used.
    package func problems() -> [String] {
        var problems = edges.isEmpty ? ["An origin needs at least one edge."] : []
        if directory == nil { problems += content.problems() }
        for edge in edges { problems += edge.problems() }
        problems += gate?.problems() ?? []
        problems += entitlements?.problems(gate: gate) ?? []
        if Set(edges.map(\.pop)).count != edges.count { problems.append("Two edges have the same POP name.") }
        return problems
    }

    /// What the system's real-time clock says.
    package static let systemClock: @Sendable () -> WallTime = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}

/// One edge of the embedded CDN: where it listens and how well it does.
package struct EdgeSettings: Sendable {
    /// The address to listen on, in text; 127.0.0.0/8 are all this machine on Linux.
    package var address: String
    /// The port; 0 lets the system choose.
    package var port: Int
    /// The name of the edge's point of presence, as its headers show it: letters, digits, `-`, `_` and `.`, with a
    /// letter first.
    package var pop: String
    /// The wait before the head of each answer; default none.
    package var firstByteDelay: TimeAmount = .zero
    /// The most that each body is sent at, at least 1 kbit/s; nil for as fast as it goes.
    package var throughputCap: BitRate?
    /// What all bodies of the edge together are sent at, at least 1 kbit/s, shared max-min fairly between those in
    /// progress; nil without limit.
    ///
    /// Heads do not count.
    package var capacity: BitRate?
    /// How far behind the edge's synthetic live playlists and MPDs are, beyond the age of its cache; default none.
    package var staleness: TimeAmount = .zero
    /// What is wrong in the edge's synthetic playlists and MPDs.
    package var contentFaults = ContentFaults()
    /// What goes wrong with playlists and MPDs.
    package var playlistFaults = FaultRates()
    /// What goes wrong with segments and everything else.
    package var segmentFaults = FaultRates()
    /// What is wrong with the edge's gate.
    package var gateFaults = GateFaults()
    /// Whether the edge serves the entitlement API, where there is one; default true.
    package var servesEntitlements = true
    /// The seed of the faults: the same seed and request number always give the same fault.
    package var seed: UInt64 = 1
    /// How long the edge keeps what it has.
    package var cache = CacheLifetimes()

    /// Creates an edge without faults.
    package init(address: String = "127.0.0.1", port: Int = 0, pop: String) {
        self.address = address
        self.port = port
        self.pop = pop
    }

    func problems() -> [String] {
        var problems: [String] = []
        let isName = pop.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || Self.isLetter(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
        }
        if !isName || pop.utf8.first.map(Self.isLetter) != true {
            problems.append("The POP name \"\(pop)\" is not letters, digits, -, _ and . with a letter first.")
        }
        if !(0...65_535).contains(port) { problems.append("The port \(port) of \(pop) is not in 0 to 65535.") }
        for rates in [playlistFaults, segmentFaults] where !rates.areShares {
            problems.append("The fault rates of \(pop) are not shares from 0 to 1 with a sum of at most 1.")
        }
        if let cap = throughputCap, cap.bitsPerSecond < 1_000 {
            problems.append("The throughput cap of \(pop) is below 1 kbit/s.")
        }
        if let capacity, capacity.bitsPerSecond < 1_000 {
            problems.append("The capacity of \(pop) is below 1 kbit/s.")
        }
        problems += contentFaults.problems(of: pop)
        let spans = [firstByteDelay, staleness, cache.livePlaylist ?? .zero, cache.fixedPlaylist, cache.segment]
        if spans.contains(where: { $0 < .zero }) { problems.append("A time of \(pop) is negative.") }
        return problems
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

/// Which shares of an edge's answers go wrong, each from 0 to 1; their sum is at most 1.
package struct FaultRates: Sendable, Hashable {
    /// Answered with 404.
    package var notFound = 0.0
    /// Answered with 500.
    package var serverError = 0.0
    /// Answered with 503.
    package var unavailable = 0.0
    /// Announced with its whole length, then cut off by closing the connection.
    package var truncated = 0.0
    /// Answered with 200 and a page of HTML that says that something went wrong.
    package var errorPage = 0.0
    /// Answered with 200 and no bytes.
    package var empty = 0.0
    /// Answered with 200, a part of the body and the length of that part.
    package var short = 0.0
    /// Answered as they should be, but as `text/plain`.
    package var wrongType = 0.0

    /// Creates rates; nothing goes wrong by default.
    package init(
        notFound: Double = 0, serverError: Double = 0, unavailable: Double = 0, truncated: Double = 0,
        errorPage: Double = 0, empty: Double = 0, short: Double = 0, wrongType: Double = 0
    ) {
        self.notFound = notFound
        self.serverError = serverError
        self.unavailable = unavailable
        self.truncated = truncated
        self.errorPage = errorPage
        self.empty = empty
        self.short = short
        self.wrongType = wrongType
    }

    var areShares: Bool {
        let all = [notFound, serverError, unavailable, truncated, errorPage, empty, short, wrongType]
        return all.allSatisfy { (0...1).contains($0) } && all.reduce(0, +) <= 1 + 1e-9
    }
}

/// How long an edge serves what it once got; zero switches its cache off for that kind.
package struct CacheLifetimes: Sendable, Hashable {
    /// Live playlists, MPDs and the playlists of a directory; nil for half a live segment's duration.
    package var livePlaylist: TimeAmount?
    /// Multivariant playlists and everything on demand; default 60 s.
    package var fixedPlaylist: TimeAmount = .seconds(60.0)
    /// Segments; default one hour.
    package var segment: TimeAmount = .seconds(3_600.0)

    /// Creates the default lifetimes.
    package init() {}
}

/// Why an origin could not start.
package enum OriginError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The settings cannot be used; one sentence for each problem.
    case invalidSettings([String])
    /// Another program listens there.
    case portInUse(address: String, port: Int)
    /// The address is not one of this machine's, or not an address.
    case addressNotAvailable(address: String)
    /// The system forbids to listen there.
    case permissionDenied(address: String, port: Int)
    /// The directory is not there, is not one or cannot be read.
    case directoryMissing(path: String)
    /// Something else went wrong while beginning to listen.
    case cannotListen(address: String, port: Int, reason: String)

    /// One clear sentence (for invalid settings: one each).
    package var description: String {
        switch self {
        case .invalidSettings(let problems): problems.joined(separator: " ")
        case .portInUse(let address, let port): "Port \(port) of \(address) is in use by another program."
        case .addressNotAvailable(let address): "The address \(address) is not available on this machine."
        case .permissionDenied(let address, let port): "Listening on port \(port) of \(address) is not permitted."
        case .directoryMissing(let path): "The directory \(path) does not exist or cannot be read."
        case .cannotListen(let address, let port, let reason):
            "Listening on port \(port) of \(address) failed: \(reason)."
        }
    }
}

/// The system's error numbers that an origin tells apart.
enum ErrorNumber {
    static let addressInUse = EADDRINUSE
    static let addressNotAvailable = EADDRNOTAVAIL
    static let notPermitted = EACCES
}
