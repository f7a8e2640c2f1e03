import Quantities

/// A scheme whose tokens an edge replaces while they are used.
///
/// The edge sends the new token with an answer, and the viewer must take it over: the old one ends soon.
package protocol RenewableTokenScheme: TokenScheme {
    /// The token that an edge sends with the answer to a request which carried a valid one; nil when the time for it
    /// has not come, or when the token is not to be renewed.
    func renewed(_ token: AccessToken, at now: WallTime) -> AccessToken?

    /// Where a renewed token comes in an answer: ``TokenPlacement/cookie`` or ``TokenPlacement/header``.
    var renewalPlacement: TokenPlacement { get }

    /// The name of that cookie or header.
    var renewalName: String { get }
}
