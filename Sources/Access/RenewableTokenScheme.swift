import Quantities

/// A scheme whose edges give a viewer a new token before the old one ends, with any answer.
///
/// The viewer must take the new token over, or it is refused when the old one ends.
package protocol RenewableTokenScheme: TokenScheme {
    /// The token that an edge gives for one that it has just found valid; nil when it is not due yet, has ended, or is
    /// not to be renewed.
    func renewed(_ token: AccessToken, at now: WallTime) -> AccessToken?

    /// How an edge sends the new token of a token that came in a place; nil when it is not to be renewed.
    func renewalCarrier(of token: AccessToken, sentIn placement: TokenPlacement) -> RenewalCarrier?

    /// The token to send from now on, of the value of the carrier's cookie or header; nil when it is none.
    ///
    /// What stands behind a semicolon, as in a header with parameters, is left out.
    func token(renewedBy value: String, for placement: TokenPlacement) -> AccessToken?
}

/// What brings a renewed token to the viewer.
package enum RenewalCarrier: Hashable, Sendable {
    /// `Set-Cookie` for a cookie of this name.
    case cookie(String)
    /// A header of this name; names of headers have no case.
    case header(String)
    /// A redirection to the same URI with the new token in this query parameter.
    case redirect(parameter: String)
}
