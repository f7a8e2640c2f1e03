import Quantities

/// What the bytes of a fetched document turned out to be.
package enum DecodedManifest: Sendable {
    /// An HLS multivariant playlist or a DASH MPD.
    case presentation(Presentation)
    /// An HLS media playlist; never a delta update, see ``ManifestCache/update(_:of:context:)``.
    case mediaPlaylist(MediaPlaylist)
}

/// Why a document could not be decoded.
package enum ManifestError: Error, Sendable, Hashable {
    /// It is another kind of document; `found` says what it looks like ("an HTML page", "an empty body").
    case notAManifest(found: String)
    /// A rule of the format is broken so that nothing can be played.
    case malformed(line: Int?, detail: String)
    /// It is larger, deeper or longer than a player would take.
    case tooLarge(detail: String)
    /// A delta update or patch does not fit what is held: the whole document must be fetched.
    case outOfDate(detail: String)

    /// The sentence for people, without a full stop.
    package var sentence: String {
        switch self {
        case .notAManifest(let found): "not a playlist or MPD but \(found)"
        case .malformed(let line?, let detail): "line \(line): \(detail)"
        case .malformed(nil, let detail): detail
        case .tooLarge(let detail), .outOfDate(let detail): detail
        }
    }
}

/// Something wrong or doubtful about a stream.
package struct Finding: Sendable, Hashable, Codable {
    /// How bad it is.
    package enum Severity: String, Sendable, Codable {
        case error
        case warning
        case information
    }

    /// A stable identifier, such as `hls-missing-target-duration`.
    package var id: String
    /// How bad it is.
    package var severity: Severity
    /// One sentence: what, and where.
    package var message: String
    /// The clause that says so, such as `rfc8216bis 4.4.3.1`.
    package var clause: String
    /// The line it was seen at, where there is one.
    package var line: Int?

    /// Creates a finding.
    package init(id: String, severity: Severity, message: String, clause: String, line: Int? = nil) {
        self.id = id
        self.severity = severity
        self.message = message
        self.clause = clause
        self.line = line
    }
}
