import Testing

/// Reads boxes as a player would, for checks on what was written.
struct BoxReader {
    struct Box {
        var type: String
        var payload: [UInt8]

        /// The big-endian number of so many bytes at an offset in the payload.
        func number(at offset: Int, bytes: Int) -> Int {
            guard offset + bytes <= payload.count else { return -1 }
            return payload[offset..<offset + bytes].reduce(0) { $0 << 8 | Int($1) }
        }

        /// The child box of a type.
        func child(_ type: String) throws -> Box {
            try #require(try BoxReader.boxes(payload).first { $0.type == type }, "no \(type) in \(self.type)")
        }
    }

    /// The boxes that fill the bytes exactly.
    static func boxes(_ bytes: [UInt8]) throws -> [Box] {
        var boxes: [Box] = []
        var offset = 0
        while offset < bytes.count {
            try #require(offset + 8 <= bytes.count)
            let size = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
            try #require(size >= 8 && offset + size <= bytes.count)
            let type = String(decoding: bytes[offset + 4..<offset + 8], as: UTF8.self)
            boxes.append(Box(type: type, payload: Array(bytes[offset + 8..<offset + size])))
            offset += size
        }
        return boxes
    }
}

/// What a media segment says of itself.
struct SegmentFacts {
    var decodeTime: Int
    var duration: Int
    var sampleBytes: Int
    var payloadBytes: Int
    var dataOffsetIsRight: Bool

    init(_ bytes: [UInt8]) throws {
        let boxes = try BoxReader.boxes(bytes)
        #expect(boxes.map(\.type) == ["styp", "moof", "mdat"])
        let fragment = try boxes[1].child("traf")
        let run = try fragment.child("trun")
        let samples = run.number(at: 4, bytes: 4)
        decodeTime = try fragment.child("tfdt").number(at: 4, bytes: 8)
        duration = try fragment.child("tfhd").number(at: 8, bytes: 4) * samples
        sampleBytes = (0..<samples).reduce(0) { $0 + run.number(at: 16 + 4 * $1, bytes: 4) }
        payloadBytes = boxes[2].payload.count
        dataOffsetIsRight = run.number(at: 8, bytes: 4) == boxes[1].payload.count + 8 + 8
    }
}
