import Playback
import Transport

/// What response headers say of the cache that answered and where it stands (qoe.md section 7).
package enum CacheHeaders {
    /// The headers that are read, in lower case; a channel must keep them.
    package static let names = [
        "cache-status", "x-cache", "cf-cache-status", "x-cache-status", "x-proxy-cache", "cdn-cache", "age",
        "x-amz-cf-pop",
        "cf-ray", "x-served-by", "x-pop", "x-edge-location", "x-77-pop",
    ]

    /// The status that the cache nearest the viewer reports; `unknown` when none does.
    ///
    /// `Cache-Status` (RFC 9211) comes first; of several caches the last one named is the nearest. Without any status an
    /// `Age` above zero means that a cache answered.
    package static func status(_ headers: [HTTPHeader]) -> CacheStatus {
        for header in headers where header.name == "cache-status" {
            if let status = standard(header.value) { return status }
        }
        for header in headers {
            switch header.name {
            case "x-cache", "cf-cache-status", "x-cache-status", "x-proxy-cache", "cdn-cache":
                if let status = vendor(header.value) { return status }
            default: continue
            }
        }
        if let age = headers.first(where: { $0.name == "age" }), let seconds = Int(age.value) {
            return seconds > 0 ? .hit : .unknown
        }
        return .unknown
    }

    /// The point of presence that the response names, or `""`.
    package static func pop(_ headers: [HTTPHeader]) -> String {
        for header in headers {
            switch header.name {
            case "x-pop", "x-amz-cf-pop", "x-edge-location", "x-77-pop":
                return clean(header.value)
            case "cf-ray", "x-served-by":
                // `<id>-<POP>`; of several in a list the last is nearest.
                let last = header.value.split(separator: ",").last ?? ""
                return clean(last.split(separator: "-").last ?? "")
            default: continue
            }
        }
        return ""
    }

    /// A `Cache-Status` list: members by commas, each a cache's name and its parameters.
    private static func standard(_ value: String) -> CacheStatus? {
        guard let nearest = value.split(separator: ",").last else { return nil }
        var forward: Substring?
        for part in nearest.split(separator: ";").dropFirst() {
            let parameter = part.drop { $0 == " " }
            if parameter == "hit" { return .hit }
            if parameter.hasPrefix("fwd=") { forward = parameter.dropFirst(4) }
        }
        switch forward {
        case "bypass"?, "method"?, "request"?: return .bypass
        case "stale"?: return .stale
        case .some: return .miss
        case nil: return nil
        }
    }

    private static func vendor(_ value: String) -> CacheStatus? {
        let nearest = (value.split(separator: ",").last ?? "").lowercased()
        if nearest.contains("refresh") || nearest.contains("revalidated") { return .revalidated }
        if nearest.contains("stale") || nearest.contains("updating") { return .stale }
        if nearest.contains("hit") { return .hit }
        if nearest.contains("expired") || nearest.contains("miss") { return .miss }
        if nearest.contains("bypass") || nearest.contains("dynamic") || nearest.contains("nostore") { return .bypass }
        if nearest.contains("error") || nearest.contains("denied") { return .error }
        return nil
    }

    /// At most 32 plain characters: what an edge calls itself stands in reports and is a key of theirs.
    private static func clean(_ text: some StringProtocol) -> String {
        String(
            text.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "." || $0 == "_") }.prefix(32)
        )
    }
}
