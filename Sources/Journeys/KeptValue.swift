import Quantities
import Transport

/// A value that a step takes from its answer and keeps under a name, for later steps to use as `{name}`.
package struct KeptValue: Sendable, Hashable {
    /// Where in the answer it stands.
    package enum Source: Sendable, Hashable {
        /// In the JSON body.
        case json(JSONPointer)
        /// A response header, by its name in lower case.
        case header(String)
        /// A cookie that the answer, or a redirect on the way to it, sets.
        case cookie(String)
        /// What the first group of a regular expression finds in the body, or all that it finds where it has no group.
        ///
        /// Only the first 64 KB of a body are searched.
        case pattern(String)
    }

    /// The name.
    package var name: String
    /// Where it stands.
    package var source: Source

    /// Creates a rule.
    package init(name: String, source: Source) {
        self.name = name
        self.source = source
    }

    /// How much of a body a pattern is looked for in: a hostile answer could make it take long.
    static let searchedBytes = 65_536

    /// True when the body is needed.
    package var needsBody: Bool {
        switch source {
        case .json, .pattern: true
        case .header, .cookie: false
        }
    }

    /// The response header that is needed, in lower case; nil when none is.
    package var neededHeader: String? {
        switch source {
        case .header(let name): name
        case .cookie: "set-cookie"
        case .json, .pattern: nil
        }
    }

    /// The value in an answer; nil when it is not there.
    package func value(in answer: StepAnswer) -> String? {
        switch source {
        case .json(let pointer): pointer.scalar(in: answer.body)
        case .header(let name): answer.headers.last { $0.name == name }?.value
        case .cookie(let name): Self.cookie(name, answer.headers)
        case .pattern(let pattern): Self.match(pattern, answer.body)
        }
    }

    /// The value of the last `Set-Cookie` of that name (RFC 6265 section 5.2).
    private static func cookie(_ name: String, _ headers: [HTTPHeader]) -> String? {
        for header in headers.reversed() where header.name == "set-cookie" {
            let pair = header.value.utf8.prefix { $0 != UInt8(ascii: ";") }
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let found = Self.trimmed(pair[..<equals])
            if found == name { return Self.trimmed(pair[pair.index(after: equals)...]) }
        }
        return nil
    }

    private static func trimmed(_ text: Substring.UTF8View) -> String {
        var rest = text
        while rest.first == 0x20 || rest.first == 0x09 { rest = rest.dropFirst() }
        while rest.last == 0x20 || rest.last == 0x09 { rest = rest.dropLast() }
        return String(Substring(rest))
    }

    private static func match(_ pattern: String, _ body: [UInt8]) -> String? {
        guard let expression = try? Regex(pattern) else { return nil }
        let text = String(decoding: body.prefix(searchedBytes), as: UTF8.self)
        guard let match = try? expression.firstMatch(in: text) else { return nil }
        let place = match.output.count > 1 ? match.output[1].range : match.range
        return place.map { String(text[$0]) }
    }

    /// True when a text is a regular expression.
    package static func isPattern(_ text: String) -> Bool { !text.isEmpty && (try? Regex(text)) != nil }
}

/// How the answer to a step's request came out.
package struct StepAnswer: Sendable {
    /// The status; 0 when no response began.
    package var status: Int
    /// The label of the error, or `""` for a complete response.
    package var error: String
    /// Kept response headers, names in lower case; those of redirects on the way first.
    package var headers: [HTTPHeader]
    /// The body, where the step needs it.
    package var body: [UInt8]
    /// How long the server wants nothing asked (`Retry-After`), where it says so.
    package var retryAfter: TimeAmount?

    /// Creates an answer.
    package init(
        status: Int, error: String = "", headers: [HTTPHeader] = [], body: [UInt8] = [], retryAfter: TimeAmount? = nil
    ) {
        self.status = status
        self.error = error
        self.headers = headers
        self.body = body
        self.retryAfter = retryAfter
    }
}
