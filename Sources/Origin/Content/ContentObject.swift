import Quantities

/// A resource with its bytes described, not built.
struct ContentObject: Sendable {
    /// The value of `Content-Type`.
    var mediaType: String
    /// The number of bytes.
    let size: Int
    private let make: @Sendable (Range<Int>) -> [BodyPart]

    /// Creates an object of parts that are there.
    init(mediaType: String, parts: [BodyPart]) {
        self.init(mediaType: mediaType, size: parts.reduce(0) { $0 + $1.count }) { range in
            parts.slices(of: range)
        }
    }

    /// Creates an object whose parts are made for each range that is asked for.
    init(mediaType: String, size: Int, make: @escaping @Sendable (Range<Int>) -> [BodyPart]) {
        self.mediaType = mediaType
        self.size = size
        self.make = make
    }

    init(mediaType: String, bytes: [UInt8]) {
        self.init(mediaType: mediaType, parts: [.bytes(bytes, 0..<bytes.count)])
    }

    init(mediaType: String, text: String) { self.init(mediaType: mediaType, bytes: Array(text.utf8)) }

    /// All parts.
    var parts: [BodyPart] { make(0..<size) }

    /// The parts that make up a range of the bytes; the range must lie in the object.
    func parts(in range: Range<Int>) -> [BodyPart] { make(range) }

    /// All bytes, built; for tests and small things.
    var bytes: [UInt8] { parts.bytes }
}

extension [BodyPart] {
    /// The pieces that make up a range of the bytes.
    func slices(of range: Range<Int>) -> [BodyPart] {
        var result: [BodyPart] = []
        var start = 0
        for part in self {
            if part.count > 0, start >= range.lowerBound, start + part.count <= range.upperBound {
                result.append(part)
            } else {
                let overlap = range.clamped(to: start..<start + part.count)
                if !overlap.isEmpty {
                    result.append(part.slice(overlap.lowerBound - start..<overlap.upperBound - start))
                }
            }
            start += part.count
        }
        return result
    }

    /// The number of bytes.
    var size: Int { reduce(0) { $0 + $1.count } }

    /// All bytes, built.
    var bytes: [UInt8] {
        flatMap { part in
            switch part {
            case .bytes(let bytes, let range): Array<UInt8>(bytes[range])
            case .filler(let byte, let count): Array<UInt8>(repeating: byte, count: count)
            }
        }
    }
}
