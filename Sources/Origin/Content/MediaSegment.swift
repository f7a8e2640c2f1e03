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

/// A media segment: `styp`, `moof` with the exact decode time, and `mdat`, of an exact size.
enum MediaSegment {
    private static let typeBoxSize = 24

    /// The parts of a segment.
    ///
    /// - Parameters:
    ///   - track: The track.
    ///   - sequence: The number of the fragment.
    ///   - firstSample: The first sample on the track's timeline.
    ///   - samples: The number of samples, 1 to the capacity of the track's sample maker.
    ///   - size: The wanted size in bytes; what cannot be reached becomes ``leastSize(of:samples:)``.
    /// - Returns: The parts in order.
    static func parts(
        of track: ContentTrack, sequence: Int64, firstSample: Int64, samples: Int, size: Int
    ) -> [BodyPart] {
        let maker = track.samples
        let total = max(size, leastSize(of: track, samples: samples))
        let fixed = fragmentSize(samples: samples) + typeBoxSize + 8
        let later = maker.ends[samples - 1]
        let first = total - fixed - later
        var writer = BoxWriter()
        writer.box("styp") { box in
            box.put("msdh")
            box.put(UInt32(0))
            box.put("msdh")
            box.put("msix")
        }
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
                    box.put(UInt32(fragmentSize(samples: samples) + 8))
                    box.put(UInt32(0x0200_0000))
                    box.put(UInt32(first))
                    for index in 1..<max(1, samples) { box.put(UInt32(maker.ends[index] - maker.ends[index - 1])) }
                }
            }
        }
        writer.put(UInt32(8 + first + later))
        writer.put("mdat")
        return [.bytes(writer.bytes, 0..<writer.bytes.count)] + firstSampleParts(maker, size: first)
            + [.bytes(maker.later, 0..<later)]
    }

    private static func firstSampleParts(_ maker: SampleMaker, size: Int) -> [BodyPart] {
        let sample = BodyPart.bytes(maker.first, 0..<maker.first.count)
        let rest = size - maker.first.count
        switch maker.padding {
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
    private static func fragmentSize(samples: Int) -> Int { 8 + 16 + 8 + 24 + 20 + 24 + 4 * samples }

    /// The least size of a segment: its boxes, its samples and the least padding.
    static func leastSize(of track: ContentTrack, samples: Int) -> Int {
        typeBoxSize + fragmentSize(samples: samples) + 8 + track.samples.first.count + 6
            + track.samples.ends[samples - 1]
    }
}
