/// Reads `sidx` boxes one inside the other, in the order of the segments.
struct SegmentIndexWalk {
    let bytes: [UInt8]
    let fileOffset: Int64
    let limits: DecodingLimits
    /// Ticks in a second, from the first box.
    private(set) var timescale: Int64 = 0
    /// The segments in order.
    private(set) var references: [Reference] = []
    /// The tick at which the next segment begins.
    private var nextTick: Int128 = 0
    /// How many references of any kind were read: indexes that point to the same bytes again and again must end too.
    private var readCount = 0

    /// One segment.
    struct Reference {
        /// Its begin in ticks.
        var tick: Int128
        /// Ticks, at least one.
        var duration: Int64
        /// The offset in the file.
        var offset: Int64
        /// Bytes, at least one.
        var size: Int64
    }

    /// How deep indexes may point to indexes.
    private static let maximumDepth = 8

    init(bytes: [UInt8], fileOffset: Int64, limits: DecodingLimits) {
        self.bytes = bytes
        self.fileOffset = fileOffset
        self.limits = limits
    }

    /// The fixed part of a `sidx` box.
    private struct Head {
        var timescale: Int64
        var earliestTime: UInt64
        var firstOffset: UInt64
        /// Where the references begin.
        var references: Int
        var count: Int
        /// Where the box ends.
        var end: Int
    }

    /// Reads the box at a place in the bytes, and those it points to.
    mutating func read(at index: Int, depth: Int) throws(ManifestError) {
        guard depth < Self.maximumDepth else {
            throw SegmentIndexDecoder.malformed("segment indexes are nested too deep")
        }
        let head = try head(at: index)
        if depth == 0 {
            timescale = head.timescale
            nextTick = Int128(head.earliestTime)
        } else if head.timescale != timescale {
            throw SegmentIndexDecoder.malformed("the parts of a segment index have different timescales")
        }
        // Offsets count from the first byte behind the box.
        let anchor = fileOffset + Int64(head.end)
        let room = DecodingLimits.largestNumber - anchor
        guard room >= 0, head.firstOffset <= UInt64(room) else {
            throw SegmentIndexDecoder.malformed("the segment index points beyond any file")
        }
        var offset = anchor + Int64(head.firstOffset)
        for position in 0..<head.count {
            try readReference(at: head.references + position * 12, offset: &offset, depth: depth)
        }
    }

    private mutating func readReference(at index: Int, offset: inout Int64, depth: Int) throws(ManifestError) {
        guard let word = bytes.bigEndian(at: index, count: 4), let duration = bytes.bigEndian(at: index + 4, count: 4)
        else { throw tooShort }
        let size = Int64(word & 0x7FFF_FFFF)
        guard offset <= DecodingLimits.largestNumber else {
            throw SegmentIndexDecoder.malformed("the segment index points beyond any file")
        }
        readCount += 1
        guard readCount <= limits.segments else {
            throw .tooLarge(detail: "the segment index has more than \(limits.segments) references")
        }
        if word & 0x8000_0000 != 0 {
            let place = offset - fileOffset
            guard place >= 0, place < Int64(bytes.count) else {
                let detail = "the segment index points to a further one at byte \(offset), which was not fetched"
                throw SegmentIndexDecoder.malformed(detail)
            }
            try read(at: Int(place), depth: depth + 1)
        } else {
            if size > 0, duration > 0 {
                references.append(
                    Reference(tick: nextTick, duration: Int64(duration), offset: offset, size: size))
            }
            nextTick += Int128(duration)
        }
        offset += size
    }

    private func head(at index: Int) throws(ManifestError) -> Head {
        guard let box = BoxHeader(bytes, at: index), box.isType("sidx") else {
            throw SegmentIndexDecoder.malformed("the segment index points to something that is none")
        }
        var place = index + box.headerSize
        guard let size = box.size, size <= bytes.count - index, let version = bytes.bigEndian(at: place, count: 1)
        else {
            throw tooShort
        }
        guard version <= 1 else {
            throw SegmentIndexDecoder.malformed("the segment index has the unknown version \(version)")
        }
        let width = version == 0 ? 4 : 8
        place += 8
        guard let timescale = bytes.bigEndian(at: place, count: 4),
            let time = bytes.bigEndian(at: place + 4, count: width),
            let first = bytes.bigEndian(at: place + 4 + width, count: width),
            let count = bytes.bigEndian(at: place + 6 + 2 * width, count: 2)
        else { throw tooShort }
        guard timescale > 0 else { throw SegmentIndexDecoder.malformed("the timescale of the segment index is 0") }
        let references = place + 8 + 2 * width
        guard references + Int(count) * 12 <= index + size else {
            throw SegmentIndexDecoder.malformed("the segment index has fewer references than it says")
        }
        return Head(
            timescale: Int64(timescale), earliestTime: time, firstOffset: first, references: references,
            count: Int(count), end: index + size)
    }

    private var tooShort: ManifestError {
        .malformed(line: nil, detail: "the segment index ends beyond the \(bytes.count) bytes that were fetched")
    }
}
