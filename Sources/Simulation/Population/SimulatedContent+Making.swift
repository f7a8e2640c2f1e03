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
        let format = settings.format
        let isLive = settings.duration == nil
        let list = Self.segments(settings)
        let playlist = format == .hls ? settings.duration.map { Self.playlist(settings, list, lasting: $0) } : nil
        let listed = isLive ? Int64(settings.window) : (list.lastSequence ?? -1) - list.firstSequence + 1
        let sets = [settings.ladder] + (settings.audio.map { [[$0]] } ?? [])
        let models = sets.map { set in
            set.map { rate in
                var model = TrackModel(rate: rate)
                model.playlist = playlist
                guard format == .hls else { return model }
                model.shape = isLive ? 0 : nil
                model.documentBytes = Self.typicalPlaylistBytes(segments: listed)
                return model
            }
        }
        let extra = format == .hls ? settings.audio?.bitsPerSecond ?? 0 : 0
        let tracks = models.enumerated().map { position, set in
            set.enumerated().map { index, model in
                Self.track(
                    index, model, settings, isVideo: position == 0, extra: extra,
                    media: format == .hls ? .playlist : .segments(list))
            }
        }
        let presentation = Presentation(
            format: format, periods: [Period(switchingSets: Self.sets(tracks))],
            isDynamic: format == .dash && isLive,
            dynamicTiming: format == .dash && isLive ? Self.timing(settings, wallStart: wallStart) : nil,
            duration: settings.duration)
        self.init(
            Parts(
                presentation: presentation, isLive: isLive, tracks: [models],
                shapes: format == .hls && isLive ? [Self.shape(settings)] : [],
                segmentDuration: settings.segmentDuration,
                lastSegment: isLive ? nil : list.last.map { ($0.sequence, $0.duration) },
                variation: settings.variation),
            wallStart: wallStart, seed: seed)
    }

    private static func timing(_ settings: ContentSettings, wallStart: WallTime) -> DynamicTiming {
        DynamicTiming(
            availabilityStart: wallStart
                - TimeAmount(nanoseconds: liveZero &* settings.segmentDuration.nanoseconds),
            timeShiftBufferDepth: settings.segmentDuration * Double(settings.window))
    }

    private static func shape(_ settings: ContentSettings) -> LiveShape {
        LiveShape(
            timing: RecordedTiming(durations: [settings.segmentDuration.nanoseconds], traits: [.initialization]),
            window: Int64(settings.window), targetDuration: .seconds(settings.segmentDuration.seconds.rounded(.up)),
            roundsBefore: liveZero)
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
    private static func segments(_ settings: ContentSettings) -> SegmentList {
        let step = settings.segmentDuration.nanoseconds
        guard let duration = settings.duration else {
            return SegmentList(
                EvenSegments(
                    duration: step, firstSequence: 0, lastSequence: nil))
        }
        let whole = max(1, (duration.nanoseconds + step - 1) / step)
        let rest = duration.nanoseconds - (whole - 1) * step
        return SegmentList(
            EvenSegments(
                duration: step, firstSequence: 0, lastSequence: whole - 1,
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

extension SimulatedContent {
    /// Makes the content that a real stream's documents describe.
    ///
    /// It has the same tracks, the same segments one by one, and the same sizes where they are known. A live stream goes on
    /// without end, as a round of what it lists.
    ///
    /// - Parameters:
    ///   - documents: What was read of the stream.
    ///   - others: What they do not say: the audio's bit rate, and how far unknown sizes are from the mean.
    ///   - wallStart: The wall time at the run's zero.
    ///   - seed: The seed of the run, for sizes that are not known.
    /// - Throws: ``StreamProblem`` when there is nothing to play in it, or nothing that a player could.
    package convenience init(
        _ documents: StreamDocuments, others: ContentSettings = ContentSettings(), wallStart: WallTime, seed: UInt64
    ) throws(StreamProblem) {
        var recorded = RecordedContent(documents, others: others)
        self.init(try recorded.parts(wallStart: wallStart), wallStart: wallStart, seed: seed)
    }
}
