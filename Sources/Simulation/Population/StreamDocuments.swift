import Manifests
import Quantities

/// What was read of a real stream: its manifest, the documents that list its segments, and what is known of sizes.
package struct StreamDocuments: Sendable {
    /// A track by its place in the presentation.
    package struct Place: Sendable, Hashable {
        /// The positions of period, switching set and track in the document.
        package var period: Int
        package var set: Int
        package var track: Int

        /// Creates a place.
        package init(period: Int, set: Int, track: Int) {
            self.period = period
            self.set = set
            self.track = track
        }
    }

    /// What was read of one track beside the manifest.
    package struct TrackFacts: Sendable {
        /// Its media playlist (HLS); nil where it could not be read.
        package var playlist: MediaPlaylist?
        /// Its segment index (DASH SegmentBase); nil where it could not be read.
        package var index: SegmentList?
        /// Which of the track's locations it was read from.
        package var location = 0
        /// The bytes of that document.
        ///
        /// Nil is what is typical.
        package var documentBytes: Int64?
        /// The bytes of its initialization section.
        ///
        /// Nil is what is typical.
        package var initializationBytes: Int64?
        /// The sizes of segments, by their numbers, as a server or a file system says them; those that the documents tell
        /// need not stand here.
        package var sizes: [Int64: Int64] = [:]
        /// The number of the segment from which on a list without end is taken over; nil is its first.
        package var begin: Int64?

        /// Creates facts of which none is known.
        package init() {}

        /// The segments that its document lists.
        package func segments(of track: Track) -> SegmentList? {
            switch track.media {
            case .playlist: playlist?.segments
            case .segments(let list): list
            case .indexed: index
            case .muxed: nil
            }
        }
    }

    /// The multivariant playlist or MPD.
    package var presentation: Presentation
    /// Its bytes.
    ///
    /// Nil is what is typical.
    package var manifestBytes: Int64?
    /// What was read of the tracks.
    package var tracks: [Place: TrackFacts]

    /// Creates documents.
    package init(presentation: Presentation, manifestBytes: Int64? = nil, tracks: [Place: TrackFacts] = [:]) {
        self.presentation = presentation
        self.manifestBytes = manifestBytes
        self.tracks = tracks
    }

    /// The most segments of a track that are taken over.
    package static let segmentLimit: Int64 = 200_000

    /// A media playlist by itself, as a presentation of one track.
    package static func presentation(of playlist: MediaPlaylist) -> Presentation {
        let track = Track(id: "0", bitRate: .zero, media: .playlist, locations: [TrackLocation(references: [""])])
        return Presentation(
            format: .hls,
            periods: [Period(switchingSets: [SwitchingSet(kind: .video, isDefault: true, tracks: [track])])])
    }
}

/// Why a real stream cannot be simulated.
package enum StreamProblem: Error, Sendable, Hashable {
    /// There is no track with segments: what is missing.
    case nothingToPlay(String)
    /// A track lists more segments than are taken over.
    case tooManySegments(track: String)
    /// Its segments play longer or shorter than anything that is streamed.
    case implausible(track: String, detail: String)

    /// The sentence for people, to follow the stream's name, without a full stop.
    package var sentence: String {
        switch self {
        case .nothingToPlay(let detail): "there is nothing to play: \(detail)"
        case .tooManySegments(let track):
            "\(track) lists more than \(StreamDocuments.segmentLimit) segments, the most that a simulation takes over"
        case .implausible(let track, let detail): "\(track) cannot be played: \(detail)"
        }
    }
}
