import Manifests
import Quantities

extension SimulatedContent {
    /// Makes the content that settings describe.
    ///
    /// - Parameters:
    ///   - settings: The settings.
    ///   - wallStart: The wall time at the run's zero.
    ///   - seed: The seed of the run, for the sizes of segments.
    package convenience init(_ settings: ContentSettings, wallStart: WallTime, seed: UInt64) {
        let video = settings.ladder.map { TrackModel(rate: $0) }
        let audio = settings.audio.map { [TrackModel(rate: $0)] }
        self.init(
            format: settings.format, settings, sets: [video] + (audio.map { [$0] } ?? []), wallStart: wallStart,
            seed: seed)
    }

    /// Makes even content of some tracks: the first set is video, the second, where there is one, audio.
    private convenience init(
        format: ManifestFormat, _ settings: ContentSettings, sets: [[TrackModel]], wallStart: WallTime, seed: UInt64
    ) {
        let window = Int64(settings.window)
        let list = Self.segments(settings, wallStart: wallStart)
        let playlist = format == .hls ? settings.duration.map { Self.playlist(settings, list, lasting: $0) } : nil
        let models = sets.map { set in
            set.map { model in
                var model = model
                model.playlist = playlist
                return model
            }
        }
        let extra = format == .hls ? settings.audio?.bitsPerSecond ?? 0 : 0
        let tracks = sets.enumerated().map { position, set in
            set.enumerated().map { index, model in
                Self.track(
                    index, model, settings, isVideo: position == 0, extra: extra,
                    media: format == .hls ? .playlist : .segments(list))
            }
        }
        let presentation = Presentation(
            format: format, periods: [Period(switchingSets: Self.sets(tracks))],
            isDynamic: format == .dash && settings.duration == nil,
            dynamicTiming: format == .dash && settings.duration == nil
                ? DynamicTiming(
                    availabilityStart: wallStart
                        - TimeAmount(nanoseconds: Self.liveZero &* settings.segmentDuration.nanoseconds),
                    timeShiftBufferDepth: settings.segmentDuration * Double(window)) : nil,
            duration: settings.duration)
        self.init(
            presentation: presentation, isLive: settings.duration == nil, segmentDuration: settings.segmentDuration,
            window: window, wallStart: wallStart, sets: [models],
            lastSegment: settings.duration == nil ? nil : list.last.map { ($0.sequence, $0.duration) },
            variation: settings.variation, seed: seed)
    }

    /// A track as its document declares it: the peak includes, in HLS, the audio that goes with it.
    private static func track(
        _ index: Int, _ model: TrackModel, _ settings: ContentSettings, isVideo: Bool, extra: Double, media: MediaSource
    ) -> Track {
        let beside = isVideo ? extra : 0
        let peak = (model.rate.bitsPerSecond + beside) * (1 + settings.variation)
        let isDeclared = isVideo || settings.format == .dash
        return Track(
            id: String(index), bitRate: isDeclared ? BitRate(bitsPerSecond: peak) : .zero,
            averageBitRate: isDeclared && settings.variation > 0
                ? BitRate(bitsPerSecond: model.rate.bitsPerSecond + beside) : nil,
            media: media,
            locations: [TrackLocation(references: [""], audioGroup: isVideo && settings.audio != nil ? "a" : nil)])
    }

    private static func sets(_ tracks: [[Track]]) -> [SwitchingSet] {
        tracks.enumerated().map { position, tracks in
            position == 0
                ? SwitchingSet(kind: .video, isDefault: true, tracks: tracks)
                : SwitchingSet(id: "a", kind: .audio, isDefault: true, tracks: tracks)
        }
    }

    /// All segments of even content: those of a live stream are counted from long ago and have no end.
    private static func segments(_ settings: ContentSettings, wallStart: WallTime) -> SegmentList {
        let step = settings.segmentDuration.nanoseconds
        guard let duration = settings.duration else {
            return SegmentList(
                EvenSegments(
                    duration: step, firstSequence: 0, lastSequence: nil, zeroSequence: 0, dateOfSequenceZero: nil))
        }
        let whole = max(1, (duration.nanoseconds + step - 1) / step)
        let rest = duration.nanoseconds - (whole - 1) * step
        return SegmentList(
            EvenSegments(
                duration: step, firstSequence: 0, lastSequence: whole - 1, zeroSequence: 0, dateOfSequenceZero: nil,
                lastDuration: max(1, rest)))
    }

    private static func playlist(
        _ settings: ContentSettings, _ list: SegmentList, lasting duration: TimeAmount
    ) -> MediaPlaylist {
        MediaPlaylist(
            targetDuration: .seconds(settings.segmentDuration.seconds.rounded(.up)), kind: .vod, isEnded: true,
            segments: list, duration: duration)
    }
}
