import Access

/// What is wrong with the gate of one edge: what it lets in and should not.
///
/// The edge knows better all the same: what it found and what it let in wrongly are in ``EdgeStatistics/gate``, so that
/// a tester's leaks can be held against them.
package struct GateFaults: Sendable, Hashable {
    /// Something that a gate looks at.
    package enum Check: String, Sendable, Hashable, CaseIterable {
        /// Whether the token has ended.
        case expiry
        /// Whether the token has begun.
        case start
        /// Whether the token is for this path. Where the path is only in the signature, this is the signature's check.
        case path
        /// Whether the token is for this address.
        case address
        /// Whether the signature is right: without it, whatever can be read and says of itself that it is good is
        /// enough.
        case signature
        /// Whether the token is for this method, country and the like.
        case use
        /// Whether too many viewers show the same token.
        case sharing
    }

    /// The kinds of request for which the check was forgotten altogether.
    package var open: Set<RequestKind> = []
    /// What the gate does not look at.
    package var ignored: Set<Check> = []

    /// Creates a gate without faults.
    package init(open: Set<RequestKind> = [], ignored: Set<Check> = []) {
        self.open = open
        self.ignored = ignored
    }

    /// Reads faults as a command line has them, joined with `+`: `open` (the whole check), `segments`, `playlists` or a
    /// kind, with or without `open:` before it, and the names of checks; nil for anything else.
    package init?(_ text: String) {
        self.init()
        for piece in text.split(separator: "+", omittingEmptySubsequences: false) {
            var word = String(piece)
            if word == "open" { word = "all" }
            if word.hasPrefix("open:") {
                word.removeFirst(5)
            } else if let check = Check(rawValue: word) {
                ignored.insert(check)
                continue
            }
            guard let kinds = RequestKind.named(word) else { return nil }
            open.formUnion(kinds)
        }
    }
}
