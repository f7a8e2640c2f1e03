import Quantities

/// Writes subtitles as segments of WebVTT and their playlist.
struct SubtitleWriter {
    let grid: SegmentGrid
    let isLive: Bool
    let language: String

    /// The playlist at an instant; nil while there is no segment.
    func playlist(at now: WallTime) -> String? {
        let listed = grid.listed(at: now)
        guard !listed.isEmpty else { return nil }
        var text = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:\(MediaPlaylistWriter.targetDuration(grid))\n"
        text += "#EXT-X-MEDIA-SEQUENCE:\(listed.lowerBound)\n"
        text += isLive ? "" : "#EXT-X-PLAYLIST-TYPE:VOD\n"
        for index in listed {
            if isLive { text += "#EXT-X-PROGRAM-DATE-TIME:" + TimeText.iso8601(grid.begin(of: index)) + "\n" }
            text += "#EXTINF:" + TimeText.decimal(duration(index).seconds, places: 6) + ",\n\(index).vtt\n"
        }
        return isLive ? text : text + "#EXT-X-ENDLIST\n"
    }

    private func duration(_ index: Int64) -> TimeAmount {
        guard let total = grid.total else { return grid.duration }
        return min(grid.duration, total - grid.span(index))
    }

    /// A segment with one cue that fills it; the map gives the media time in 90 kHz (RFC 8216 section 3.5).
    func segment(_ index: Int64) -> String {
        let ticks = UInt64(clamping: grid.span(index).nanoseconds / 100_000 * 9) & 0x1_FFFF_FFFF
        let milliseconds = duration(index).nanoseconds / 1_000_000
        let words = language == "nb" ? "Replikk" : "Line"
        return "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:\(ticks),LOCAL:00:00:00.000\n\n"
            + "00:00:00.000 --> \(TimeText.clock(milliseconds: milliseconds))\n\(words) \(index)\n"
    }
}
