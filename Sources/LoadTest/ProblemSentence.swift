import Manifests
import Playback
import Quantities
import Transport

/// Sentences about transfers that went wrong: what, where, and what to do.
///
/// URIs are shown without their query, where tokens travel.
enum ProblemSentence {
    static func unreadable(_ kind: TransferKind, _ uri: String, _ reason: String) -> String {
        "the \(kind.label) \(shown(uri)) cannot be read: \(reason)"
    }

    static func status(_ kind: TransferKind, _ uri: String, _ status: Int) -> String {
        let hint =
            switch status {
            case 300..<400: "; it leads nowhere: no usable 'Location', or more than 10 redirects in a row"
            case 401, 403: "; does it need a token ('access: token')?"
            case 404, 410: "; is the path right, and the stream on air?"
            case 429: "; the server limits how often it may be asked"
            case 500...599: "; the server or its origin has a problem"
            default: ""
            }
        return "the \(kind.label) \(shown(uri)) was answered with status \(status)\(hint)"
    }

    static func failed(_ kind: TransferKind, _ uri: String, _ error: TransferError) -> String {
        "the \(kind.label) \(shown(uri)) could not be fetched: \(reason(error))"
    }

    static func local(_ kind: TransferKind, _ uri: String, host: String) -> String {
        "the \(kind.label) \(shown(uri)) is not fetched: \(host.prefix(100)) is an address of this machine or its network,"
            + " and the stream is a public one; list it in 'targets: allow' if that is meant"
    }

    static func reason(_ error: TransferError) -> String {
        switch error {
        case .badURI: "this is not an absolute http or https URI"
        case .hostNotAllowed(let host): "the host \(host) is not among those the profile allows ('targets: allow')"
        case .nameLookup(let host): "the host name \(host) has no address; is it spelt right?"
        case .connect(let detail): "no connection (\(detail)); is the server up, and the port right?"
        case .tls(let detail): "the TLS handshake failed (\(detail))"
        case .certificate(let detail):
            "the server's certificate does not verify (\(detail)); for a private authority set 'http: certificate"
                + " authorities' in the profile"
        case .timeout(let phase): "it took too long (\(phase.rawValue)); 'player: timeouts' sets the limits"
        case .truncated(let received): "the connection ended in mid-body, after \(received.count) bytes"
        case .bodyTooLarge(let limit): "it is larger than \(limit.count) bytes"
        case .malformedResponse(let detail): "the answer is not HTTP (\(detail))"
        case .cancelled: "it was cancelled"
        case .unsupported(let detail): detail
        case .other(let code, let detail): "\(detail) (libcurl error \(code))"
        }
    }

    /// A URI without query, fragment, user information and whatever looks like a token.
    private static func shown(_ uri: String) -> String { PublicName.of(uri) }
}
