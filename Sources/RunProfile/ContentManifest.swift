import Quantities

/// The real manifest whose stream is simulated.
package enum ContentManifest: Sendable, Hashable {
    /// Those of the profile's own streams, each for its stream.
    case streams
    /// One for all streams, from a server.
    case uri(String)
    /// One for all streams, from a file.
    case file(String)

    /// The word for the profile's own streams; a file of that name is `./profile`.
    package static let streamsWord = "profile"
    /// What is expected, for messages.
    package static let expected = "'profile', an http or https URL, or a file"

    /// Reads it as written on a command line or in a profile; nil for nothing and for a URL of another scheme.
    package init?(_ text: String) {
        if text == Self.streamsWord {
            self = .streams
        } else if text.contains("://") {
            let reference = URIReference(text)
            guard let scheme = reference.scheme?.lowercased(), ["http", "https"].contains(scheme),
                reference.host?.isEmpty == false
            else { return nil }
            self = .uri(text)
        } else if !text.isEmpty {
            self = .file(text)
        } else {
            return nil
        }
    }
}
