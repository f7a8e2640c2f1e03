import Quantities

/// One HTTP exchange that somebody wants.
package struct TransferRequest: Sendable {
    /// The HTTP method.
    package enum Method: String, Sendable, Codable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
    }

    /// What becomes of the response's body.
    package enum Body: Hashable, Sendable {
        /// Counted and thrown away as it arrives: media.
        case discard
        /// Counted and thrown away, and each CMAF chunk in it (a `moof` box with its `mdat`) told by
        /// ``ChannelEvent/chunkArrived(_:_:)`` when it is complete: media that is made while it is fetched.
        case measureChunks
        /// Kept up to so many bytes (after content decoding); one byte more ends the transfer with
        /// ``TransferError/bodyTooLarge(limit:)``.
        case keep(limit: ByteCount)
    }

    /// The absolute `http` or `https` URI, sent byte for byte as it stands (without its fragment).
    package var uri: String
    /// The method; GET unless set.
    package var method: Method
    /// Further request headers, in order.
    ///
    /// `Host`, `Accept-Encoding` and `Range` are the transport's.
    package var headers: [HTTPHeader]
    /// The part of the resource that is wanted; nil means all of it.
    ///
    /// The answer to a range is status 206.
    package var byteRange: ByteRange?
    /// The request's body, for POST and PUT.
    package var requestBody: [UInt8]?
    /// What becomes of the response's body.
    package var body: Body
    /// When to give up.
    package var timeouts: TransferTimeouts

    /// Creates a request; by default a GET whose body is counted and thrown away.
    package init(
        uri: String, method: Method = .get, headers: [HTTPHeader] = [], byteRange: ByteRange? = nil,
        requestBody: [UInt8]? = nil, body: Body = .discard, timeouts: TransferTimeouts = .standard
    ) {
        self.uri = uri
        self.method = method
        self.headers = headers
        self.byteRange = byteRange
        self.requestBody = requestBody
        self.body = body
        self.timeouts = timeouts
    }
}

/// A header field of a request or a response.
package struct HTTPHeader: Hashable, Sendable, Codable {
    /// The field name; names compare without regard to case.
    package var name: String
    /// The field value as it was sent.
    package var value: String

    /// Creates a header field.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// When a transfer is given up; each limit ends it with ``TransferError/timeout(_:)``.
package struct TransferTimeouts: Hashable, Sendable, Codable {
    /// From the begin to an established connection, name lookup and TLS included.
    ///
    /// Default 10 s.
    package var connect: TimeAmount
    /// From the begin to the first byte of the response.
    ///
    /// Default 20 s.
    package var firstByte: TimeAmount
    /// How long no byte may arrive once the body has begun.
    ///
    /// Default 10 s.
    package var stalled: TimeAmount
    /// From the begin to the end.
    ///
    /// Default 120 s.
    package var total: TimeAmount

    /// The defaults, made once: nearly every request has them.
    package static let standard = TransferTimeouts()

    /// Creates limits; each must be longer than zero.
    package init(
        connect: TimeAmount = .seconds(10), firstByte: TimeAmount = .seconds(20),
        stalled: TimeAmount = .seconds(10), total: TimeAmount = .seconds(120)
    ) {
        self.connect = connect
        self.firstByte = firstByte
        self.stalled = stalled
        self.total = total
    }
}
