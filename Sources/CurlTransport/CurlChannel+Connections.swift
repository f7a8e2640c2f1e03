import CCurl
import Glibc
import Quantities
import Transport

/// A scheme, host and port that a channel has sent to.
struct Origin {
    var target: RequestTarget
    /// The entry for `CURLOPT_RESOLVE`, `host:port:address,address`; nil while no address is known or none is needed.
    var resolve: String?
    /// Counts up with each change of `resolve`.
    var version = 0
    /// When the addresses must be looked up again; never for fixed ones.
    var expires = Instant.distantFuture
    /// Idle connections that the server closed, or that were closed although it had not; each explains one reconnect.
    var closedByServer = 0
    var closedByUs = 0
}

/// An open socket of a channel.
struct OpenSocket {
    var descriptor: Int32
    var origin: Int
}

extension CurlChannel {
    /// More hosts than this are forgotten, oldest first, except while in use.
    private static let originLimit = 256

    /// Checks a request, and gives the place of its origin.
    func admit(_ request: TransferRequest) -> Result<Int, TransferError> {
        if settings.version == .http3, !fh_version_has_http3() {
            let version = CurlLoopGroup.libraryVersion
            return .failure(.unsupported(detail: "the installed libcurl (\(version)) has no HTTP/3"))
        }
        if settings.version == .http2, !fh_version_has_http2() {
            let version = CurlLoopGroup.libraryVersion
            return .failure(.unsupported(detail: "the installed libcurl (\(version)) has no HTTP/2"))
        }
        if let error = Self.fault(of: request) { return .failure(error) }
        if let known = knownOrigin(of: request.uri) { return .success(known) }
        guard let target = RequestTarget(uri: request.uri.utf8) else { return .failure(.badURI) }
        if let allowed = loop.settings.allowedHosts, !allowed.contains(target.host),
            !allowed.contains("\(target.host):\(target.port)")
        {
            return .failure(.hostNotAllowed(host: target.host))
        }
        guard origins.count < Self.originLimit else {
            return .failure(.unsupported(detail: "more than \(Self.originLimit) hosts in one session"))
        }
        var origin = Origin(target: target)
        let pinned = settings.pinnedAddresses
        if let address = pinned["\(target.host):\(target.port)"] {
            origin.resolve = Self.resolveEntry(target, [address])
        } else if !target.isAddress {
            origin.expires = Instant(nanoseconds: .min)
        }
        origins.append(origin)
        return .success(origins.count - 1)
    }

    /// The place of the origin of a URI, when the channel has sent to it before and the URI is sound.
    private func knownOrigin(of uri: String) -> Int? {
        uri.utf8.withContiguousStorageIfAvailable { bytes in
            guard let end = RequestTarget.authorityEnd(in: bytes) else { return nil }
            return origins.firstIndex { $0.target.isPrefix(of: bytes, to: end) }
        } ?? nil
    }

    /// What is wrong with a request before anything is sent.
    private static func fault(of request: TransferRequest) -> TransferError? {
        for header in request.headers {
            // A line break would begin another header, or another request.
            let isClean = header.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
            let isToken = !header.name.isEmpty && header.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }
            guard isClean, isToken else {
                return .unsupported(detail: "a request header has a character that HTTP does not allow")
            }
        }
        if let range = request.byteRange {
            let last = range.offset.addingReportingOverflow(range.length ?? 1)
            guard range.offset >= 0, range.length ?? 1 > 0, !last.overflow else {
                return .unsupported(detail: "a byte range that is empty, negative or beyond 2^63")
            }
        }
        return nil
    }

    /// Takes over the addresses of an origin's host.
    func setAddresses(_ addresses: [String], expires: Instant, of origin: Int) {
        let entry = Self.resolveEntry(origins[origin].target, Self.rotated(addresses, to: settings.place))
        origins[origin].expires = expires
        guard origins[origin].resolve != entry else { return }
        origins[origin].resolve = entry
        origins[origin].version += 1
    }

    /// The addresses with another of each family first, as the place of a viewer wants; families keep their order.
    static func rotated(_ addresses: [String], to place: Double) -> [String] {
        guard addresses.count > 1, place > 0, place < 1 else { return addresses }
        let isFirst6 = addresses.first?.contains(":") ?? false
        let parts = [true, false].map { wanted in addresses.filter { $0.contains(":") == (wanted == isFirst6) } }
        return parts.flatMap { part in
            let start = Int(place * Double(part.count))
            return Array(part[start...] + part[..<start])
        }
    }

    private static func resolveEntry(_ target: RequestTarget, _ addresses: [String]) -> String {
        let host = target.host.contains(":") ? "[\(target.host)]" : target.host
        let list = addresses.map { $0.contains(":") && !$0.hasPrefix("[") ? "[\($0)]" : $0 }
        return "\(host):\(target.port):" + list.joined(separator: ",")
    }

    /// Whether the host's name must be looked up before a transfer: the addresses are unknown or old, and there is no
    /// connection that will be used again.
    func needsLookup(_ origin: Int) -> Bool {
        guard origins[origin].expires <= now else { return false }
        return !hasIdleConnection(to: origin)
    }

    /// Whether there is a connection to an origin, or one is being made.
    func hasConnection(to origin: Int) -> Bool {
        hasRunning(to: origin)
            || sockets.contains { $0.origin == origin && !loop.state(of: $0.descriptor).peerHasClosed }
    }

    func hasIdleConnection(to origin: Int) -> Bool {
        sockets.contains {
            guard $0.origin == origin else { return false }
            let state = loop.state(of: $0.descriptor)
            return state.isIdle && state.wanted == 0 && !state.peerHasClosed
        }
    }

    /// libcurl opens a socket for a transfer to an origin.
    ///
    /// When there was an idle connection, somebody closed it, or it was passed over.
    func socketOpened(_ descriptor: Int32, origin: Int) {
        if hasIdleConnection(to: origin) {
            loop.counters.add(.reconnectsUncaused)
        } else if origins[origin].closedByUs > 0 {
            origins[origin].closedByUs -= 1
            loop.counters.add(.reconnectsUncaused)
        } else if origins[origin].closedByServer > 0 {
            origins[origin].closedByServer -= 1
            loop.counters.add(.reconnectsAfterServerClose)
        }
        loop.socketOpened(descriptor)
        sockets.append(OpenSocket(descriptor: descriptor, origin: origin))
        runningChanged()
    }

    /// libcurl closes a socket.
    func closeSocket(_ descriptor: Int32) -> Int32 {
        let state = loop.socketClosing(descriptor)
        if let position = sockets.firstIndex(where: { $0.descriptor == descriptor }) {
            let origin = sockets[position].origin
            sockets.swapAt(position, sockets.count - 1)
            sockets.removeLast()
            if !isClosed {
                if state.peerHasClosed || fh_peer_has_closed(descriptor) {
                    origins[origin].closedByServer += 1
                } else if state.isIdle {
                    origins[origin].closedByUs += 1
                }
            }
        }
        return Glibc.close(descriptor)
    }

    /// What the handles of a channel share.
    ///
    /// Addresses belong to it too, because libcurl would else keep those given by `CURLOPT_RESOLVE` for all channels of
    /// the loop. The cache of TLS sessions is 2 KiB, and made only where the first transfer has use for it; without one
    /// each handle remembers its own.
    static func makeShare(forTLS: Bool) -> UnsafeMutableRawPointer? {
        guard let share = curl_share_init() else { return nil }
        var parts = [CURL_LOCK_DATA_CONNECT, CURL_LOCK_DATA_COOKIE, CURL_LOCK_DATA_DNS]
        if forTLS { parts.append(CURL_LOCK_DATA_SSL_SESSION) }
        for part in parts where fh_share_set_lock(share, part) != CURLSHE_OK {
            curl_share_cleanup(share)
            return nil
        }
        return share
    }

    /// Puts a cookie into the cookies of a share, as a line of Netscape's format: host, no subdomains, path, plain too,
    /// for the session, name, value.
    static func store(_ cookie: ChannelCookie, in share: UnsafeMutableRawPointer?) {
        guard let share, let easy = curl_easy_init() else { return }
        defer { curl_easy_cleanup(easy) }
        guard fh_easy_set_pointer(easy, CURLOPT_SHARE, share) == CURLE_OK else { return }
        let line = "\(cookie.host.lowercased())\tFALSE\t/\tFALSE\t0\t\(cookie.name)\t\(cookie.value)"
        // What libcurl does not take (it has limits of its own) the edge will refuse, and the report show.
        _ = fh_easy_set_string(easy, CURLOPT_COOKIELIST, line)
    }

    /// The names for the header callback: each ended by NUL, the list by an empty one.
    static func nameList(_ names: [String]) -> UnsafeMutablePointer<CChar> {
        var bytes: [CChar] = []
        for name in names where !name.isEmpty {
            bytes += name.lowercased().utf8.filter { $0 != 0 }.map(CChar.init(bitPattern:))
            bytes.append(0)
        }
        bytes.append(0)
        let list = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        list.initialize(from: bytes, count: bytes.count)
        return list
    }
}
