import Quantities

/// Writes the multivariant playlists of the synthetic content (draft-pantos-hls-rfc8216bis section 4.4.6).
struct MultivariantWriter {
    let content: SyntheticContent
    let address: ContentAddress
    let deployment: Deployment

    private var kind: AssetKind { address.kind }
    private var grid: SegmentGrid { content.grid(of: kind) }

    /// One of the places that have every variant.
    private struct Place {
        /// What stands before the URIs.
        var prefix = ""
        /// What stands behind the names of groups.
        var suffix = ""
        var pathway: String?
    }

    private var places: [Place] {
        let folder = "/\(kind.folder)/\(address.name)"
        switch kind.feature {
        case .steered where !deployment.pathways.isEmpty:
            return deployment.pathways.map {
                Place(prefix: $0.baseURL + folder + "/", suffix: "-" + $0.id, pathway: $0.id)
            }
        case .redundant:
            let other = deployment.pathways.first { $0.baseURL != deployment.ownURL }
            let second = other.map { $0.baseURL + folder + "/" } ?? "../\(address.name)-backup/"
            return [Place(), Place(prefix: second, suffix: "-2")]
        case .failover: return [Place(prefix: "/down\(folder)/"), Place(suffix: "-2")]
        default: return [Place()]
        }
    }

    /// The playlist.
    func text() -> String {
        let version = kind.feature == .variables ? 11 : kind.feature == .lowLatency ? 10 : 6
        var text = "#EXTM3U\n#EXT-X-VERSION:\(version)\n#EXT-X-INDEPENDENT-SEGMENTS\n" + header()
        for place in places { text += audio(place) }
        if kind.feature == .renditions { text += subtitles() }
        for place in places {
            for (number, track) in content.videoTracks.enumerated() { text += variant(track, number, place) }
        }
        guard kind.hasIFrames else { return text }
        for track in content.videoTracks { text += iFrames(track) }
        return text
    }

    private func header() -> String {
        switch kind.feature {
        case .variables:
            return "#EXT-X-DEFINE:NAME=\"ladder\",VALUE=\"video\"\n#EXT-X-DEFINE:NAME=\"suffix\",VALUE=\"m4s\"\n"
                + "#EXT-X-DEFINE:QUERYPARAM=\"pass\"\n"
        case .start: return MediaPlaylistWriter.start(content.settings, isLive: kind.isLive)
        case .steered:
            let server = (deployment.ownURL ?? "") + "/steering"
            return "#EXT-X-CONTENT-STEERING:SERVER-URI=\"\(server)\",PATHWAY-ID=\"\(deployment.defaultPathway)\"\n"
        case .encrypted:
            // A live playlist's keys change while this one does not.
            return kind.isLive ? "" : "#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"keys/0.key\"\n"
        case .renditions:
            return "#EXT-X-SESSION-DATA:DATA-ID=\"com.example.title\",VALUE=\"fullhouse\",LANGUAGE=\"en\"\n"
                + "#EXT-X-SESSION-DATA:DATA-ID=\"com.example.details\",URI=\"session.json\"\n"
        default: return ""
        }
    }

    // MARK: Groups

    private func audio(_ place: Place) -> String {
        guard let track = content.audioTrack else { return "" }
        guard kind.feature == .renditions else {
            let stable = place.pathway == nil ? "" : "STABLE-RENDITION-ID=\"\(track.name)\","
            return "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\(place.suffix)\",NAME=\"English\",LANGUAGE=\"en\","
                + "DEFAULT=YES,AUTOSELECT=YES,\(stable)CHANNELS=\"2\",URI=\"\(uri(track, place))\"\n"
        }
        var text = ""
        for group in ["audio", "audio-low"] {
            text += "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"\(group)\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,"
            text += "AUTOSELECT=YES,CHANNELS=\"2\",URI=\"\(group)/index.m3u8\"\n"
            text += "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"\(group)\",NAME=\"Norsk\",LANGUAGE=\"nb\",DEFAULT=NO,"
            text += "AUTOSELECT=YES,CHANNELS=\"2\",URI=\"\(group)-nb/index.m3u8\"\n"
        }
        return text
    }

    private func subtitles() -> String {
        zip(SyntheticContent.languages, ["English", "Norsk"]).map { language, name in
            "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",NAME=\"\(name)\",LANGUAGE=\"\(language)\","
                + "DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI=\"subtitles-\(language)/index.m3u8\"\n"
        }.joined()
    }

    // MARK: Variants

    /// The audio track and group that a variant plays with: in `renditions` the lower half has the small one.
    private func audioOf(_ number: Int, _ place: Place) -> (track: ContentTrack, group: String)? {
        guard let track = content.audioTrack else { return nil }
        guard kind.feature == .renditions, number < content.videoCount / 2,
            let low = content.allTracks.first(where: { $0.name == "audio-low" })
        else { return (track, "audio" + place.suffix) }
        return (low, "audio-low")
    }

    private func peak(_ track: ContentTrack) -> Double {
        let rate = track.peakRate(segmentDuration: grid.duration, variation: content.settings.sizeVariation)
        let padding = kind.feature == .encrypted ? (128 / grid.duration.seconds).rounded(.up) : 0
        return rate.bitsPerSecond + padding
    }

    private func declared(_ bitsPerSecond: Double) -> Int64 {
        Int64(clampingRounded: bitsPerSecond / deployment.faults.bitRateUnderstatement)
    }

    private func variant(_ track: ContentTrack, _ number: Int, _ place: Place) -> String {
        guard case .video(let width, let height) = track.kind else { return "" }
        var peak = peak(track)
        var average = track.bitRate.bitsPerSecond
        var codecs = track.codec
        let audio = audioOf(number, place)
        if let audio {
            peak += self.peak(audio.track)
            average += audio.track.bitRate.bitsPerSecond
            codecs += "," + audio.track.codec
        }
        var text = "#EXT-X-STREAM-INF:BANDWIDTH=\(declared(peak)),"
        text += "AVERAGE-BANDWIDTH=\(declared(average)),CODECS=\"\(codecs)\","
        text += "RESOLUTION=\(width)x\(height),FRAME-RATE=\(ContentTrack.pictureRate).000"
        if let audio { text += ",AUDIO=\"\(audio.group)\"" }
        if kind.feature == .renditions { text += ",SUBTITLES=\"subtitles\",CLOSED-CAPTIONS=NONE" }
        if let pathway = place.pathway { text += ",STABLE-VARIANT-ID=\"\(track.name)\",PATHWAY-ID=\"\(pathway)\"" }
        return text + "\n\(uri(track, place))\n"
    }

    private func iFrames(_ track: ContentTrack) -> String {
        guard case .video(let width, let height) = track.kind else { return "" }
        return "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=\(declared(peak(track))),CODECS=\"\(track.codec)\","
            + "RESOLUTION=\(width)x\(height),URI=\"\(track.name)/iframes.m3u8\"\n"
    }

    private func uri(_ track: ContentTrack, _ place: Place) -> String {
        guard kind.feature == .variables else { return "\(place.prefix)\(track.name)/index.m3u8" }
        let name = track.kind == .audio ? track.name : "{$ladder}" + track.name.dropFirst(5)
        return name + "/index.m3u8?pass={$pass}"
    }
}
