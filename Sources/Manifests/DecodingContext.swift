/// What a playlist's meaning depends on beside its own bytes (rfc8216bis section 4.4.2.3): nothing, unless it uses
/// EXT-X-DEFINE with IMPORT or QUERYPARAM.
package struct DecodingContext: Sendable, Hashable {
    /// The variables of the multivariant playlist, which IMPORT takes.
    package var variables: [String: String]
    /// The URI that the playlist came from, from whose query QUERYPARAM takes; `""` for none.
    package var uri: String

    /// Creates a context; by default an empty one.
    package init(variables: [String: String] = [:], uri: String = "") {
        self.variables = variables
        self.uri = uri
    }

    /// Nothing to import and no query.
    package static let none = DecodingContext()
}
