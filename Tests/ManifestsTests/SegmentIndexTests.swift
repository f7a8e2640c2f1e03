import Quantities
import Testing

@testable import Manifests

@Suite("Segment indexes") struct SegmentIndexTests {
    private let media = IndexedMedia(
        uri: "", indexRange: ByteRange(offset: 795, length: 124),
        initialization: InitializationSection(uri: "", byteRange: ByteRange(offset: 0, length: 795)), periodStart: .zero
    )

    /// The offsets and sizes of the moof boxes and their mdat, as FFmpeg wrote the file they stand in.
    private let offsets: [Int64] = [919, 60_139, 115_317, 167_927, 220_595, 267_171, 311_765]
    private let sizes: [Int64] = [59_220, 55_178, 52_610, 52_668, 46_576, 44_594, 23_212]

    @Test("FFmpeg's index, fetched by its range")
    func byRange() throws {
        let bytes = try Array(Fixture.bytes("index.ffmpeg.mp4")[795...])
        let segments = try SegmentIndexDecoder.decode(bytes, media: media, fileOffset: 795).all
        #expect(segments.map(\.sequence) == [1, 2, 3, 4, 5, 6, 7])
        #expect(segments.map(\.start.seconds) == [0, 2, 4, 6, 8, 10, 12])
        #expect(segments.map(\.duration.seconds) == [2, 2, 2, 2, 2, 2, 1])
        #expect(segments.map(\.byteRange?.offset) == offsets.map { $0 })
        #expect(segments.map(\.byteRange?.length) == sizes.map { $0 })
        #expect(segments.allSatisfy { $0.initialization == media.initialization })
    }

    @Test("the same index looked for from the file's begin, in a later period, with a time offset")
    func fromBegin() throws {
        let bare = IndexedMedia(
            uri: "od.mp4", indexRange: nil, initialization: nil, periodStart: .seconds(100),
            presentationTimeOffset: .milliseconds(500))
        let list = try SegmentIndexDecoder.decode(Fixture.bytes("index.ffmpeg.mp4"), media: bare, fileOffset: 0)
        #expect(list.all.map(\.byteRange?.offset) == offsets.map { $0 })
        #expect(list.all.map(\.start.seconds) == [99.5, 101.5, 103.5, 105.5, 107.5, 109.5, 111.5])
        #expect(
            list.first?.initialization
                == InitializationSection(uri: "od.mp4", byteRange: ByteRange(offset: 0, length: 795)))
        #expect(list.segment(at: .seconds(0))?.sequence == 1)
        #expect(list.segment(at: .seconds(101.4))?.sequence == 1)
        #expect(list.segment(at: .seconds(101.5))?.sequence == 2)
        #expect(list.segment(at: .seconds(1_000))?.sequence == 7)
    }

    /// A `sidx` box.
    private func index(
        version: UInt8 = 0, timescale: UInt32 = 10, time: UInt64 = 0, first: UInt64 = 0,
        _ references: [(isIndex: Bool, size: UInt32, duration: UInt32)], count: Int? = nil
    ) -> [UInt8] {
        func number(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        var body: [UInt8] = [version, 0, 0, 0] + number(UInt32(1)) + number(timescale)
        body += version == 0 ? number(UInt32(time)) + number(UInt32(first)) : number(time) + number(first)
        body += number(UInt16(0)) + number(UInt16(count ?? references.count))
        for reference in references {
            body += number(reference.size | (reference.isIndex ? 0x8000_0000 : 0)) + number(reference.duration)
            body += number(UInt32(0x9000_0000))
        }
        return number(UInt32(body.count + 8)) + Array("sidx".utf8) + body
    }

    @Test("version 0, a first offset, boxes before it")
    func versionZero() throws {
        let free: [UInt8] = [0, 0, 0, 12] + Array("free".utf8) + [1, 2, 3, 4]
        let bytes = free + index(time: 30, first: 100, [(false, 500, 20), (false, 600, 25)])
        let segments = try SegmentIndexDecoder.decode(bytes, media: media, fileOffset: 1_000).all
        // 12 bytes of free, 56 of sidx, 100 of first offset.
        #expect(
            segments.map(\.byteRange) == [ByteRange(offset: 1_168, length: 500), ByteRange(offset: 1_668, length: 600)])
        #expect(segments.map(\.start.seconds) == [3, 5] && segments.map(\.duration.seconds) == [2, 2.5])
    }

    @Test("indexes in an index, as far as they were fetched")
    func nested() throws {
        let inner = index(version: 1, [(false, 10, 10), (false, 20, 10)])
        // The media of the first inner index stand behind both inner indexes here, as first_offset says.
        let outer = index(version: 1, [(true, UInt32(inner.count), 20), (true, UInt32(inner.count), 20)])
        let list = try SegmentIndexDecoder.decode(outer + inner + inner, media: media, fileOffset: 0)
        let start = Int64(outer.count + inner.count)
        #expect(
            list.all.map(\.byteRange?.offset) == [
                start, start + 10, start + Int64(inner.count), start + Int64(inner.count) + 10,
            ])
        #expect(list.all.map(\.byteRange?.length) == [10, 20, 10, 20])
        #expect(list.all.map(\.start.seconds) == [0, 1, 2, 3])
        let missing = Result { try SegmentIndexDecoder.decode(outer, media: media, fileOffset: 0) }
        #expect(
            throws: ManifestError.malformed(
                line: nil,
                detail: "the segment index points to a further one at byte \(outer.count), which was not fetched")
        ) { try missing.get() }
    }

    @Test("indexes that point to the same bytes again and again end")
    func fanOut() {
        let leaf = index([(true, 0, 1)])
        let level = index(Array(repeating: (true, 0, 1), count: 60_000))
        let bytes = level + level + level + leaf
        let limits = DecodingLimits(segments: 100_000)
        #expect(throws: ManifestError.self) {
            try SegmentIndexDecoder.decode(bytes, media: media, fileOffset: 0, limits: limits)
        }
    }

    @Test("what is not an index, or not all of one, is an error")
    func errors() throws {
        let whole = index(version: 1, [(false, 5, 5), (false, 5, 5)])
        for count in 0..<whole.count {
            #expect(throws: ManifestError.self) {
                try SegmentIndexDecoder.decode(Array(whole.prefix(count)), media: media, fileOffset: 0)
            }
        }
        let others: [[UInt8]] = [
            index(version: 2, [(false, 5, 5)]), index(timescale: 0, [(false, 5, 5)]), index([]),
            index([(false, 5, 5)], count: 2), Array("<html>Not found</html>".utf8),
            [0x1A, 0x45, 0xDF, 0xA3, 0, 0, 0, 0],
            [0, 0, 0, 8] + Array("moof".utf8) + whole, index(version: 1, first: .max, [(false, 5, 5)]),
        ]
        for bytes in others {
            #expect(throws: ManifestError.self) { try SegmentIndexDecoder.decode(bytes, media: media, fileOffset: 0) }
        }
    }
}
