import Quantities
import Transport

/// The parts of an absolute `http` or `https` URI that the simulation looks at.
struct SimulatedURI {
    var isSecure: Bool
    /// In lower case, without the port.
    var host: String
    /// Host and port as written, in lower case, with the scheme.
    var origin: String
    /// The path without the query, at least `/`.
    var path: String

    /// Reads a URI; nil when it is not absolute, has another scheme, no host, or a byte that is not printable ASCII.
    init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let lower = text.lowercased()
        guard lower.hasPrefix("http://") || lower.hasPrefix("https://") else { return nil }
        isSecure = lower.hasPrefix("https://")
        let rest = text.dropFirst(isSecure ? 8 : 7)
        let authority = rest.prefix { !"/?#".contains($0) }
        let afterUser = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? authority
        let name =
            afterUser.hasPrefix("[") ? afterUser.prefix { $0 != "]" }.dropFirst() : afterUser.prefix { $0 != ":" }
        guard !name.isEmpty else { return nil }
        host = name.lowercased()
        origin = (isSecure ? "https://" : "http://") + afterUser.lowercased()
        let tail = rest.dropFirst(authority.count).prefix { $0 != "?" && $0 != "#" }
        path = tail.isEmpty ? "/" : String(tail)
    }
}

/// The cookies of one simulated viewer, as RFC 6265 section 5 says, without public suffixes and without `Expires`
/// (a simulated clock has no date; `Max-Age` counts).
struct CookieJar {
    private struct Cookie {
        var name: String
        var value: String
        var domain: String
        var isHostOnly: Bool
        var path: String
        var isSecure: Bool
        var expires: Instant
    }

    /// RFC 6265 section 6.1 asks for at least 50 for each domain; more than this many push the oldest out.
    private static let limit = 300
    private var cookies: [Cookie] = []

    /// Takes over the `Set-Cookie` headers of a response (section 5.3).
    mutating func take(_ headers: [HTTPHeader], from uri: SimulatedURI, at now: Instant) {
        for header in headers where header.name.lowercased() == "set-cookie" {
            guard let cookie = Self.cookie(header.value, from: uri, at: now) else { continue }
            let known = cookies.firstIndex {
                $0.name == cookie.name && $0.domain == cookie.domain && $0.path == cookie.path
            }
            if let known {
                cookies[known] = cookie
            } else {
                cookies.append(cookie)
                if cookies.count > Self.limit { cookies.removeFirst() }
            }
        }
    }

    /// Keeps a cookie that no response has set, for all paths of its host.
    mutating func keep(_ cookie: ChannelCookie) {
        guard cookie.isSound else { return }
        cookies.removeAll { $0.name == cookie.name && $0.domain == cookie.host.lowercased() && $0.path == "/" }
        cookies.append(
            Cookie(
                name: cookie.name, value: cookie.value, domain: cookie.host.lowercased(), isHostOnly: true, path: "/",
                isSecure: false, expires: .distantFuture))
        if cookies.count > Self.limit { cookies.removeFirst() }
    }

    /// The value of the `Cookie` header of a request (section 5.4); nil when there is none.
    mutating func header(for uri: SimulatedURI, at now: Instant) -> String? {
        cookies.removeAll { $0.expires <= now }
        let fitting = cookies.filter { cookie in
            let isHost = cookie.isHostOnly ? uri.host == cookie.domain : Self.domain(uri.host, matches: cookie.domain)
            return isHost && Self.path(uri.path, matches: cookie.path) && (uri.isSecure || !cookie.isSecure)
        }
        // Longer paths first, then older cookies; the sort keeps the order of equals by their place.
        let sorted = fitting.enumerated().sorted {
            ($1.element.path.utf8.count, $0.offset) < ($0.element.path.utf8.count, $1.offset)
        }
        return sorted.isEmpty ? nil : sorted.map { "\($0.element.name)=\($0.element.value)" }.joined(separator: "; ")
    }

    private static func cookie(_ text: String, from uri: SimulatedURI, at now: Instant) -> Cookie? {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false).map(pair)
        guard let first = parts.first, !first.name.isEmpty, let value = first.value else { return nil }
        var cookie = Cookie(
            name: first.name, value: value, domain: uri.host, isHostOnly: true, path: defaultPath(uri.path),
            isSecure: false, expires: .distantFuture)
        for attribute in parts.dropFirst() {
            let value = attribute.value ?? ""
            switch attribute.name.lowercased() {
            case "domain" where !value.isEmpty:
                cookie.domain = (value.hasPrefix(".") ? String(value.dropFirst()) : value).lowercased()
                cookie.isHostOnly = false
            case "path" where value.hasPrefix("/"): cookie.path = value
            case "secure": cookie.isSecure = true
            case "max-age":
                if let seconds = Int64(value) {
                    cookie.expires = seconds <= 0 ? .zero : now + .seconds(Double(seconds))
                }
            default: break
            }
        }
        return cookie.isHostOnly || domain(uri.host, matches: cookie.domain) ? cookie : nil
    }

    private static func pair(_ text: Substring) -> (name: String, value: String?) {
        let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
            String($0.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        }
        return (halves.first ?? "", halves.count > 1 ? halves[1] : nil)
    }

    private static func domain(_ host: String, matches domain: String) -> Bool {
        if host == domain { return true }
        let isAddress = host.allSatisfy { $0.isNumber || $0 == "." } || host.contains(":")
        return !isAddress && host.hasSuffix("." + domain)
    }

    private static func defaultPath(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    private static func path(_ path: String, matches pattern: String) -> Bool {
        path == pattern
            || (path.hasPrefix(pattern) && (pattern.hasSuffix("/") || path.dropFirst(pattern.count).hasPrefix("/")))
    }
}
