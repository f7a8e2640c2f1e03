import Access
import Quantities

extension Edge {
    /// What is known of a request while it is answered.
    struct Context {
        var request: EdgeRequest
        var path: String
        var resource: ResourceKind
        var kind = RequestKind.other
        var now: WallTime
        /// When the request arrived, where it has waited since.
        var arrival: WallTime
        var verdict: TokenVerdict?
        /// Whether the gate let the request in, which need not have anything to do with the verdict.
        var isLetIn = true
        /// What the gate adds to the answer: cookies and renewed tokens.
        var gateHeaders: [(name: String, value: String)] = []

        /// The delivery directives of the query.
        var directives: PlaylistDirectives { PlaylistDirectives(query: request.query) }
    }

    func served(_ status: Int, _ context: Context, isHit: Bool = false) -> ServedRequest {
        ServedRequest(
            pop: settings.pop, method: context.request.method, path: context.path, resource: context.resource,
            kind: context.kind, status: status, bytes: 0, isHit: isHit, isTruncated: false, isAborted: false,
            verdict: context.verdict, isLetIn: context.isLetIn)
    }

    /// The headers of every answer.
    func commonHeaders(_ context: Context) -> [(name: String, value: String)] {
        [("Date", date(at: context.now))] + fixedHeaders + context.gateHeaders
    }

    /// An answer of one sentence.
    func refusal(
        _ status: Int, _ sentence: String, _ context: Context, _ more: [(name: String, value: String)] = []
    ) -> EdgeReply {
        let text = Array((sentence + "\n").utf8)
        var headers = commonHeaders(context) + more
        let why =
            !context.isLetIn || status == 403 || status == 405 || status == 400
            ? "fwd=bypass" : "fwd=uri-miss; fwd-status=\(status)"
        headers += [
            ("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", String(text.count)),
            ("Cache-Control", "no-store"), ("X-Cache", "MISS from \(settings.pop)"),
            ("Cache-Status", "\(settings.pop); \(why)"),
        ]
        if status == 503, !more.contains(where: { $0.name == "Retry-After" }) { headers.append(("Retry-After", "1")) }
        return EdgeReply(
            status: status, headers: headers,
            body: context.request.method == "HEAD" ? .none : .parts([.bytes(text, 0..<text.count)]),
            length: text.count, cutAt: nil, served: served(status, context))
    }

    /// The edge's clock, never cached: as text, or with `format=ntp` as the 64 bits of an NTP timestamp.
    ///
    /// That serves all of DASH's http-iso, http-xsdate, http-ntp and, by its `Date`, http-head (ISO/IEC 23009-1 section
    /// 5.8.4.11).
    func clock(_ context: Context) -> EdgeReply {
        if queryValue("format", in: context.request.query) == "ntp" {
            return small(NTP.timestamp(context.now), "application/octet-stream", context)
        }
        return small(Array(TimeText.iso8601(context.now).utf8), "text/plain; charset=utf-8", context)
    }

    /// The steering manifest, or what the steering server says instead.
    func steer(_ context: Context) -> EdgeReply {
        switch steering.fault {
        case nil: return small(Array(steering.manifest().utf8), MediaType.json, context)
        case .gone: return refusal(410, "There is no steering any more.", context)
        case .unavailable: return refusal(503, "The steering server is not available.", context)
        case .tooManyRequests(let wait):
            let seconds = max(1, Int64(clampingRounded: wait.seconds.rounded(.up)))
            return refusal(429, "Ask less often.", context, [("Retry-After", String(seconds))])
        }
    }

    /// An answer of a few bytes that no cache may keep.
    private func small(_ bytes: [UInt8], _ mediaType: String, _ context: Context) -> EdgeReply {
        let headers =
            commonHeaders(context) + [
                ("Content-Type", mediaType), ("Content-Length", String(bytes.count)), ("Cache-Control", "no-store"),
            ]
        return EdgeReply(
            status: 200, headers: headers,
            body: context.request.method == "HEAD" ? .none : .parts([.bytes(bytes, 0..<bytes.count)]),
            length: bytes.count, cutAt: nil, served: served(200, context))
    }

    /// The answer that carries a segment while it is being made.
    func reply(
        _ pieces: [(due: WallTime, parts: [BodyPart])], mediaType: String, _ context: Context
    ) -> EdgeReply {
        var headers = commonHeaders(context)
        headers += [
            ("Content-Type", mediaType), ("Cache-Control", "public, max-age=2"),
            ("X-Cache", "MISS from \(settings.pop)"),
            ("Cache-Status", "\(settings.pop); fwd=uri-miss; fwd-status=200"),
        ]
        return EdgeReply(
            status: 200, headers: headers, body: context.request.method == "HEAD" ? .none : .timed(pieces),
            length: pieces.reduce(0) { $0 + $1.parts.size }, cutAt: nil, served: served(200, context))
    }

    /// The answer that carries an object or a range of it.
    func reply(_ look: EdgeCache.Look, lifetime: TimeAmount, cut: Double?, _ context: Context) -> EdgeReply {
        var headers = commonHeaders(context) + cacheHeaders(look, lifetime: lifetime)
        headers += [("Content-Type", look.object.mediaType), ("Accept-Ranges", "bytes")]
        let size = look.object.size
        var range = 0..<size
        var status = 200
        switch RequestedRange(context.request.range, size: size) {
        case .whole: break
        case .part(let part):
            range = part
            status = 206
            headers.append(("Content-Range", "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(size)"))
        case .unsatisfiable:
            headers += [("Content-Range", "bytes */\(size)"), ("Content-Length", "0")]
            return EdgeReply(
                status: 416, headers: headers, body: .none, length: 0, cutAt: nil,
                served: served(416, context, isHit: look.age != nil))
        }
        headers.append(("Content-Length", String(range.count)))
        let isHead = context.request.method == "HEAD"
        var reply = EdgeReply(
            status: status, headers: headers, body: isHead ? .none : Self.body(of: look.object, range),
            length: range.count, cutAt: nil, served: served(status, context, isHit: look.age != nil))
        if let cut, !isHead, range.count > 0 {
            reply.cutAt = min(range.count - 1, Int(Double(range.count) * cut))
            reply.served.isTruncated = true
        }
        return reply
    }

    private static func body(of object: EdgeObject, _ range: Range<Int>) -> EdgeReply.Body {
        switch object.body {
        case .content(let content):
            .parts(range == 0..<object.size ? content.parts : content.parts(in: range))
        case .file(let file): .file(file, range)
        }
    }

    /// What a CDN says about its cache: `X-Cache`, `Age`, `Cache-Status` (RFC 9211) and `Cache-Control`.
    private func cacheHeaders(_ look: EdgeCache.Look, lifetime: TimeAmount) -> [(name: String, value: String)] {
        let pop = settings.pop
        let seconds = Int64(clampingRounded: lifetime.seconds.rounded(.up))
        var headers: [(name: String, value: String)] = [
            ("Cache-Control", seconds > 0 ? "public, max-age=\(seconds)" : "no-cache")
        ]
        if let age = look.age {
            let left = Int64(clampingRounded: (lifetime - age).seconds.rounded(.down))
            headers += [
                ("X-Cache", "HIT from \(pop)"), ("Age", String(max(0, age.nanoseconds / 1_000_000_000))),
                ("Cache-Status", "\(pop); hit; ttl=\(left)"),
            ]
        } else {
            let stored = lifetime > .zero ? "; stored" : ""
            headers += [
                ("X-Cache", "MISS from \(pop)"),
                ("Cache-Status", "\(pop); fwd=\(look.wasStale ? "stale" : "uri-miss"); fwd-status=200\(stored)"),
            ]
        }
        return headers
    }
}

extension Edge {
    /// Whether a segment of a path is `.` or `..`, encoded or not: such a path could pass a gate as another one.
    static func hasDotSegments(_ path: String) -> Bool {
        guard path.utf8.contains(UInt8(ascii: ".")) || path.utf8.contains(UInt8(ascii: "%")) else { return false }
        return path.utf8.split(whereSeparator: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }).contains {
            guard $0.count <= 6 else { return false }
            let text = Substring($0).lowercased().replacing("%2e", with: ".")
            return text == "." || text == ".."
        }
    }
}

/// Timestamps of the Network Time Protocol (RFC 5905 section 6).
enum NTP {
    /// Seconds since 1900 in 32 bits, and the fraction of the second in 32 more.
    static func timestamp(_ time: WallTime) -> [UInt8] {
        let seconds = floorDivide(time.nanoseconds, 1_000_000_000)
        let rest = UInt64(time.nanoseconds - seconds * 1_000_000_000)
        var writer = BoxWriter()
        writer.put(UInt32(truncatingIfNeeded: seconds + 2_208_988_800))
        writer.put(UInt32(truncatingIfNeeded: (rest << 32) / 1_000_000_000))
        return writer.bytes
    }
}
