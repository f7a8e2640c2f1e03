import Quantities

/// The numbers of the Common Access Token's claims and how some of their values are read (IANA CWT registry).
enum CATClaims {
    static let issuer: Int64 = 1
    static let subject: Int64 = 2
    static let audience: Int64 = 3
    static let expires: Int64 = 4
    static let notBefore: Int64 = 5
    static let issued: Int64 = 6
    static let tokenID: Int64 = 7
    static let version: Int64 = 310
    static let networks: Int64 = 311
    static let uri: Int64 = 312
    static let methods: Int64 = 313
    static let headers: Int64 = 315
    static let renewal: Int64 = 323

    /// Claims that restrict and that are not looked at here.
    ///
    /// They are geohash, probability of rejection, ALPN, countries, coordinates, altitude, TLS key and proof of
    /// possession. A token with one of them is let in nowhere rather than everywhere.
    static let unsupported: [Int64] = [282, 309, 314, 316, 317, 318, 319, 321]

    /// The names of the claims, for people.
    static let names: [Int64: String] = [
        1: "iss", 2: "sub", 3: "aud", 7: "cti", 8: "cnf", 282: "geohash", 308: "catreplay", 309: "catpor", 310: "catv",
        311: "catnip", 312: "catu", 313: "catm", 314: "catalpn", 315: "cath", 316: "catgeoiso3166",
        317: "catgeocoord", 318: "catgeoalt", 319: "cattpk", 320: "catifdata", 321: "catdpop", 322: "catif",
        323: "catr",
    ]

    /// An instant of a numeric date; nil when it is no finite number.
    static func seconds(_ value: CBORValue?) -> WallTime? {
        switch value {
        case .unsigned(let seconds): .whole(seconds: Int64(clamping: seconds))
        case .negative: .whole(seconds: value?.integer ?? .min)
        case .number(let seconds): seconds.isFinite ? .seconds(seconds) : nil
        default: nil
        }
    }

    /// A span of seconds, zero or more and at most ten years; nil when it is none.
    static func amount(_ value: CBORValue?) -> TimeAmount? {
        let decade = 315_360_000.0
        return switch value {
        case .unsigned(let seconds): .seconds(min(Double(seconds), decade))
        case .number(let seconds): seconds.isFinite && seconds >= 0 ? .seconds(min(seconds, decade)) : nil
        default: nil
        }
    }

    /// The claims with another end, and issued now where they say when.
    static func renewed(_ claims: CBORValue, end: WallTime, now: WallTime) -> CBORValue {
        .map(
            (claims.pairs ?? []).map { pair in
                switch pair.key.integer {
                case expires: .init(pair.key, .integer(end.wholeSeconds))
                case issued: .init(pair.key, .integer(now.wholeSeconds))
                default: pair
                }
            })
    }
}

/// Conditions on a text, of which all must hold (`catu` and `cath`).
enum CATMatch {
    static let exact: Int64 = 0
    static let prefix: Int64 = 1
    static let suffix: Int64 = 2
    static let containing: Int64 = 3
    static let digest: Int64 = -1

    /// The conditions of a pattern: a `*` at its begin, at its end, or once between two texts; else the exact text.
    ///
    /// Nil for other wildcards.
    static func conditions(of pattern: String) -> CBORValue? {
        let bytes = pattern.utf8
        guard !bytes.contains(UInt8(ascii: "?")) else { return nil }
        let parts = bytes.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map {
            String(Substring($0))
        }
        switch parts.count {
        case 1: return .map([.init(.integer(exact), .text(pattern))])
        case 2:
            var pairs: [CBORValue.Pair] = []
            if !parts[0].isEmpty || parts[1].isEmpty { pairs.append(.init(.integer(prefix), .text(parts[0]))) }
            if !parts[1].isEmpty { pairs.append(.init(.integer(suffix), .text(parts[1]))) }
            return .map(pairs)
        case 3:
            guard parts[0].isEmpty, parts[2].isEmpty else { return nil }
            return .map([.init(.integer(containing), .text(parts[1]))])
        default: return nil
        }
    }

    /// Whether a text meets all conditions; one that is not understood, such as a regular expression, is not met.
    static func holds(_ conditions: CBORValue, for text: String) -> Bool {
        guard let pairs = conditions.pairs, !pairs.isEmpty else { return false }
        let bytes = Array(text.utf8)
        return pairs.allSatisfy { pair in
            switch pair.key.integer {
            case exact:
                // A port may be written as a number.
                return pair.value.text.map { Array($0.utf8) == bytes } ?? (pair.value.integer.map(String.init) == text)
            case prefix: return pair.value.text.map { bytes.starts(with: $0.utf8) } ?? false
            case suffix:
                return pair.value.text.map { bytes.reversed().starts(with: $0.utf8.reversed()) } ?? false
            case containing:
                return pair.value.text.map { part in
                    part.isEmpty || bytes.indices.contains { bytes[$0...].starts(with: part.utf8) }
                } ?? false
            case digest: return pair.value.byteString.map { $0 == SHA256Digest.bytes(of: bytes) } ?? false
            default: return false
            }
        }
    }

    /// The conditions as a pattern, for people.
    static func words(_ conditions: CBORValue) -> [String] {
        (conditions.pairs ?? []).map { pair in
            let text = pair.value.text ?? "…"
            switch pair.key.integer {
            case exact: return text
            case prefix: return text + "*"
            case suffix: return "*" + text
            case containing: return "*" + text + "*"
            case digest: return "(a digest)"
            default: return "(a regular expression)"
            }
        }
    }
}
