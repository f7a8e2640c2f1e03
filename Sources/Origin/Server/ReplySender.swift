import HTTPTypes
import NIOCore
import NIOHTTPTypes
import Quantities

/// Sends a reply on a connection: one hop to the event loop and one write for all that is in memory.
///
/// Bodies are slices of two shared runs of bytes, so that an answer of megabytes costs some kilobytes. Each batch waits
/// until the network has taken it; a slow client holds back its own connection and nothing else.
struct ReplySender: Sendable {
    /// The body was cut off as the settings ask; whoever serves the connection closes it.
    struct CutOff: Error {}

    let channel: any Channel
    let delay: Quantities.TimeAmount
    /// What holds bodies to the edge's rates; nil for as fast as it goes.
    let shaper: BodyShaper?
    let alarms: AlarmClock

    /// At most so many bytes are under way before the next ones are handed over.
    private static let batchSize = 1 << 20
    private static let fileBatchSize = 256 << 10

    /// Sends all of a reply, or what is to be sent of it before the connection is closed.
    ///
    /// - Parameters:
    ///   - reply: The reply.
    ///   - sent: The bytes of the body that the network has taken, kept up to date also when sending fails.
    /// - Throws: ``CutOff`` after the last byte of a body that is to be cut off; what the connection throws when the
    ///   client has gone; `CancellationError` when the origin stops.
    func send(_ reply: EdgeReply, sent: inout Int64) async throws {
        if delay > .zero { try await Task.sleep(for: .nanoseconds(delay.nanoseconds)) }
        guard let shaper, reply.length > 0 else { return try await send(reply, by: nil, sent: &sent) }
        let number = shaper.begin()
        defer { shaper.end(number) }
        try await send(reply, by: (shaper, number), sent: &sent)
    }

    private func send(_ reply: EdgeReply, by shaper: Shaping?, sent: inout Int64) async throws {
        var head: HTTPResponse? = Self.head(of: reply)
        let length = min(reply.length, reply.cutAt ?? reply.length)
        let isWhole = reply.cutAt == nil
        switch reply.body {
        case .none:
            break
        case .parts(let parts):
            var cursor = PartCursor(parts)
            while Int(sent) < length {
                let left = length - Int(sent)
                let count = try await turn(min(left, Self.batchSize), &head, shaper)
                let buffers = cursor.next(count)
                try await write(head, buffers, end: isWhole && count == left)
                head = nil
                sent += Int64(count)
            }
        case .file(let file, let range):
            while Int(sent) < length {
                let left = length - Int(sent)
                let count = try await turn(min(left, Self.fileBatchSize), &head, shaper)
                guard let bytes = file.read(at: range.lowerBound + Int(sent), count: count), bytes.count == count
                else {
                    // The file became shorter under our hands; a short body must not look whole.
                    throw CutOff()
                }
                try await write(head, [ByteBuffer(bytes: bytes)], end: isWhole && count == left)
                head = nil
                sent += Int64(count)
            }
        case .timed(let pieces):
            for (number, piece) in pieces.enumerated() {
                try await alarms.wait(until: piece.due)
                var cursor = PartCursor(piece.parts)
                var left = piece.parts.size
                while left > 0 {
                    let count = try await turn(left, &head, shaper)
                    left -= count
                    try await write(head, cursor.next(count), end: left == 0 && number == pieces.count - 1)
                    head = nil
                    sent += Int64(count)
                }
            }
        }
        if head != nil { try await write(head, [], end: isWhole) }
        if !isWhole { throw CutOff() }
    }

    /// The edge's shaper and the body's number there.
    private typealias Shaping = (shaper: BodyShaper, number: UInt64)

    /// Waits for a body's turn and says how many of the next bytes may be sent.
    ///
    /// The head does not wait with them: at a real bottleneck the first packet comes after the round trip, and clients
    /// take the time from it for the time that the body took.
    private func turn(_ count: Int, _ head: inout HTTPResponse?, _ shaping: Shaping?) async throws -> Int {
        guard let shaping else { return count }
        if let first = head {
            try await write(first)
            head = nil
        }
        return try await shaping.shaper.wait(shaping.number, toSendUpTo: count)
    }

    /// The names of the usual headers, checked once: checking and lowering them for each answer costs more than the
    /// rest of the head.
    private static let names: [String: HTTPField.Name] = {
        let usual = [
            "Date", "Server", "Via", "X-Served-By", "X-POP", "Access-Control-Allow-Origin", "Cache-Control", "X-Cache",
            "Age", "Cache-Status", "Content-Type", "Accept-Ranges", "Content-Length", "Content-Range", "Set-Cookie",
        ]
        return Dictionary(
            usual.compactMap { text in HTTPField.Name(text).map { (text, $0) } },
            uniquingKeysWith: { first, _ in first })
    }()

    private static func head(of reply: EdgeReply) -> HTTPResponse {
        var fields = HTTPFields()
        fields.reserveCapacity(reply.headers.count)
        for (name, value) in reply.headers {
            guard let name = names[name] ?? HTTPField.Name(name) else { continue }
            fields.append(HTTPField(name: name, value: value))
        }
        return HTTPResponse(status: .init(code: reply.status), headerFields: fields)
    }

    /// Hands a head to the connection by itself and waits until the network has taken it.
    private func write(_ head: HTTPResponse) async throws {
        let channel = channel
        try await withTaskCancellationHandler {
            try await channel.eventLoop.flatSubmit { channel.writeAndFlush(HTTPResponsePart.head(head)) }.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    /// Hands parts to the connection and waits until the network has taken them.
    private func write(_ head: HTTPResponse?, _ buffers: [ByteBuffer], end: Bool) async throws {
        let channel = channel
        try await withTaskCancellationHandler {
            try await channel.eventLoop.flatSubmit {
                if let head { channel.write(HTTPResponsePart.head(head), promise: nil) }
                guard end else {
                    for buffer in buffers.dropLast() { channel.write(HTTPResponsePart.body(buffer), promise: nil) }
                    return channel.writeAndFlush(HTTPResponsePart.body(buffers.last ?? ByteBuffer()))
                }
                for buffer in buffers { channel.write(HTTPResponsePart.body(buffer), promise: nil) }
                return channel.writeAndFlush(HTTPResponsePart.end(nil))
            }.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }
}

/// Takes buffers of exact sizes from the parts of a body.
private struct PartCursor {
    private let parts: [BodyPart]
    private var index = 0
    private var offset = 0

    init(_ parts: [BodyPart]) { self.parts = parts }

    /// The buffers of the next bytes; the parts must have as many left.
    mutating func next(_ count: Int) -> [ByteBuffer] {
        var buffers: [ByteBuffer] = []
        var left = count
        while left > 0, index < parts.count {
            let part = parts[index]
            let taken = min(left, part.count - offset)
            if taken > 0 { append(part.slice(offset..<offset + taken), to: &buffers) }
            left -= taken
            offset += taken
            if offset == part.count {
                index += 1
                offset = 0
            }
        }
        return buffers
    }

    private func append(_ part: BodyPart, to buffers: inout [ByteBuffer]) {
        switch part {
        case .bytes(let bytes, let range):
            buffers.append(ByteBuffer(bytes: bytes[range]))
        case .filler(let byte, let count):
            let run = Filler.run(of: byte)
            var left = count
            while left > 0 {
                let taken = min(left, run.readableBytes)
                if let slice = run.getSlice(at: run.readerIndex, length: taken) { buffers.append(slice) }
                left -= taken
            }
        }
    }
}

/// Runs of one byte that all bodies share.
private enum Filler {
    private static let size = 256 << 10
    private static let zeroes = ByteBuffer(repeating: 0, count: size)
    private static let ones = ByteBuffer(repeating: 0xFF, count: size)

    static func run(of byte: UInt8) -> ByteBuffer {
        switch byte {
        case 0: zeroes
        case 0xFF: ones
        default: ByteBuffer(repeating: byte, count: size)
        }
    }
}
