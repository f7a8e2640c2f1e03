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
    let cap: BitRate?
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
        var head: HTTPResponse? = Self.head(of: reply)
        let length = min(reply.length, reply.cutAt ?? reply.length)
        let isWhole = reply.cutAt == nil
        var pacer = cap.map { Pacer($0) }
        switch reply.body {
        case .none:
            break
        case .parts(let parts):
            var cursor = PartCursor(parts)
            while Int(sent) < length {
                let left = length - Int(sent)
                let count = try await pacer?.wait(toSendUpTo: left) ?? min(left, Self.batchSize)
                let buffers = cursor.next(count)
                try await write(head, buffers, end: isWhole && count == left)
                head = nil
                sent += Int64(count)
            }
        case .file(let file, let range):
            while Int(sent) < length {
                let left = length - Int(sent)
                let wanted = try await pacer?.wait(toSendUpTo: left) ?? left
                let count = min(wanted, Self.fileBatchSize)
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
                    let count = try await pacer?.wait(toSendUpTo: left) ?? left
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

/// Keeps a body at a rate: the bytes of each piece are sent when the rate would have carried them.
private struct Pacer {
    private let bytesPerSecond: Double
    private let start = ContinuousClock.now
    private var sent = 0.0

    init(_ cap: BitRate) { bytesPerSecond = cap.bitsPerSecond / 8 }

    /// Waits for a tenth of a second's bytes, or what is left, and says how many they are.
    mutating func wait(toSendUpTo left: Int) async throws -> Int {
        let count = min(left, max(1, Int(min(bytesPerSecond / 10, 1e6))))
        sent += Double(count)
        try await Task.sleep(until: start + .seconds(sent / bytesPerSecond), tolerance: .milliseconds(5))
        return count
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
