import Quantities

/// One track of the synthetic content, with everything that is the same for all of its segments made once.
struct ContentTrack: Sendable {
    enum Kind: Sendable, Hashable {
        case video(width: Int, height: Int)
        case audio
    }

    /// The name in paths and manifests, such as `video-1200k` or `audio`.
    let name: String
    let kind: Kind
    let bitRate: BitRate
    /// The RFC 6381 name of the codec.
    let codec: String
    /// Ticks per second of the media timeline.
    let timescale: Int64
    /// Ticks per sample (picture or audio frame).
    let sampleTicks: Int64
    /// The number that makes the sizes of this track its own.
    let number: UInt64
    let initialization: [UInt8]
    let samples: SampleMaker

    /// Pictures per second of every video track.
    static let pictureRate: Int64 = 25

    static func videoName(_ rate: BitRate) -> String { "video-\(Int64(clampingRounded: rate.kilobits))k" }

    static func video(_ settings: ContentSettings.VideoTrack, number: UInt64, samples count: Int) -> ContentTrack {
        let picture = BlankVideo(width: settings.width, height: settings.height)
        let entry = SampleEntry.video(
            width: settings.width, height: settings.height, configuration: picture.configurationRecord)
        return ContentTrack(
            name: videoName(settings.bitRate), kind: .video(width: settings.width, height: settings.height),
            bitRate: settings.bitRate, codec: picture.codec, timescale: 90_000, sampleTicks: 90_000 / pictureRate,
            number: number, initialization: InitializationSegment.bytes(entry, timescale: 90_000),
            samples: SampleMaker(
                first: picture.keyPicture, later: (1..<max(2, count)).map(picture.repeatedPicture),
                padding: .fillerUnit))
    }

    static func audio(
        _ rate: BitRate, name: String = "audio", number: UInt64, samples count: Int
    ) -> ContentTrack {
        ContentTrack(
            name: name, kind: .audio, bitRate: rate, codec: "mp4a.40.2", timescale: 48_000, sampleTicks: 1_024,
            number: number,
            initialization: InitializationSegment.bytes(.audio(rate: rate), timescale: 48_000),
            samples: SampleMaker(
                first: SilentAudio.frame, later: Array(repeating: SilentAudio.frame, count: max(1, count - 1)),
                padding: .zeroes))
    }

    /// The first sample of a segment, counted from the start of the timeline.
    ///
    /// Segments begin at the sample nearest to their nominal start, as packagers cut them: audio boundaries swing by
    /// half a frame about those of video.
    func firstSample(ofSegment index: Int64, duration: TimeAmount) -> Int64 {
        firstSample(at: Int128(index) * Int128(duration.nanoseconds))
    }

    /// The sample nearest to a time in nanoseconds, halves upwards.
    func firstSample(at nanoseconds: Int128) -> Int64 {
        let divisor = Int128(sampleTicks) * 1_000_000_000
        let count = (nanoseconds * Int128(timescale) + divisor / 2) / divisor
        return Int64(clamping: count)
    }

    /// The seconds that so many samples last.
    func seconds(ofSamples count: Int64) -> Double { Double(count * sampleTicks) / Double(timescale) }

    /// The time of a sample on the track's timeline, to the nanosecond: a floating-point count of the seconds since
    /// 1970 would lose the millisecond.
    func time(ofSample number: Int64) -> TimeAmount {
        TimeAmount(nanoseconds: Int64(clamping: Int128(number * sampleTicks) * 1_000_000_000 / Int128(timescale)))
    }

    /// The bit rate that no segment's own rate exceeds: what the variation allows, or what the least size asks for.
    func peakRate(segmentDuration: TimeAmount, variation: Double) -> BitRate {
        let count = Int(firstSample(ofSegment: 1, duration: segmentDuration))
        let least = MediaFragment(track: self, sequence: 0, firstSample: 0, samples: max(1, count), size: 0).leastSize
        let leastRate = Double(least) * 8 / segmentDuration.seconds
        return BitRate(bitsPerSecond: (max(bitRate.bitsPerSecond * (1 + variation), leastRate) - 1e-6).rounded(.up))
    }
}

/// The samples of a segment: a first one that carries the padding, and later ones of a few bytes.
///
/// All of a segment's weight is in its first sample, so that a body is three pieces: a head, a run of one repeated byte
/// and a tail; nothing large is ever built.
struct SampleMaker: Sendable {
    /// How the first sample grows.
    enum Padding: Sendable {
        /// A filler data unit of H.264 (NAL unit type 12), at least six bytes.
        case fillerUnit
        /// Zero bytes behind an AAC frame, which decoders skip.
        case zeroes
    }

    let first: [UInt8]
    let padding: Padding
    /// The later samples one after another.
    let later: [UInt8]
    /// The ends of the later samples in `later`, with 0 in front.
    let ends: [Int]

    init(first: [UInt8], later: [[UInt8]], padding: Padding) {
        self.first = first
        self.padding = padding
        var bytes: [UInt8] = []
        var ends = [0]
        for sample in later {
            bytes += sample
            ends.append(bytes.count)
        }
        self.later = bytes
        self.ends = ends
    }

    /// The most samples that a segment can have.
    var capacity: Int { ends.count }
}

/// AAC low complexity that is silent.
enum SilentAudio {
    /// One raw data block of two silent channels (ISO/IEC 14496-3 section 4.4.2.1).
    static let frame: [UInt8] = [0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80]
}
