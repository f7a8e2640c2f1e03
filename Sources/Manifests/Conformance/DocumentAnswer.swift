import Quantities

/// How a version of a document came to a viewer.
package struct DocumentAnswer: Sendable, Hashable {
    /// When its request was begun: the server made the answer no earlier.
    package var begun: Instant
    /// When the first byte of the response came: the server made the answer no later.
    package var answered: Instant
    /// The wall time at `answered`.
    package var wall: WallTime
    /// The response's `Age`, where there was one.
    package var age: TimeAmount?
    /// What a blocking reload asked for (`_HLS_msn`, `_HLS_part`); nil for a plain request.
    package var asked: PlaylistPosition?

    /// Creates an answer.
    package init(
        begun: Instant, answered: Instant, wall: WallTime, age: TimeAmount? = nil, asked: PlaylistPosition? = nil
    ) {
        self.begun = begun
        self.answered = answered
        self.wall = wall
        self.age = age
        self.asked = asked
    }

    /// The last instant at which what came was surely the server's newest: a blocked answer is made when it is sent, any
    /// other perhaps as early as the request.
    var sure: Instant { asked == nil ? begun : answered }
}

/// A place in a live playlist: a segment, or one of its parts.
package struct PlaylistPosition: Sendable, Hashable {
    /// The media sequence number.
    package var sequence: Int64
    /// The position of the part in its segment; nil for the whole segment.
    package var part: Int?

    /// Creates a position.
    package init(sequence: Int64, part: Int? = nil) {
        self.sequence = sequence
        self.part = part
    }
}

/// How far a media playlist goes; later means that it has more at its end.
struct PlaylistEnd: Comparable {
    /// The number of the last complete segment; one less than the first for an empty playlist.
    var lastSequence: Int64
    /// How many parts of the segment after it are there.
    var openParts: Int
    /// Nothing will follow.
    var isEnded: Bool

    init(_ playlist: MediaPlaylist) {
        lastSequence = playlist.segments.lastSequence ?? -1
        openParts = 0
        isEnded = playlist.isEnded
        guard let part = playlist.extras.parts.last, part.sequence > lastSequence else { return }
        lastSequence = part.sequence &- 1
        openParts = part.index &+ 1
    }

    static func < (left: PlaylistEnd, right: PlaylistEnd) -> Bool {
        if left.lastSequence != right.lastSequence { return left.lastSequence < right.lastSequence }
        if left.openParts != right.openParts { return left.openParts < right.openParts }
        return !left.isEnded && right.isEnded
    }

    /// True when a segment or part is there.
    func contains(_ position: PlaylistPosition) -> Bool {
        if lastSequence >= position.sequence { return true }
        guard let part = position.part, lastSequence == position.sequence &- 1 else { return false }
        return openParts > part
    }
}
