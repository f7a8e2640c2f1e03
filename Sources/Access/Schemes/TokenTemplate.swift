/// A text with names in braces, such as `{expires}_{signature}`, to be filled in and to be read back.
struct TokenTemplate: Hashable, Sendable {
    /// What a name in braces stands for.
    enum Name: String, Hashable, Sendable, CaseIterable {
        case path, uri, query, host, directory, pattern, expires, issued, start, ip, session, data, key, signature
    }

    /// A piece of the text.
    enum Piece: Hashable, Sendable {
        case literal(String)
        case name(Name)
    }

    /// The pieces in order; no literal is empty or follows another.
    let pieces: [Piece]

    /// Reads a template; nil for a name that is not known, or a brace without its partner.
    init?(_ text: String) {
        var pieces: [Piece] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            let brace = rest.utf8.firstIndex { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") } ?? rest.endIndex
            if brace > rest.startIndex { pieces.append(.literal(String(rest[..<brace]))) }
            rest = rest[brace...]
            guard !rest.isEmpty else { break }
            guard rest.utf8.first == UInt8(ascii: "{"), let end = rest.utf8.firstIndex(of: UInt8(ascii: "}")),
                let name = Name(rawValue: String(rest[rest.utf8.index(after: rest.startIndex)..<end]))
            else { return nil }
            pieces.append(.name(name))
            rest = rest[rest.utf8.index(after: end)...]
        }
        self.pieces = pieces
    }

    /// The names that it holds.
    var names: Set<Name> {
        Set(
            pieces.compactMap { piece in
                if case .name(let name) = piece { name } else { nil }
            })
    }

    /// The text with the names filled in; nil when one has no value.
    func filled(_ values: [Name: String]) -> String? {
        var text = ""
        for piece in pieces {
            switch piece {
            case .literal(let literal): text += literal
            case .name(let name):
                guard let value = values[name] else { return nil }
                text += value
            }
        }
        return text
    }

    /// Whether a filled text can be read back: between two names there must be a literal, unless one is the signature
    /// of a known length.
    ///
    /// - Parameter signatureLength: The bytes of a signature in text; nil when they vary.
    /// - Returns: True when every name's end can be found.
    func isReadable(signatureLength: Int?) -> Bool {
        for (position, piece) in pieces.enumerated() {
            guard case .name(let name) = piece, position + 1 < pieces.count,
                name != .signature || signatureLength == nil
            else { continue }
            switch pieces[position + 1] {
            case .literal: continue
            case .name: if fixedLength(from: position + 1, signatureLength) == nil { return false }
            }
        }
        return true
    }

    /// Reads the values back; nil for a text of another form.
    ///
    /// What stands before a literal reaches to the first place where the literal is.
    func values(of text: Substring, signatureLength: Int?) -> [Name: String]? {
        var rest = text.utf8
        var values: [Name: String] = [:]
        for (position, piece) in pieces.enumerated() {
            switch piece {
            case .literal(let literal):
                guard rest.starts(with: literal.utf8) else { return nil }
                rest = rest.dropFirst(literal.utf8.count)
            case .name(let name):
                guard let count = length(of: name, at: position, in: rest, signatureLength), count <= rest.count else {
                    return nil
                }
                let value = String(Substring(rest.prefix(count)))
                guard values[name] == nil || values[name] == value else { return nil }
                values[name] = value
                rest = rest.dropFirst(count)
            }
        }
        return rest.isEmpty ? values : nil
    }

    /// How many bytes of the rest belong to a name.
    private func length(
        of name: Name, at position: Int, in rest: Substring.UTF8View, _ signatureLength: Int?
    ) -> Int? {
        if name == .signature, let signatureLength { return signatureLength }
        guard position + 1 < pieces.count else { return rest.count }
        switch pieces[position + 1] {
        case .literal(let literal): return Self.offset(of: literal, in: rest)
        case .name:
            return fixedLength(from: position + 1, signatureLength).map { rest.count - $0 }.flatMap {
                $0 < 0 ? nil : $0
            }
        }
    }

    /// The bytes of the pieces from a position on, where all of them are known.
    private func fixedLength(from position: Int, _ signatureLength: Int?) -> Int? {
        var sum = 0
        for piece in pieces[position...] {
            switch piece {
            case .literal(let literal): sum += literal.utf8.count
            case .name(.signature):
                guard let signatureLength else { return nil }
                sum += signatureLength
            case .name: return nil
            }
        }
        return sum
    }

    private static func offset(of literal: String, in text: Substring.UTF8View) -> Int? {
        guard let first = literal.utf8.first else { return 0 }
        var rest = text
        while let index = rest.firstIndex(of: first) {
            if rest[index...].starts(with: literal.utf8) { return text.distance(from: text.startIndex, to: index) }
            rest = rest[rest.index(after: index)...]
        }
        return nil
    }
}

/// How a signature is written.
enum SignatureEncoding: String, Hashable, Sendable, CaseIterable {
    case hexadecimal = "hex"
    case upperHexadecimal = "HEX"
    case base64
    case unpaddedBase64 = "base64-unpadded"
    case urlBase64 = "base64url"
    case paddedURLBase64 = "base64url-padded"
    /// Padded base64 with `+`, `/` and `=` percent-encoded.
    case percentBase64 = "base64-percent"

    /// The text of a signature.
    func text(of bytes: [UInt8]) -> String {
        switch self {
        case .hexadecimal, .upperHexadecimal:
            var text: [UInt8] = []
            Hexadecimal.append(bytes, to: &text)
            let lower = String(decoding: text, as: UTF8.self)
            return self == .hexadecimal ? lower : lower.uppercased()
        case .base64: return Base64.encode(bytes, .standard)
        case .unpaddedBase64:
            let text = Base64.encode(bytes, .standard)
            return String(text.prefix { $0 != "=" })
        case .urlBase64: return Base64.encode(bytes)
        case .paddedURLBase64: return Base64.encode(bytes, .url(padded: true))
        case .percentBase64:
            return Base64.encode(bytes, .standard).replacing("+", with: "%2B").replacing("/", with: "%2F")
                .replacing("=", with: "%3D")
        }
    }

    /// The bytes of text for so many bytes of signature; nil where that varies.
    func length(of count: Int) -> Int? {
        switch self {
        case .hexadecimal, .upperHexadecimal: count * 2
        case .base64, .paddedURLBase64: (count + 2) / 3 * 4
        case .unpaddedBase64, .urlBase64: (count * 4 + 2) / 3
        case .percentBase64: nil
        }
    }
}
