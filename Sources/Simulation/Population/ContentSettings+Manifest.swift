import Manifests
import Quantities

extension ContentSettings {
    /// The shape of a real presentation: its ladder, its audio, and in DASH its segments' length and its duration.
    ///
    /// What a manifest does not say stays as it is in `others`: in HLS that is all of the media playlists' content. Nil when
    /// there is nothing to watch in it.
    ///
    /// - Parameters:
    ///   - presentation: A decoded multivariant playlist or MPD.
    ///   - others: What the manifest does not say.
    package init?(_ presentation: Presentation, others: ContentSettings) {
        guard let period = presentation.periods.first(where: { !$0.switchingSets.isEmpty }) else { return nil }
        let sets = period.switchingSets.filter { !$0.isTrickPlay }
        guard let main = sets.first(where: { $0.kind == .video }) ?? sets.first(where: { $0.kind == .audio }) else {
            return nil
        }
        self = others
        format = presentation.format
        audio = Self.audio(beside: main, in: sets, format: format, other: others.audio ?? .kilobits(128))
        let beside = format == .hls ? audio?.bitsPerSecond ?? 0 : 0
        let rates = main.tracks.map { ($0.averageBitRate ?? $0.bitRate).bitsPerSecond - beside }.filter { $0 > 0 }
        guard !rates.isEmpty else { return nil }
        ladder = Set(rates).sorted().map { BitRate(bitsPerSecond: $0) }
        guard format == .dash, case .segments(let list)? = main.tracks.first?.media else { return }
        if let segment = list.segment(list.firstSequence) {
            segmentDuration = max(.milliseconds(100), segment.duration)
        }
        duration = presentation.isDynamic ? nil : presentation.duration ?? list.last.map { $0.end - .zero }
        if presentation.isDynamic, let depth = presentation.dynamicTiming?.timeShiftBufferDepth {
            window = max(3, Int(min(100_000, depth.seconds / segmentDuration.seconds)))
        }
    }

    /// What the audio beside the video takes; an HLS rendition does not declare it.
    private static func audio(
        beside main: SwitchingSet, in sets: [SwitchingSet], format: ManifestFormat, other: BitRate
    ) -> BitRate? {
        guard main.kind == .video, let track = sets.first(where: { $0.kind == .audio })?.tracks.first else {
            return nil
        }
        if case .muxed = track.media { return nil }
        let declared = track.averageBitRate ?? track.bitRate
        return format == .dash && declared > .zero ? declared : other
    }
}
