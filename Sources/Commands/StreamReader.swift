import Foundation
import Inspection
import LoadTest
import Manifests
import Quantities
import Simulation

/// Where documents of a stream are read from.
protocol StreamLibrary {
    /// Reads some resources; one answer each, in their order.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    func read(_ wanted: [StreamResource]) async throws -> [Result<StreamResource.Found, StreamResource.Missing>]
    /// The most segments of a track, and of all tracks, whose size is asked for.
    var sizeLimits: (ofTrack: Int, all: Int) { get }
}

/// A resource of a stream that is to be read.
struct StreamResource {
    /// What is wanted of it.
    enum Want {
        case manifest
        case playlist
        case index(IndexedMedia)
        /// The number of its bytes alone.
        case size
    }

    /// What was read.
    struct Found {
        /// Where it came from, after redirects.
        var uri: String
        var bytes: [UInt8]
        /// The place of the first byte in the resource.
        var offset: Int64 = 0
        /// The bytes on the wire or, where only the size was wanted, of the whole.
        var size: Int64?
    }

    /// Why it could not be read: sentences.
    struct Missing: Error {
        var sentences: [String]
    }

    var uri: String
    /// The document that names it; nil for the manifest.
    var namedBy: String?
    var want: Want
    /// How much of a file without `indexRange` is searched for its index.
    static let indexSearch: Int64 = 256 << 10

    /// The part of a resource that is wanted; nil for all of it.
    var range: ByteRange? {
        guard case .index(let media) = want else { return nil }
        return media.indexRange ?? ByteRange(offset: 0, length: Self.indexSearch)
    }
}

/// Reads a real stream once: its manifest, what lists its segments, and sizes that these do not tell.
struct StreamReader<Library: StreamLibrary> {
    let library: Library
    /// What the stream is called in sentences; it shows no secrets.
    let name: String

    /// The most documents of a stream that are read.
    private static var documentLimit: Int { 500 }

    /// - Throws: ``CommandFailure`` when the manifest cannot be read or understood.
    func read(_ uri: String) async throws -> StreamDocuments {
        let answers = try await library.read([StreamResource(uri: uri, namedBy: nil, want: .manifest)])
        let found: StreamResource.Found
        switch answers.first {
        case .success(let answer): found = answer
        case .failure(let missing):
            throw CommandFailure(
                .noInput, sentences: missing.sentences.map { "the manifest \(name) could not be read: \($0)" })
        case nil: throw CommandFailure(.noInput, "the manifest \(name) could not be read")
        }
        let cache = ManifestCache()
        let decoded: DecodedManifest
        do throws(ManifestError) {
            decoded = try cache.decode(found.bytes, context: DecodingContext(uri: found.uri))
        } catch {
            throw InspectCommand.unreadable("the manifest \(name)", error)
        }
        var documents: StreamDocuments
        var bases: [StreamDocuments.Place: String] = [:]
        switch decoded {
        case .mediaPlaylist(let playlist):
            documents = StreamDocuments(presentation: StreamDocuments.presentation(of: playlist))
            let place = StreamDocuments.Place(period: 0, set: 0, track: 0)
            bases[place] = found.uri
            documents.tracks[place] = StreamDocuments.TrackFacts()
            documents.tracks[place]?.playlist = playlist
            documents.tracks[place]?.documentBytes = found.size
        case .presentation(let presentation):
            documents = StreamDocuments(presentation: presentation, manifestBytes: found.size)
            try await readLists(&documents, &bases, at: found.uri, cache)
        }
        try await readSizes(&documents, bases, manifestURI: found.uri)
        return documents
    }

    // MARK: Lists of segments

    /// Reads the media playlists and segment indexes; one that cannot be read is left out.
    private func readLists(
        _ documents: inout StreamDocuments, _ bases: inout [StreamDocuments.Place: String], at uri: String,
        _ cache: ManifestCache
    ) async throws {
        let wanted = Self.places(of: documents.presentation)
        for place in wanted {
            bases[place] = Self.track(place, documents.presentation).locations.first?.resolved(against: uri) ?? uri
        }
        // What cannot be had at a track's first location is looked for at the next, as a player would.
        let locations = wanted.map { Self.track($0, documents.presentation).locations.count }.max() ?? 0
        for location in 0..<min(locations, Self.locationLimit) {
            var needs = Needs()
            for place in wanted where Self.isMissing(place, documents) {
                needs.add(place, documents.presentation, at: uri, location: location)
            }
            if needs.order.isEmpty { return }
            try await read(needs, location, into: &documents, &bases, at: uri, cache)
        }
    }

    /// The most locations of a track that are tried.
    private static var locationLimit: Int { 4 }

    /// Documents that tracks need, each once.
    private struct Needs {
        var order: [NeededDocument] = []
        var places: [NeededDocument: [StreamDocuments.Place]] = [:]

        mutating func add(_ place: StreamDocuments.Place, _ presentation: Presentation, at uri: String, location: Int) {
            let set = presentation.periods[place.period].switchingSets[place.set]
            var track = set.tracks[place.track]
            guard location < track.locations.count else { return }
            track.locations = [track.locations[location]]
            guard let needed = NeededDocument.document(track, of: set, at: uri) else { return }
            if places[needed] == nil { order.append(needed) }
            places[needed, default: []].append(place)
        }
    }

    private static func track(_ place: StreamDocuments.Place, _ presentation: Presentation) -> Track {
        presentation.periods[place.period].switchingSets[place.set].tracks[place.track]
    }

    private static func isMissing(_ place: StreamDocuments.Place, _ documents: StreamDocuments) -> Bool {
        let facts = documents.tracks[place]
        return facts?.playlist == nil && facts?.index == nil
    }

    private func read(
        _ needs: Needs, _ location: Int, into documents: inout StreamDocuments,
        _ bases: inout [StreamDocuments.Place: String],
        at uri: String, _ cache: ManifestCache
    ) async throws {
        guard needs.order.count <= Self.documentLimit else {
            throw CommandFailure(
                .badInput,
                "\(name) has \(needs.order.count) media playlists or segment indexes; a simulation reads at most"
                    + " \(Self.documentLimit)")
        }
        let answers = try await library.read(
            needs.order.map { needed in
                switch needed.kind {
                case .playlist: StreamResource(uri: needed.uri, namedBy: uri, want: .playlist)
                case .index(let media): StreamResource(uri: needed.uri, namedBy: uri, want: .index(media))
                }
            })
        for (needed, answer) in zip(needs.order, answers) {
            guard case .success(let found) = answer,
                let facts = Self.facts(found, needed, documents.presentation, cache)
            else { continue }
            for place in needs.places[needed] ?? [] {
                documents.tracks[place] = facts
                documents.tracks[place]?.location = location
                if facts.playlist != nil { bases[place] = found.uri }
            }
        }
    }

    /// The tracks that anybody plays.
    private static func places(of presentation: Presentation) -> [StreamDocuments.Place] {
        presentation.periods.enumerated().flatMap { period, content in
            content.switchingSets.enumerated().flatMap { position, set in
                set.isTrickPlay || set.kind == .other
                    ? [] : set.tracks.indices.map { StreamDocuments.Place(period: period, set: position, track: $0) }
            }
        }
    }

    /// What a document says of its track; nil when it cannot be understood.
    private static func facts(
        _ found: StreamResource.Found, _ needed: NeededDocument, _ presentation: Presentation, _ cache: ManifestCache
    ) -> StreamDocuments.TrackFacts? {
        var facts = StreamDocuments.TrackFacts()
        facts.documentBytes = found.size
        switch needed.kind {
        case .playlist:
            let context = DecodingContext(variables: presentation.details.variables, uri: found.uri)
            guard case .mediaPlaylist(let playlist)? = try? cache.decode(found.bytes, context: context) else {
                return nil
            }
            facts.playlist = playlist
        case .index(let media):
            var bytes = found.bytes
            var offset = found.offset
            // A server that knows no ranges sends the file from its begin.
            if let range = media.indexRange, offset < range.offset {
                guard range.offset - offset <= Int64(bytes.count) else { return nil }
                bytes = Array(bytes.dropFirst(Int(range.offset - offset)))
                offset = range.offset
            }
            guard let list = try? SegmentIndexDecoder.decode(bytes, media: media, fileOffset: offset) else {
                return nil
            }
            facts.index = list
        }
        return facts
    }
}
