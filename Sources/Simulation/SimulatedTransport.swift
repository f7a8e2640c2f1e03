import Quantities
import Transport

/// What a simulated server and the way to it do with one request.
package struct SimulatedResponse: Sendable {
    /// How the exchange goes on once the request was sent.
    package enum Course: Hashable, Sendable {
        /// The whole body arrives.
        case complete
        /// The connection ends after so many bytes of the body.
        case truncated(after: ByteCount)
        /// After so many bytes of the body nothing more comes.
        case stalls(after: ByteCount)
        /// Nothing comes at all.
        case neverAnswers
        /// No connection is made.
        case refused
        /// The host name has no address.
        case unknownHost
        /// What comes is not HTTP.
        case malformed
    }

    /// The body: real bytes, or only their number.
    package enum Body: Hashable, Sendable {
        /// These bytes.
        case bytes([UInt8])
        /// So many bytes of no importance; kept, they are zeroes.
        case size(ByteCount)

        /// The number of bytes.
        package var count: ByteCount {
            switch self {
            case .bytes(let bytes): ByteCount(bytes.count)
            case .size(let count): max(count, .zero)
            }
        }
    }

    /// The HTTP status.
    package var status: Int
    /// The response headers, `Set-Cookie` included.
    package var headers: [HTTPHeader]
    /// The body.
    package var body: Body
    /// What happens.
    package var course: Course
    /// The time of a name lookup, TCP connect and TLS handshake each, for a new connection.
    package var setup: TimeAmount
    /// From the sent request to the first byte.
    package var latency: TimeAmount
    /// The rate at which the body arrives; nil means all at once.
    ///
    /// Zero never delivers a byte.
    package var bandwidth: BitRate?
    /// Whether the server ends the connection after a complete response.
    package var closesConnection: Bool

    /// Creates a response; by default an empty 200 without any delay.
    package init(
        status: Int = 200, headers: [HTTPHeader] = [], body: Body = .size(.zero), course: Course = .complete,
        setup: TimeAmount = .zero, latency: TimeAmount = .zero, bandwidth: BitRate? = nil,
        closesConnection: Bool = false
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.course = course
        self.setup = setup
        self.latency = latency
        self.bandwidth = bandwidth
        self.closesConnection = closesConnection
    }
}

/// The course of one simulated transfer, worked out when its turn comes: a pure function of the request, the response
/// and the instants.
struct SimulatedTransfer {
    var id: TransferID
    var request: TransferRequest
    var begun: Instant
    var started: Instant
    var isReused: Bool
    var isSecure: Bool
    var response: SimulatedResponse

    /// Steps of a new connection that take `setup` each: lookup, connect, and TLS where it is spoken.
    private var lookedUp: Instant { isReused ? started : started + response.setup }
    private var connected: Instant { isReused ? started : lookedUp + response.setup }
    private var secured: Instant { isReused || !isSecure ? connected : connected + response.setup }
    /// When the first byte arrives, if any does.
    private var firstByte: Instant { secured + response.latency }

    /// The bytes of the body that the server sends.
    private var sent: ByteCount {
        if request.method == .head { return .zero }
        return switch response.course {
        case .complete: response.body.count
        case .truncated(let after), .stalls(let after): min(max(after, .zero), response.body.count)
        case .neverAnswers, .refused, .unknownHost, .malformed: .zero
        }
    }

    /// When so many bytes of the body have arrived; never for some at no bandwidth.
    private func arrival(of bytes: ByteCount) -> Instant {
        guard let bandwidth = response.bandwidth, bytes > .zero else { return firstByte }
        guard bandwidth > .zero else { return .distantFuture }
        return firstByte + .seconds(Double(bytes.count) * 8 / bandwidth.bitsPerSecond)
    }

    /// The bytes of the body that have arrived.
    private func received(at instant: Instant) -> ByteCount {
        guard hasBegun(at: instant) else { return .zero }
        guard let bandwidth = response.bandwidth else { return sent }
        return min(sent, ByteCount(Int64(clampingRounded: bandwidth.bitsPerSecond / 8 * (instant - firstByte).seconds)))
    }

    /// What has arrived at an instant.
    func progress(at instant: Instant) -> TransferProgress {
        TransferProgress(
            bytes: received(at: instant), firstByte: hasBegun(at: instant) ? firstByte - begun : nil)
    }

    private func hasBegun(at instant: Instant) -> Bool {
        switch response.course {
        case .complete, .truncated, .stalls: instant >= firstByte
        case .neverAnswers, .refused, .unknownHost, .malformed: false
        }
    }

    /// When and how the transfer ends if it is left alone; no error means a complete response.
    var end: (instant: Instant, error: TransferError?) {
        // Of ends at the same instant the first counts.
        var ends: [(instant: Instant, error: TransferError?)] = []
        if case .keep(let limit) = request.body, sent > limit {
            ends.append((arrival(of: limit + ByteCount(Int64(1))), .bodyTooLarge(limit: limit)))
        }
        switch response.course {
        case .complete where arrival(of: sent) < .distantFuture: ends.append((arrival(of: sent), nil))
        case .truncated where arrival(of: sent) < .distantFuture:
            ends.append((arrival(of: sent), .truncated(received: sent)))
        case .refused: ends.append((connected, .connect(detail: "connection refused")))
        case .unknownHost: ends.append((lookedUp, .nameLookup(host: SimulatedURI(request.uri)?.host ?? "")))
        case .malformed: ends.append((firstByte, .malformedResponse(detail: "no HTTP status line")))
        case .complete, .truncated, .stalls, .neverAnswers: break
        }
        let limits = request.timeouts
        ends.append((begun + limits.total, .timeout(.total)))
        if secured > started + limits.connect { ends.append((started + limits.connect, .timeout(.connect))) }
        if !hasBegun(at: begun + limits.firstByte) { ends.append((begun + limits.firstByte, .timeout(.firstByte))) }
        if let stall = stallEnd { ends.append((stall, .timeout(.stalled))) }
        return ends.min { $0.instant < $1.instant } ?? (.distantFuture, nil)
    }

    private var stallEnd: Instant? {
        guard hasBegun(at: .distantFuture) else { return nil }
        if case .stalls = response.course { return min(arrival(of: sent), .distantFuture) + request.timeouts.stalled }
        guard let bandwidth = response.bandwidth, sent > .zero else { return nil }
        let perByte: TimeAmount = bandwidth > .zero ? .seconds(8 / bandwidth.bitsPerSecond) : .max
        return perByte > request.timeouts.stalled ? firstByte + request.timeouts.stalled : nil
    }

    /// The report of a complete response.
    func result(version: HTTPVersion, kept: [String]) -> TransferResult {
        let bytes: [UInt8] =
            switch (request.body, response.body) {
            case (.discard, _), (.measureChunks, _): []
            case (.keep, .bytes(let bytes)): Array(bytes.prefix(Int(clamping: sent.count)))
            case (.keep, .size): [UInt8](repeating: 0, count: Int(clamping: sent.count))
            }
        return TransferResult(
            status: response.status, version: version, bytes: sent, body: bytes, headers: headers(kept),
            remoteAddress: "192.0.2.1", connectionReused: isReused, timings: timings(at: end.instant),
            chunks: request.body == .measureChunks
                ? ChunkArrivals(
                    count: chunkCount, first: chunkCount > 0 ? end.instant - begun : .zero, bytes: .zero,
                    activeTime: .zero) : nil)
    }

    /// The CMAF chunks in a body of real bytes; all of them count as complete when the body is.
    var chunkCount: Int {
        guard request.body == .measureChunks, case .bytes(let bytes) = response.body else { return 0 }
        var count = 0
        var isInChunk = false
        var place = 0
        while place + 8 <= bytes.count {
            let size = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            let type = bytes[place + 4..<place + 8]
            if type.elementsEqual("moof".utf8) { isInChunk = true }
            guard size >= 8, place + size <= bytes.count else { break }
            if isInChunk, type.elementsEqual("mdat".utf8) {
                isInChunk = false
                count += 1
            }
            place += size
        }
        return count
    }

    /// The report of a transfer that ends in some other way.
    func failure(_ error: TransferError, at instant: Instant, kept: [String]) -> FailedTransfer {
        let begun = hasBegun(at: instant)
        return FailedTransfer(
            error: error, bytes: received(at: instant), status: begun ? response.status : nil,
            remoteAddress: instant >= connected ? "192.0.2.1" : "", connectionReused: isReused,
            timings: timings(at: instant), headers: begun ? headers(kept) : [])
    }

    /// The report of a transfer that its owner ends.
    func cancelled(at instant: Instant, kept: [String]) -> FailedTransfer {
        failure(.cancelled(received: received(at: instant)), at: instant, kept: kept)
    }

    private func headers(_ kept: [String]) -> [HTTPHeader] {
        response.headers.compactMap {
            let name = $0.name.lowercased()
            return kept.contains(name) ? HTTPHeader(name: name, value: $0.value) : nil
        }
    }

    private func timings(at instant: Instant) -> TransferTimings {
        var last = started - begun
        func step(_ end: Instant) -> TimeAmount {
            if end <= instant { last = max(last, end - begun) }
            return last
        }
        let lookup = step(lookedUp)
        let connect = step(connected)
        let tls = step(secured)
        let first = hasBegun(at: instant) ? step(firstByte) : last
        return TransferTimings(
            begun: begun, nameLookup: lookup, connect: connect, tls: tls, firstByte: first, total: instant - begun)
    }
}
