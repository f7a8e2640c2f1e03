import Quantities

/// What a transfer that failed still knows.
package struct FailedTransfer: Error, Sendable {
    /// Why it failed.
    package var error: TransferError
    /// Body bytes that had crossed the wire when it failed.
    package var bytes: ByteCount
    /// The HTTP status, where a response had begun.
    package var status: Int?
    /// The address of the peer; empty where there was no connection.
    package var remoteAddress: String
    /// True when the failed transfer had an earlier connection.
    package var connectionReused: Bool
    /// What happened when; the steps that were not reached have the value of the last one that was.
    package var timings: TransferTimings
    /// Kept response headers, where a response had begun.
    package var headers: [HTTPHeader]

    /// Creates the account of a failed transfer.
    package init(
        error: TransferError, bytes: ByteCount = .zero, status: Int? = nil, remoteAddress: String = "",
        connectionReused: Bool = false, timings: TransferTimings, headers: [HTTPHeader] = []
    ) {
        self.error = error
        self.bytes = bytes
        self.status = status
        self.remoteAddress = remoteAddress
        self.connectionReused = connectionReused
        self.timings = timings
        self.headers = headers
    }
}

/// What a channel reports to its owner.
package enum ChannelEvent: Sendable {
    /// A begun transfer ended; reported exactly once for each.
    case transferFinished(TransferID, Result<TransferResult, FailedTransfer>)
    /// A chunk of a response whose request wants them measured is complete; always before the transfer's end.
    case chunkArrived(TransferID, ChunkArrival)
    /// The instant given to ``TransferChannel/setAlarm(at:)`` has come.
    case alarm
    /// The owner's task was cancelled; reported once. Transfers go on until they end or the owner cancels them.
    case taskCancelled
}

/// Who says which addresses a host name has.
package enum NameSource: Sendable, Hashable {
    /// The system (`/etc/hosts`, `/etc/resolv.conf`).
    case system
    /// A DNS server: an address, perhaps with a port behind it (`192.0.2.53`, `127.0.0.1:5353`, `[::1]:53`).
    case server(String)
}

/// How the connections of one viewer are made.
package struct ChannelSettings: Sendable {
    /// The HTTP version to speak; `http2` means HTTP/2 by ALPN over TLS, and by prior knowledge without.
    package var version: HTTPVersion
    /// The most transfers in progress at once on this channel; one more waits for its turn.
    ///
    /// At least 1.
    package var parallelTransfers: Int
    /// The names of response headers to keep, in lower case.
    package var keptHeaders: [String]
    /// Addresses for host names, `host:port` to address, which take the place of name lookup.
    ///
    /// TLS still asks for and verifies the host name.
    package var pinnedAddresses: [String: String]
    /// The value of the `User-Agent` header.
    package var userAgent: String
    /// Further headers of every request, in order, as this kind of player sends them; a request's own of the same name
    /// takes their place.
    package var headers: [HTTPHeader] = []
    /// The link to the viewer; nil carries whatever comes.
    package var link: LinkAttachment?
    /// The local address that connections come from; nil leaves it to the system.
    package var sourceAddress: String?
    /// Who is asked for addresses of host names; channels that ask the same share the answers for their time to live.
    ///
    /// Default the system.
    package var resolver = NameSource.system
    /// Which of a name's addresses is tried first: the place of this viewer among all, from 0 to below 1.
    ///
    /// With n addresses of a family the list begins at the ⌊place · n⌋th, so that viewers at even places are spread over
    /// all of them. Default 0: the order that was answered.
    package var place = 0.0
    /// The most that a body which is to be kept may have received on the wire in total is each request's own limit;
    /// this one bounds the response headers.
    ///
    /// Default 64 KiB.
    package var headerLimit: ByteCount

    /// Creates settings.
    package init(
        version: HTTPVersion = .http1, parallelTransfers: Int = 6, keptHeaders: [String] = [],
        pinnedAddresses: [String: String] = [:], userAgent: String = "fullhouse",
        headerLimit: ByteCount = .kibibytes(64)
    ) {
        self.version = version
        self.parallelTransfers = parallelTransfers
        self.keptHeaders = keptHeaders
        self.pinnedAddresses = pinnedAddresses
        self.userAgent = userAgent
        self.headerLimit = headerLimit
    }
}

extension ChannelSettings {
    /// The headers of a request on a channel with these settings: the channel's, less those that the request has itself,
    /// and then the request's.
    package func headers(with own: [HTTPHeader]) -> [HTTPHeader] {
        guard !headers.isEmpty else { return own }
        let names = Set(own.map { $0.name.lowercased() })
        return headers.filter { !names.contains($0.name.lowercased()) } + own
    }
}

/// A cookie that a viewer has from elsewhere than a response: from an entitlement service, or made by itself.
package struct ChannelCookie: Sendable, Hashable {
    /// The name.
    package var name: String
    /// The value, exactly as it travels.
    package var value: String
    /// The one host that gets it, without port.
    package var host: String

    /// Creates a cookie.
    package init(name: String, value: String, host: String) {
        self.name = name
        self.value = value
        self.host = host
    }
}

/// One viewer's own connections, cookies and alarm clock.
///
/// ## Contract
/// - A channel belongs to one task. Every call is made by that task, on the executor it runs on (for a real transport
///   the event loop's thread); no call blocks.
/// - ``begin(_:as:)`` returns at once. Each transfer that was begun is reported by exactly one
///   ``ChannelEvent/transferFinished(_:_:)``, never from inside `begin` or `cancel` but by a later
///   ``nextEvent()``: with a result when a complete response came, whatever its status, and else with a
///   ``FailedTransfer`` whose error says why. Identifiers are the caller's and must not be used twice.
/// - ``cancel(_:)`` ends a transfer early: it is reported as ``TransferError/cancelled(received:)``, unless its end had
///   already been seen, in which case that end is reported. Cancelling what is unknown or over does nothing.
/// - ``setAlarm(at:)`` sets the one alarm of the channel, or moves it, or with nil takes it away. An alarm that is due
///   is reported once by ``ChannelEvent/alarm``, not before its instant, and is then no longer set.
/// - ``nextEvent()`` gives events in the order in which they happened and waits when there is none. Only one call may
///   wait at a time. When the task is cancelled a waiting call returns ``ChannelEvent/taskCancelled`` (once; later calls
///   wait for other events as before).
/// - Redirects are not followed. `Content-Encoding` gzip is asked for and decoded for kept bodies, and not asked for
///   when the body is discarded or a byte range is wanted.
/// - Cookies set by responses are sent on later requests of the same channel as RFC 6265 says, and never seen by
///   another channel. Connections are never shared with another channel.
/// - ``store(_:)`` keeps a cookie as if a response of its host had set it for all paths (`Path=/`, no `Domain`): requests
///   that are begun later send it, and one of the same name that the host sets for `/` takes its place. A name or value
///   that a cookie cannot have is not kept.
/// - ``progress(of:)`` tells what has arrived so far of a transfer that was begun and whose end has not been reported; nil
///   for others.
/// - ``close()`` cancels what is in progress without a report, closes the connections and must be the last call.
package protocol TransferChannel: AnyObject {
    /// The run's clock.
    var now: Instant { get }
    /// Begins a transfer.
    func begin(_ request: TransferRequest, as id: TransferID)
    /// Ends a transfer early.
    func cancel(_ id: TransferID)
    /// What has arrived of a transfer so far.
    func progress(of id: TransferID) -> TransferProgress?
    /// Keeps a cookie for later requests.
    func store(_ cookie: ChannelCookie)
    /// Sets, moves or takes away (nil) the channel's alarm.
    func setAlarm(at instant: Instant?)
    /// Waits for what happens next.
    func nextEvent() async -> ChannelEvent
    /// Closes the channel.
    func close()
}

extension ChannelCookie {
    /// Whether name and value are ones that a cookie can have (RFC 6265 section 4.1.1, a little wider as browsers are):
    /// no control characters, no semicolon, and no equals sign or space in the name.
    package var isSound: Bool {
        let separators = Set(" \t=;,".utf8)
        return !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !separators.contains($0) }
            && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: ";") } && !host.isEmpty
            && host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}
