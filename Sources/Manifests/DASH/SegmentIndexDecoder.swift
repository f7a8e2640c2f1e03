import Quantities

/// Decodes a segment index, the `sidx` box (ISO/IEC 14496-12 section 8.16.3).
package enum SegmentIndexDecoder {
    /// Decodes the index of a file into its segments.
    ///
    /// Boxes before the `sidx` are read over. An index whose references point to further indexes is followed as far as
    /// these are among the bytes. Where no initialization section is told apart, it is what stands before the index.
    ///
    /// - Parameters:
    ///   - bytes: The bytes of ``IndexedMedia/indexRange``; where that is nil, the file's first bytes.
    ///   - media: What the MPD says about the file.
    ///   - fileOffset: The offset in the file at which `bytes` begins.
    ///   - limits: The bounds on the number of segments.
    /// - Returns: The segments as byte ranges of the file, numbered from 1.
    /// - Throws: `malformed` where there is no index or it ends too early, `tooLarge` beyond the limits.
    package static func decode(
        _ bytes: [UInt8], media: IndexedMedia, fileOffset: Int64, limits: DecodingLimits = .standard
    ) throws(ManifestError) -> SegmentList {
        if bytes.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) {
            throw malformed("the file is WebM, whose index (Cues) is not supported")
        }
        guard (0...DecodingLimits.largestNumber).contains(fileOffset) else {
            throw malformed("the offset is impossible")
        }
        let found = try findIndex(in: bytes, fileOffset: fileOffset)
        var walk = SegmentIndexWalk(bytes: bytes, fileOffset: fileOffset, limits: limits)
        try walk.read(at: found.box, depth: 0)
        guard !walk.references.isEmpty else { throw malformed("the segment index names no segment") }
        var initialization = media.initialization
        if initialization == nil, found.fileOffset > 0 {
            initialization = InitializationSection(
                uri: media.uri, byteRange: ByteRange(offset: 0, length: found.fileOffset))
        }
        let timescale = MediaTimescale(ticksPerSecond: walk.timescale)
        let origin = media.periodStart - media.presentationTimeOffset
        let bound = DecodingLimits.longestTime
        let entries = walk.references.map { reference in
            let start = min(timescale.nanoseconds(reference.tick), bound)
            let end = min(timescale.nanoseconds(reference.tick + Int128(reference.duration)), bound)
            return IndexedSegments.Entry(
                start: (origin + .nanoseconds(start)).nanoseconds, duration: max(1, end - start),
                offset: reference.offset, size: reference.size)
        }
        return SegmentList(IndexedSegments(uri: media.uri, initialization: initialization, entries: entries))
    }

    /// Where the first `sidx` begins: in the bytes, and in the file.
    private static func findIndex(
        in bytes: [UInt8], fileOffset: Int64
    ) throws(ManifestError) -> (box: Int, fileOffset: Int64) {
        var index = 0
        while let box = BoxHeader(bytes, at: index) {
            if box.isType("sidx") { return (index, fileOffset + Int64(index)) }
            if box.isType("moof") || box.isType("mdat") {
                throw malformed("the file's media begin before any segment index (sidx)")
            }
            guard box.isPlausible else { throw malformed("the bytes are not boxes of an MP4 file") }
            guard let size = box.size, size <= bytes.count - index else {
                throw malformed("the segment index (sidx) is not among the first \(bytes.count) bytes")
            }
            index += size
        }
        throw malformed("there is no segment index (sidx) among the \(bytes.count) bytes")
    }

    static func malformed(_ detail: String) -> ManifestError { .malformed(line: nil, detail: detail) }
}

/// The header of a box.
struct BoxHeader {
    /// The bytes up to the payload.
    let headerSize: Int
    /// The size with its header; nil for a box that goes on to the file's end.
    let size: Int?
    private let bytes: [UInt8]
    private let typeOffset: Int

    /// Reads a header; nil where the bytes end before it does or its size is impossible.
    init?(_ bytes: [UInt8], at index: Int) {
        guard let short = bytes.bigEndian(at: index, count: 4), index + 8 <= bytes.count else { return nil }
        self.bytes = bytes
        typeOffset = index + 4
        switch short {
        case 0:
            headerSize = 8
            size = nil
        case 1:
            guard let long = bytes.bigEndian(at: index + 8, count: 8), long >= 16, long < UInt64(Int.max / 2) else {
                return nil
            }
            headerSize = 16
            size = Int(long)
        case 2..<8: return nil
        default:
            headerSize = 8
            size = Int(short)
        }
    }

    func isType(_ name: StaticString) -> Bool { bytes.holds(name, in: typeOffset..<typeOffset + 4) }

    /// True when the type consists of printable characters.
    var isPlausible: Bool { bytes[typeOffset..<typeOffset + 4].allSatisfy { (0x20..<0x7F).contains($0) || $0 == 0xA9 } }
}

extension [UInt8] {
    /// An unsigned number of one to eight bytes, the highest first; nil where the bytes end before it does.
    func bigEndian(at index: Int, count: Int) -> UInt64? {
        guard index >= 0, count <= self.count - index else { return nil }
        var value: UInt64 = 0
        for offset in 0..<count { value = value << 8 | UInt64(self[index + offset]) }
        return value
    }
}
