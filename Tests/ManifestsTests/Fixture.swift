import Foundation
import Testing

@testable import Manifests

/// The documents under `Fixtures/`, named by what they show; `ffmpeg` in a name says that FFmpeg 5.1 wrote it.
enum Fixture {
    /// A fixture's bytes.
    static func bytes(_ name: String) throws -> [UInt8] {
        let folder = try #require(Bundle.module.resourceURL)
        return [UInt8](try Data(contentsOf: folder.appendingPathComponent("Fixtures/\(name)")))
    }

    /// Every fixture's name and bytes, sorted; not what is in folders of their own (``CorpusTests``).
    static func all() throws -> [(name: String, bytes: [UInt8])] {
        let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().filter { $0 != "crashes" }
            .map { ($0, try bytes($0)) }
    }
}

/// Decodes text that must be a media playlist.
func mediaPlaylist(_ bytes: [UInt8]) throws -> MediaPlaylist {
    guard case .mediaPlaylist(let playlist) = try ManifestDecoder.decode(bytes) else {
        throw WrongKind()
    }
    return playlist
}

/// Decodes text that must be a multivariant playlist or an MPD.
func presentation(_ bytes: [UInt8]) throws -> Presentation {
    guard case .presentation(let presentation) = try ManifestDecoder.decode(bytes) else { throw WrongKind() }
    return presentation
}

/// The document is of the other kind.
struct WrongKind: Error {}

/// The error that decoding ends with, or nil.
func decodingError(_ bytes: [UInt8], limits: DecodingLimits = .standard) -> ManifestError? {
    do {
        _ = try ManifestDecoder.decode(bytes, limits: limits)
        return nil
    } catch {
        return error
    }
}

extension SegmentList {
    /// All segments of a list with an end.
    var all: [Segment] {
        guard let last = lastSequence, last >= firstSequence else { return [] }
        return (firstSequence...last).compactMap { segment($0) }
    }
}

extension MediaSource {
    /// The list of `.segments`.
    var list: SegmentList? { if case .segments(let list) = self { list } else { nil } }
    /// The description of `.indexed`.
    var indexed: IndexedMedia? { if case .indexed(let media) = self { media } else { nil } }
}

extension Track {
    /// The references of the first location.
    var bases: [String]? { locations.first?.references }
    /// The URI of the media playlist.
    var playlistURI: String? { if case .playlist = media { locations.first?.references.first } else { nil } }
}
