import Quantities
import Transport

/// One HTTP exchange of the inspection.
///
/// Neither request headers nor cookies are ever in it.
package struct ReportTransfer: Sendable, Hashable, Codable {
    /// What was fetched.
    package enum Purpose: String, Sendable, Codable {
        case manifest
        case playlist
        case index
    }

    /// `manifest`, `playlist` (HLS media playlist) or `index` (DASH segment index).
    package var purpose: Purpose
    /// The URI that was asked.
    package var uri: String
    /// Where a redirect leads; absent when the answer is none.
    package var redirectsTo: String?
    /// The wall-clock time of the request.
    package var begunAt: Timestamp
    /// The HTTP status; absent when there was no answer.
    package var status: Int?
    /// Why there was no complete answer, in words.
    package var error: String?
    /// The HTTP version, `1.1`, `2` or `3`.
    package var httpVersion: HTTPVersion?
    /// `Content-Type`.
    package var contentType: String?
    /// `Content-Encoding`.
    package var contentEncoding: String?
    /// `Cache-Control`.
    package var cacheControl: String?
    /// `Age` in seconds.
    package var age: Int64?
    /// `Date`, as sent.
    package var date: String?
    /// `Last-Modified`, as sent.
    package var lastModified: String?
    /// `ETag`, as sent.
    package var etag: String?
    /// `Cache-Status`, or a vendor's header such as `X-Cache`, as sent.
    package var cacheStatus: String?
    /// `Access-Control-Allow-Origin`, as sent.
    package var allowOrigin: String?
    /// `Server`, as sent.
    package var server: String?
    /// Bytes of the body as they crossed the wire.
    package var bytes: Int64
    /// Bytes of the body after content decoding.
    package var decodedBytes: Int64
    /// The address of the edge that answered.
    package var address: String?
    /// True when an earlier connection was used again.
    package var connectionReused: Bool
    /// Seconds from the request's begin to the end of the name lookup.
    package var nameLookup: Seconds
    /// Seconds to the connection.
    package var connect: Seconds
    /// Seconds to the end of the TLS handshake.
    package var tls: Seconds
    /// Seconds to the first byte of the answer.
    package var firstByte: Seconds
    /// Seconds to the end.
    package var total: Seconds
}

extension ReportTransfer {
    /// The response headers that are shown, in lower case; a channel must keep them.
    package static let headers =
        [
            "content-type", "content-encoding", "cache-control", "age", "date", "last-modified", "etag",
            "access-control-allow-origin", "server",
        ] + cacheHeaders

    /// The first of them that an answer has stands in the report.
    private static let cacheHeaders = ["cache-status", "x-cache", "cf-cache-status", "x-cache-status", "cdn-cache"]

    /// The account of a transfer that got a complete answer.
    ///
    /// - Parameters:
    ///   - result: The answer, with its kept headers.
    ///   - purpose: What was fetched.
    ///   - uri: The URI that was asked.
    ///   - redirectsTo: Where it leads, if it is a redirect that names a place.
    ///   - begunAt: The wall-clock time of the request.
    package init(
        _ result: TransferResult, purpose: Purpose, uri: String, redirectsTo: String?, begunAt: WallTime
    ) {
        self.init(purpose: purpose, uri: uri, begunAt: begunAt, timings: result.timings, headers: result.headers)
        self.redirectsTo = redirectsTo
        status = result.status
        httpVersion = result.version
        bytes = result.bytes.count
        decodedBytes = Int64(result.body.count)
        address = given(result.remoteAddress)
        connectionReused = result.connectionReused
    }

    /// The account of a transfer that got none.
    ///
    /// - Parameters:
    ///   - failed: What is known of it.
    ///   - sentence: Why it failed, in words.
    ///   - purpose: What was to be fetched.
    ///   - uri: The URI that was asked.
    ///   - begunAt: The wall-clock time of the request.
    package init(_ failed: FailedTransfer, sentence: String, purpose: Purpose, uri: String, begunAt: WallTime) {
        self.init(purpose: purpose, uri: uri, begunAt: begunAt, timings: failed.timings, headers: failed.headers)
        status = failed.status
        error = sentence
        bytes = failed.bytes.count
        address = given(failed.remoteAddress)
        connectionReused = failed.connectionReused
    }

    private init(purpose: Purpose, uri: String, begunAt: WallTime, timings: TransferTimings, headers: [HTTPHeader]) {
        func value(_ name: String) -> String? { headers.first { $0.name == name }?.value }
        self.purpose = purpose
        self.uri = uri
        self.begunAt = Timestamp(begunAt)
        contentType = value("content-type")
        contentEncoding = value("content-encoding")
        cacheControl = value("cache-control")
        age = value("age").flatMap { Int64($0) }
        date = value("date")
        lastModified = value("last-modified")
        etag = value("etag")
        cacheStatus = Self.cacheHeaders.lazy.compactMap { value($0) }.first
        allowOrigin = value("access-control-allow-origin")
        server = value("server")
        bytes = 0
        decodedBytes = 0
        connectionReused = false
        nameLookup = Seconds(timings.nameLookup)
        connect = Seconds(timings.connect)
        tls = Seconds(timings.tls)
        firstByte = Seconds(timings.firstByte)
        total = Seconds(timings.total)
    }
}
