import Manifests
import Quantities

extension ContentSettings {
    /// The ladder of an HLS multivariant playlist whose media playlists are not to be had.
    ///
    /// Segments, their length and whether it is live stay as they are in `others`. Nil when there is nothing to watch in it.
    ///
    /// - Parameters:
    ///   - presentation: The decoded playlist.
    ///   - others: What it does not say.
    package init?(_ presentation: Presentation, others: ContentSettings) {
        let sets = presentation.periods.flatMap(\.switchingSets).filter { !$0.isTrickPlay }
        guard let main = sets.first(where: { $0.kind == .video }) ?? sets.first(where: { $0.kind == .audio }) else {
            return nil
        }
        self = others
        format = .hls
        audio = Self.hasAudio(beside: main, in: sets) ? others.audio ?? .kilobits(128) : nil
        // A variant's bit rate includes the renditions that go with it (rfc8216bis section 4.4.6.2).
        let beside = audio?.bitsPerSecond ?? 0
        let rates = main.tracks.map { ($0.averageBitRate ?? $0.bitRate).bitsPerSecond - beside }.filter { $0 > 0 }
        guard !rates.isEmpty else { return nil }
        ladder = Set(rates).sorted().map { BitRate(bitsPerSecond: $0) }
    }

    /// True where audio is fetched apart from the video.
    private static func hasAudio(beside main: SwitchingSet, in sets: [SwitchingSet]) -> Bool {
        guard main.kind == .video, let track = sets.first(where: { $0.kind == .audio })?.tracks.first else {
            return false
        }
        if case .muxed = track.media { return false }
        return true
    }
}
