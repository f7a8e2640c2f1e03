import Quantities

/// Writes the playlists of the synthetic content (draft-pantos-hls-rfc8216bis, protocol version 6).
struct HLSWriter {
    let content: SyntheticContent

    /// The multivariant playlist: every video track with the audio group.
    func multivariant(_ kind: AssetKind) -> String {
        let grid = content.grid(of: kind)
        let variation = content.settings.sizeVariation
        var text = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        if let audio = content.audioTrack {
            text += "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,"
            text += "AUTOSELECT=YES,CHANNELS=\"2\",URI=\"\(audio.name)/index.m3u8\"\n"
        }
        for track in content.videoTracks {
            guard case .video(let width, let height) = track.kind else { continue }
            var peak = track.peakRate(segmentDuration: grid.duration, variation: variation).bitsPerSecond
            var average = track.bitRate.bitsPerSecond
            var codecs = track.codec
            if let audio = content.audioTrack {
                peak += audio.peakRate(segmentDuration: grid.duration, variation: variation).bitsPerSecond
                average += audio.bitRate.bitsPerSecond
                codecs += "," + audio.codec
            }
            text += "#EXT-X-STREAM-INF:BANDWIDTH=\(Int64(clampingRounded: peak)),"
            text += "AVERAGE-BANDWIDTH=\(Int64(clampingRounded: average)),CODECS=\"\(codecs)\","
            text += "RESOLUTION=\(width)x\(height),FRAME-RATE=\(ContentTrack.pictureRate).000"
            text += content.audioTrack == nil ? "\n" : ",AUDIO=\"audio\"\n"
            text += "\(track.name)/index.m3u8\n"
        }
        return text
    }

    /// A media playlist of the listed segments.
    func media(_ kind: AssetKind, track: ContentTrack, listed: Range<Int64>) -> String {
        let grid = content.grid(of: kind)
        let target = Self.targetDuration(grid)
        var text = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:\(target)\n"
        text += "#EXT-X-MEDIA-SEQUENCE:\(listed.lowerBound)\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        switch kind {
        case .onDemand: text += "#EXT-X-PLAYLIST-TYPE:VOD\n"
        case .live:
            let holdBack = Self.holdBack(content.settings, grid)
            text += "#EXT-X-SERVER-CONTROL:HOLD-BACK=\(TimeText.decimal(holdBack.seconds, places: 3))\n"
        }
        text += "#EXT-X-MAP:URI=\"init.mp4\"\n"
        for index in listed {
            let samples = grid.samples(of: index, in: track)
            if kind == .live {
                let began = grid.start + track.time(ofSample: samples.lowerBound)
                text += "#EXT-X-PROGRAM-DATE-TIME:" + TimeText.iso8601(began) + "\n"
            }
            text += "#EXTINF:" + TimeText.decimal(track.seconds(ofSamples: Int64(samples.count)), places: 6) + ",\n"
            text += "\(index).m4s\n"
        }
        return kind == .onDemand ? text + "#EXT-X-ENDLIST\n" : text
    }

    /// The target duration in seconds: no segment's duration rounds above it.
    static func targetDuration(_ grid: SegmentGrid) -> Int64 {
        max(1, Int64(clampingRounded: grid.duration.seconds.rounded(.up)))
    }

    /// How far behind the live edge players are to start.
    static func holdBack(_ settings: ContentSettings, _ grid: SegmentGrid) -> TimeAmount {
        settings.holdBack ?? .seconds(3 * Double(targetDuration(grid)))
    }
}
