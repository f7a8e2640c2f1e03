import Manifests
import Quantities

/// Asks decoded documents for what a player and the watches of a run ask them, so that what is computed late is
/// computed too, and notes which promises of the model do not hold.
///
/// The fuzz targets of `Tests/Fuzz` are built with this file as well.
package struct HostilePlayer {
    /// Sentences about promises that did not hold; empty when all is well.
    package private(set) var broken: [String] = []
    private var playlists = PlaylistWatch()
    private var presentations = PresentationWatch()
    private var edges = EdgeComparison()
    private var variants = VariantComparison()
    private var answers: Int64 = 0

    /// Creates a player that has seen nothing.
    package init() {}

    /// Notes a promise that does not hold.
    package mutating func require(_ condition: Bool, _ sentence: @autoclosure () -> String) {
        if !condition { broken.append(sentence()) }
    }

    /// Takes a document as the next copy of what it follows.
    package mutating func take(_ document: DecodedManifest) {
        answers += 1
        let begun = Instant(nanoseconds: answers * 2_000_000_000)
        let answer = DocumentAnswer(
            begun: begun, answered: begun + .milliseconds(20),
            wall: WallTime(nanoseconds: 1_795_363_200_000_000_000 + begun.nanoseconds))
        switch document {
        case .mediaPlaylist(let playlist):
            play(playlist)
            _ = playlists.observe(playlist, answer)
            _ = edges.observe(playlist, answer, edge: "\(answers % 2)")
            _ = variants.observe(playlist, answer, name: "\(answers % 3)")
        case .presentation(let presentation):
            play(presentation)
            _ = presentations.observe(presentation, answer)
            _ = edges.observe(presentation, answer, edge: "\(answers % 2)")
        }
    }

    private mutating func play(_ playlist: MediaPlaylist) {
        play(playlist.segments)
        require(playlist.end >= .zero, "a playlist ends before it begins")
        require(playlist.targetDuration >= .zero, "a target duration is negative")
        for part in playlist.extras.parts {
            require(part.duration > .zero && part.end >= part.start, "a part has no duration")
        }
        for number in [playlist.segments.lastSequence ?? 0, .max, .min] { _ = playlist.parts(of: number) }
    }

    private mutating func play(_ presentation: Presentation) {
        require(!presentation.periods.isEmpty, "a presentation has no period")
        for period in presentation.periods {
            _ = period.end
            for set in period.switchingSets {
                require(!set.tracks.isEmpty, "a switching set has no track")
                for track in set.tracks { play(track) }
            }
        }
    }

    private mutating func play(_ track: Track) {
        for location in track.locations.prefix(4) { _ = location.resolved(against: "https://host/a/manifest?token=1") }
        if let query = track.query {
            _ = query.applied(to: "https://host/a/segment?x", manifestURI: "https://host/a/manifest?token=1&b")
        }
        if case .segments(let list) = track.media { play(list) }
    }

    /// Asks a list for segments at its ends and far beyond them.
    package mutating func play(_ list: SegmentList) {
        let first = list.firstSequence
        for number in [first, first &+ 1, list.lastSequence ?? .max, .max, .min, 0] {
            guard let segment = list.segment(number) else { continue }
            require(segment.sequence == number, "a segment has another number than was asked for")
            require(segment.duration > .zero && segment.end >= segment.start, "a segment has no duration")
            _ = segment.byteRange?.httpValue
            _ = segment.initialization?.byteRange?.httpValue
        }
        for time in [Int64.min, -1, 0, 1_000_000_000, 1_795_363_200_000_000_000, .max] {
            let found = list.segment(at: MediaTime(nanoseconds: time))
            require((found == nil) == list.isEmpty, "a list does not find one of its segments")
        }
    }
}
