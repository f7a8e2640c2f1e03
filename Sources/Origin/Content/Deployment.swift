import Quantities

/// A pathway or service location: one of several places that have the same streams.
package struct Pathway: Sendable, Hashable {
    /// The PATHWAY-ID and `serviceLocation`: letters, digits, `.`, `-` and `_`.
    package var id: String
    /// The URL without a slash at its end, such as `http://127.0.0.2:8080`.
    package var baseURL: String

    /// Creates a pathway.
    package init(id: String, baseURL: String) {
        self.id = id
        self.baseURL = baseURL
    }
}

/// What content knows of the edges around it, beside its own settings.
struct Deployment: Sendable, Hashable {
    /// The pathways in their order; empty when nobody knows them.
    var pathways: [Pathway] = []
    /// The pathway that players begin with; nil for the first.
    var firstPathway: String?
    /// The URL of the edge that answers, without a slash at its end; nil for relative references.
    var ownURL: String?
    /// What is wrong with the edge's playlists.
    var faults = ContentFaults()

    /// The pathway that players begin with.
    var defaultPathway: String { firstPathway ?? pathways.first?.id ?? "." }
}
