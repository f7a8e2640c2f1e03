import Quantities

/// The text that nginx hashes for `secure_link_md5`, with its variables.
struct NginxExpression: Sendable {
    /// A piece of the text.
    enum Piece: Hashable, Sendable {
        case literal(String)
        /// `$uri`: the decoded, normalised path.
        case path
        /// `$secure_link_expires`.
        case expires
        /// `$remote_addr`.
        case address
        /// `$host`: in lower case, without a port.
        case host
        /// `$secret`: the key, which is no variable of nginx.
        case secret
        /// `$arg_NAME`.
        case argument(String)
        /// `$cookie_NAME`.
        case cookie(String)
        /// `$http_NAME`.
        case header(String)
    }

    /// The pieces in order.
    let pieces: [Piece]

    /// Reads an expression; nil for a variable that is not known, or a dollar without a name.
    init?(_ text: String) {
        var pieces: [Piece] = []
        var literal: [UInt8] = []
        var rest = Substring(text).utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "$") else {
                literal.append(byte)
                continue
            }
            guard let piece = Self.variable(&rest) else { return nil }
            if !literal.isEmpty { pieces.append(.literal(String(decoding: literal, as: UTF8.self))) }
            literal = []
            pieces.append(piece)
        }
        if !literal.isEmpty { pieces.append(.literal(String(decoding: literal, as: UTF8.self))) }
        self.pieces = pieces
    }

    /// Whether the path is in what is hashed, so that a token covers one URL.
    var holdsPath: Bool { pieces.contains(.path) }

    private static func variable(_ rest: inout Substring.UTF8View) -> Piece? {
        let isBraced = rest.first == UInt8(ascii: "{")
        if isBraced { rest = rest.dropFirst() }
        let name = rest.prefix { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == UInt8(ascii: "_")
        }
        rest = rest.dropFirst(name.count)
        if isBraced {
            guard rest.popFirst() == UInt8(ascii: "}") else { return nil }
        }
        return piece(named: String(Substring(name)))
    }

    private static func piece(named name: String) -> Piece? {
        switch name {
        case "uri": return .path
        case "secure_link_expires": return .expires
        case "remote_addr": return .address
        case "host": return .host
        case "secret": return .secret
        default: break
        }
        for (prefix, make) in [
            ("arg_", Piece.argument), ("cookie_", Piece.cookie), ("http_", Piece.header),
        ] where name.hasPrefix(prefix) && name.utf8.count > prefix.utf8.count {
            return make(name.dropFirst(prefix.utf8.count).lowercased())
        }
        return nil
    }
}

/// What nginx would put in the place of the variables of a request.
struct NginxValues {
    /// The decoded, normalised path; nil where nginx refuses it.
    var path: [UInt8]?
    /// The end as it is sent.
    var expires: String
    /// The viewer's address in text.
    var address: String?
    /// The request without its token.
    var request: AccessRequest
    /// Values that are given rather than looked up, by the variable's name without the dollar.
    var given: [String: String] = [:]

    /// The first piece without a value, or the bytes to hash.
    func message(
        of expression: NginxExpression, key: SecretKey
    ) -> (missing: NginxExpression.Piece?, bytes: [UInt8]) {
        var message: [UInt8] = []
        message.reserveCapacity(128)
        for piece in expression.pieces {
            switch piece {
            case .secret: message.append(key)
            case .path:
                guard let path else { return (piece, []) }
                message.append(contentsOf: path)
            default:
                guard let text = text(of: piece) else { return (piece, []) }
                message.append(text)
            }
        }
        return (nil, message)
    }

    private func text(of piece: NginxExpression.Piece) -> String? {
        switch piece {
        case .literal(let text): text
        case .expires: expires
        case .address: address
        case .host: URIReference("//" + request.authority).host.flatMap { $0.isEmpty ? nil : $0 }
        case .argument(let name):
            given["arg_" + name] ?? request.query.flatMap { Self.value(of: name, in: $0, UInt8(ascii: "&")) }
        case .cookie(let name):
            given["cookie_" + name] ?? request.cookies.flatMap { Self.value(of: name, in: $0, UInt8(ascii: ";")) }
        case .header(let name):
            given["http_" + name]
                ?? request.headers.first { Self.variableName($0.key) == name }?.value
        case .path, .secret: nil
        }
    }

    /// A header's name as nginx has it in variables: lower case, with `_` for `-`.
    private static func variableName(_ name: String) -> String {
        String(decoding: name.lowercased().utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
    }

    /// The first `name=value`, the name in either case, as nginx compares them.
    private static func value(of name: String, in list: String, _ separator: UInt8) -> String? {
        for piece in list.utf8.split(separator: separator) {
            let field = Substring(piece.drop { $0 == UInt8(ascii: " ") })
            guard let equals = field.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
            if field[..<equals].lowercased() == name {
                return String(field[field.utf8.index(after: equals)...])
            }
        }
        return nil
    }
}
