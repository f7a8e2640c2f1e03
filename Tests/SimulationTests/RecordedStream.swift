import Manifests
import Playback
import Quantities
import Testing

@testable import Simulation

/// Documents of streams as servers have them, read by the real decoders.
enum RecordedStream {
    static let multivariant = """
        #EXTM3U
        #EXT-X-VERSION:7
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",LANGUAGE="en",DEFAULT=YES,URI="audio.m3u8"
        #EXT-X-STREAM-INF:BANDWIDTH=900000,AVERAGE-BANDWIDTH=720000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a"
        low.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=2900000,AVERAGE-BANDWIDTH=2120000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a"
        high.m3u8
        """

    /// A media playlist of segments that last so long; sizes become byte ranges.
    static func playlist(
        _ durations: [Double], sizes: [Int] = [], first: Int = 0, isEnded: Bool = true, tags: String = "",
        before: [Int: String] = [:]
    ) -> String {
        var text = """
            #EXTM3U
            #EXT-X-VERSION:7
            #EXT-X-TARGETDURATION:\(Int((durations.max() ?? 1).rounded(.up)))
            #EXT-X-MEDIA-SEQUENCE:\(first)
            #EXT-X-MAP:URI="init.mp4"\(sizes.isEmpty ? "" : ",BYTERANGE=\"700@0\"")
            \(tags)

            """
        var offset = 700
        for (place, duration) in durations.enumerated() {
            if let line = before[place] { text += line + "\n" }
            text += "#EXTINF:\(duration),\n"
            if place < sizes.count {
                text += "#EXT-X-BYTERANGE:\(sizes[place])@\(offset)\n"
                offset += sizes[place]
            }
            text += "segment\(first + place).m4s\n"
        }
        return text + (isEnded ? "#EXT-X-ENDLIST\n" : "")
    }

    static func decode(_ text: String) throws -> DecodedManifest {
        try ManifestCache().decode(Array(text.utf8), context: DecodingContext(uri: "http://a.test/v/x"))
    }

    static func presentation(_ text: String) throws -> Presentation {
        guard case .presentation(let presentation) = try decode(text) else { throw Unexpected() }
        return presentation
    }

    static func media(_ text: String) throws -> MediaPlaylist {
        guard case .mediaPlaylist(let playlist) = try decode(text) else { throw Unexpected() }
        return playlist
    }

    struct Unexpected: Error {}

    /// An HLS stream: two variants with the video playlist, and audio.
    static func hls(video: String, audio: String, sizes: [Int64: Int64] = [:]) throws -> StreamDocuments {
        var documents = StreamDocuments(presentation: try presentation(multivariant), manifestBytes: 500)
        for (position, set) in documents.presentation.periods[0].switchingSets.enumerated() {
            for track in set.tracks.indices {
                var facts = StreamDocuments.TrackFacts()
                facts.playlist = try media(set.kind == .video ? video : audio)
                if set.kind == .video { facts.sizes = sizes }
                documents.tracks[StreamDocuments.Place(period: 0, set: position, track: track)] = facts
            }
        }
        return documents
    }

    static func content(
        _ documents: StreamDocuments, others: ContentSettings = ContentSettings()
    ) throws(StreamProblem) -> SimulatedContent {
        try SimulatedContent(documents, others: others, wallStart: SimulationSettings.standardWallStart, seed: 1)
    }

    /// An MPD of one period with the body of a video and of an audio set.
    static func mpd(_ root: String, video: String, audio: String) -> String {
        """
        <?xml version="1.0"?>
        <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" minBufferTime="PT4S" \(root)>
        <Period id="p" start="PT0S">
        <AdaptationSet contentType="video" mimeType="video/mp4">\(video)
        <Representation id="v1" bandwidth="500000" codecs="avc1.64001f"/></AdaptationSet>
        <AdaptationSet contentType="audio" mimeType="audio/mp4" lang="en">\(audio)
        <Representation id="a1" bandwidth="64000" codecs="mp4a.40.2"/></AdaptationSet>
        </Period></MPD>
        """
    }

    /// A template with a timeline of durations in milliseconds.
    static func timeline(_ milliseconds: [Int], from begin: Int = 0, first: Int = 1) -> String {
        let steps = milliseconds.enumerated().map {
            "<S \($0.offset == 0 ? "t=\"\(begin)\" " : "")d=\"\($0.element)\"/>"
        }
        return "<SegmentTemplate timescale=\"1000\" startNumber=\"\(first)\" media=\"$RepresentationID$/$Number$.m4s\""
            + " initialization=\"$RepresentationID$/init.mp4\"><SegmentTimeline>" + steps.joined()
            + "</SegmentTimeline></SegmentTemplate>"
    }
}
