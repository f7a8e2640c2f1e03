import Quantities

/// A piece of a body: bytes that are there, or one byte that repeats.
enum BodyPart: Sendable, Equatable {
    /// These bytes of an array that others may share.
    case bytes([UInt8], Range<Int>)
    /// So many times the same byte.
    case filler(UInt8, count: Int)

    var count: Int {
        switch self {
        case .bytes(_, let range): range.count
        case .filler(_, let count): count
        }
    }

    /// The piece of this piece at these offsets, which must lie in it.
    func slice(_ range: Range<Int>) -> BodyPart {
        switch self {
        case .bytes(let bytes, let own):
            .bytes(bytes, own.lowerBound + range.lowerBound..<own.lowerBound + range.upperBound)
        case .filler(let byte, _): .filler(byte, count: range.count)
        }
    }
}

/// A fragment of a track: `moof` with the exact decode time and `mdat`, of an exact size; as a segment or its first
/// part, with `styp` in front.
struct MediaFragment: Sendable {
    let track: ContentTrack
    /// The number of the fragment.
    var sequence: Int64
    /// The first sample on the track's timeline, from which the decode time follows.
    var firstSample: Int64
    /// The place of the first sample in its segment; 0 begins with the key picture.
    var offset = 0
    /// The number of samples, at least 1; with the offset at most the capacity of the track's sample maker.
    var samples: Int
    /// The wanted size in bytes; what cannot be reached becomes ``leastSize``.
    var size: Int
    /// Event message boxes in front of `moof`; they count in the size.
    var events: [UInt8] = []

    private static let typeBoxSize = 24

    /// The parts in order.
    var parts: [BodyPart] {
        let maker = track.samples
        let last = offset + samples - 1
        let later = maker.ends[offset]..<maker.ends[last]
        let first = max(size, leastSize) - headSize - later.count
        var writer = BoxWriter()
        if offset == 0 {
            writer.box("styp") { box in
                box.put("msdh")
                box.put(UInt32(0))
                box.put("msdh")
                box.put("msix")
            }
        }
        writer.put(events)
        writeHeader(to: &writer, firstSize: first)
        writer.put(UInt32(8 + first + later.count))
        writer.put("mdat")
        return [.bytes(writer.bytes, 0..<writer.bytes.count)] + padded(firstSampleBytes, to: first)
            + [.bytes(maker.later, later)]
    }

    private func writeHeader(to writer: inout BoxWriter, firstSize: Int) {
        let maker = track.samples
        let isVideo = track.kind != .audio
        writer.box("moof") { moof in
            moof.fullBox("mfhd") { $0.put(UInt32(truncatingIfNeeded: sequence &+ 1)) }
            moof.box("traf") { fragment in
                fragment.fullBox("tfhd", flags: 0x02_0028) { box in
                    box.put(UInt32(1))
                    box.put(UInt32(track.sampleTicks))
                    box.put(UInt32(isVideo ? 0x0101_0000 : 0x0200_0000))
                }
                fragment.fullBox("tfdt", version: 1) { $0.put(UInt64(max(0, firstSample * track.sampleTicks))) }
                fragment.fullBox("trun", flags: 0x0205) { box in
                    box.put(UInt32(samples))
                    box.put(UInt32(headerSize + 8))
                    box.put(UInt32(isVideo && offset > 0 ? 0x0101_0000 : 0x0200_0000))
                    box.put(UInt32(firstSize))
                    for index in 1..<max(1, samples) {
                        box.put(UInt32(maker.ends[offset + index] - maker.ends[offset + index - 1]))
                    }
                }
            }
        }
    }

    /// The first sample without its padding.
    private var firstSampleBytes: BodyPart {
        let maker = track.samples
        return offset == 0
            ? .bytes(maker.first, 0..<maker.first.count)
            : .bytes(maker.later, maker.ends[offset - 1]..<maker.ends[offset])
    }

    private func padded(_ sample: BodyPart, to size: Int) -> [BodyPart] {
        let rest = size - sample.count
        switch track.samples.padding {
        case .zeroes: return [sample, .filler(0, count: rest)]
        case .fillerUnit:
            guard rest >= 6 else { return [sample] }
            var writer = BoxWriter()
            writer.put(UInt32(rest - 4))
            writer.put(UInt8(0x0C))
            return [sample, .bytes(writer.bytes, 0..<5), .filler(0xFF, count: rest - 6), .bytes([0x80], 0..<1)]
        }
    }

    /// The size of `moof`.
    private var headerSize: Int { 8 + 16 + 8 + 24 + 20 + 24 + 4 * samples }

    /// The bytes before the first sample.
    var headSize: Int { (offset == 0 ? Self.typeBoxSize : 0) + events.count + headerSize + 8 }

    /// The bytes from the start to the end of the first sample, which for video is the key picture.
    var firstSampleEnd: Int {
        let maker = track.samples
        return max(size, leastSize) - (maker.ends[offset + samples - 1] - maker.ends[offset])
    }

    /// The least size: the boxes, the samples and the least padding.
    var leastSize: Int {
        let maker = track.samples
        return headSize + firstSampleBytes.count + 6 + maker.ends[offset + samples - 1] - maker.ends[offset]
    }
}
