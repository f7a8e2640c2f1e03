import Manifests
import Quantities

/// A version of a document, as it came.
package struct DocumentVersion: Sendable {
    /// What it was decoded to; equal bytes give the same object.
    package var manifest: DecodedManifest
    /// The URI that was asked for, without the directives of a blocking reload.
    package var uri: String
    /// When its request was begun.
    package var begun: Instant
    /// When the first byte of the answer came.
    package var answered: Instant
    /// The wall-clock time at `answered`.
    package var wall: WallTime
    /// What a blocking reload asked for; nil for a plain request.
    package var asked: ReloadPlan.Position?
    /// The HTTP exchange.
    package var transfer: ReportTransfer
    /// The first bytes of the body.
    package var prefix: [UInt8]

    /// Creates a version.
    package init(
        manifest: DecodedManifest, uri: String, begun: Instant, answered: Instant, wall: WallTime,
        asked: ReloadPlan.Position? = nil, transfer: ReportTransfer, prefix: [UInt8] = []
    ) {
        self.manifest = manifest
        self.uri = uri
        self.begun = begun
        self.answered = answered
        self.wall = wall
        self.asked = asked
        self.transfer = transfer
        self.prefix = prefix
    }
}

/// Holds the versions of documents against each other, against the clock and against how they were served.
///
/// Every version that is loaded is given to it once, in the order in which the answers came. It may be asked about many
/// documents; what it remembers is its own affair.
package protocol VersionWatch {
    /// What is wrong with a version in the light of those before it; each problem is told once.
    mutating func observe(_ version: DocumentVersion) -> [Finding]
}

/// A watch that sees nothing wrong.
package struct NoVersionWatch: VersionWatch {
    /// Creates the watch.
    package init() {}
    /// Nothing.
    package mutating func observe(_ version: DocumentVersion) -> [Finding] { [] }
}

extension DecodedManifest {
    /// What the decoder found.
    package var findings: [Finding] {
        switch self {
        case .presentation(let presentation): presentation.findings
        case .mediaPlaylist(let playlist): playlist.findings
        }
    }
}
