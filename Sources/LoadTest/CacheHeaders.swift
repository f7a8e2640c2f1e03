import Playback
import Quantities
import Transport

/// What response headers say of the cache that answered and where it stands.
///
/// The standard is RFC 9211; the vendors' words are those of their documentation. Names of headers arrive in lower case.
package enum CacheHeaders {
    /// The headers that are read, in lower case; a channel must keep them.
    package static let names =
        ["cache-status", "age", "server-timing", "server"] + statusNames + popNames

    private static let statusNames = [
        "x-cache", "cf-cache-status", "x-cache-status", "x-proxy-cache", "cdn-cache", "x-77-cache",
        "akamai-cache-status",
    ]
    private static let popNames = ["x-pop", "x-amz-cf-pop", "x-edge-location", "x-77-pop", "cf-ray", "x-served-by"]

    /// The status that the cache nearest the viewer reports; `unknown` when none does.
    ///
    /// `Cache-Status` (RFC 9211) comes first; of several caches the last one named is the nearest. Without any status an
    /// `Age` above zero means that a cache answered.
    package static func status(_ headers: [HTTPHeader]) -> CacheStatus {
        for header in headers.reversed() where header.name == "cache-status" {
            if let status = standard(header.value) { return status }
        }
        for header in headers.reversed() where statusNames.contains(header.name) {
            if let status = vendor(header.value) { return status }
        }
        for header in headers.reversed() where header.name == "server-timing" {
            if let status = serverTiming(header.value) { return status }
        }
        if let age = headers.last(where: { $0.name == "age" }), let seconds = Int(age.value), seconds > 0 {
            return .hit
        }
        return .unknown
    }

    /// The point of presence that the response names, or `""`.
    package static func pop(_ headers: [HTTPHeader]) -> String {
        for name in popNames {
            guard let header = headers.last(where: { $0.name == name }) else { continue }
            switch name {
            case "cf-ray", "x-served-by":
                // `<id>-<POP>`; of several in a list the last is nearest.
                let last = header.value.split(separator: ",").last ?? ""
                return clean(last.split(separator: "-").last ?? "")
            default:
                return clean(header.value)
            }
        }
        // `BunnyCDN-SE1-1234`.
        if let server = headers.last(where: { $0.name == "server" }), server.value.hasPrefix("BunnyCDN-") {
            return clean(server.value.split(separator: "-").dropFirst().first ?? "")
        }
        return ""
    }

    /// The value of a header that counts whole seconds, such as `Age`; nil where it is none.
    static func seconds(_ value: String?) -> TimeAmount? {
        guard let value, let seconds = Int64(value.split(separator: ",").first ?? ""), (0...1_000_000_000) ~= seconds
        else { return nil }
        return .seconds(seconds)
    }

    // MARK: The standard

    /// A `Cache-Status` list: members by commas, each a cache's name and its parameters.
    private static func standard(_ value: String) -> CacheStatus? {
        guard let nearest = members(value, by: ",").last else { return nil }
        var parameters: [Substring: Substring] = [:]
        for part in members(nearest, by: ";").dropFirst() {
            let halves = part.split(separator: "=", maxSplits: 1)
            guard let name = halves.first else { continue }
            parameters[trimmed(name)] = halves.count > 1 ? trimmed(halves[1]) : "?1"
        }
        if parameters["hit"] == "?1" {
            // Less than nothing is left of its freshness: served though too old.
            return parameters["ttl"]?.hasPrefix("-") == true ? .stale : .hit
        }
        switch parameters["fwd"] {
        case "bypass"?, "method"?, "request"?: return .bypass
        case "stale"? where parameters["fwd-status"] == "304": return .revalidated
        case .some: return .miss
        case nil: return nil
        }
    }

    /// The parts of a list outside quotation marks.
    private static func members(_ text: some StringProtocol, by separator: Character) -> [Substring] {
        var isQuoted = false
        var isEscaped = false
        return Substring(text).split { character in
            if isEscaped {
                isEscaped = false
            } else if isQuoted, character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            }
            return character == separator && !isQuoted
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }

    // MARK: Vendors

    private static func vendor(_ value: String) -> CacheStatus? {
        // Google's `den;hit` and `den;hit, sto;miss` put the place before the word.
        guard let last = value.split(separator: ",").last?.split(separator: ";").last else { return nil }
        // `TCP_HIT from a23-45.deploy.akamaitechnologies.com (…)`: what the machine is called says nothing.
        let word = trimmed(last).lowercased().split(separator: " ").first ?? ""
        let isHit = word.contains("hit")
        if word.contains("refresh_fail") || word.contains("stale") || word.contains("updating") { return .stale }
        if word.contains("expired"), isHit { return .stale }
        if word.contains("refresh"), word.contains("miss") { return .miss }
        if word.contains("refresh") || word.contains("revalidated") { return .revalidated }
        if isHit { return .hit }
        if word.contains("expired") || word.contains("miss") { return .miss }
        for bypass in ["bypass", "dynamic", "nostore", "nocache"] where word.contains(bypass) { return .bypass }
        if word.contains("error") || word.contains("denied") { return .error }
        return nil
    }

    /// `cdn-cache; desc=HIT, edge; dur=1`.
    private static func serverTiming(_ value: String) -> CacheStatus? {
        for member in members(value, by: ",") {
            let parts = members(member, by: ";").map(trimmed)
            guard parts.first == "cdn-cache", let words = parts.first(where: { $0.hasPrefix("desc=") }) else {
                continue
            }
            return vendor(words.dropFirst(5).filter { $0 != "\"" })
        }
        return nil
    }

    /// At most 32 plain characters: what an edge calls itself stands in reports and is a key of theirs.
    private static func clean(_ text: some StringProtocol) -> String {
        String(text.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }.prefix(32))
    }
}
