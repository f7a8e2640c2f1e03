/// Settings that several schemes read alike.
extension SchemeSettings {
    /// The key as a pair's; ``MessageAuthenticator/none`` when there is no key.
    func pair(_ kind: AsymmetricKey.Kind) throws(TokenError) -> MessageAuthenticator {
        guard let key else { return .none }
        return .pair(try AsymmetricKey(kind, key))
    }

    /// A setting that is a whole number of seconds, at least a minimum.
    func seconds(_ name: String, atLeast minimum: Int64 = 1) throws(TokenError) -> Int64 {
        guard let value = text(name).flatMap({ Int64($0) }), value >= minimum, value <= 1_000_000_000 else {
            throw .invalidOption(name: name, expected: "a whole number of seconds, \(minimum) or more")
        }
        return value
    }

    /// A setting that lists values separated by commas, without spaces around them; empty when it is not set.
    func list(_ name: String) -> [String] {
        (text(name) ?? "").split(separator: ",").map { piece in
            String(piece.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }.filter { !$0.isEmpty }
    }

    /// A setting that lists headers as `Name=value`, separated by commas.
    ///
    /// - Throws: ``TokenError/invalidOption(name:expected:)`` when a name is none, or there is a control character.
    func headers(_ name: String) throws(TokenError) -> [AccessToken.Field] {
        var fields: [AccessToken.Field] = []
        for piece in list(name) {
            let parts = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let isName = parts[0].utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
            guard parts.count == 2, !parts[0].isEmpty, isName, piece.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else {
                throw .invalidOption(name: name, expected: "headers as Name=value, separated by commas")
            }
            fields.append(.init(name: String(parts[0]), value: String(parts[1])))
        }
        return fields
    }

    /// The setting `key name`: letters, digits, `-`, `_` and `.`; empty when it is not set.
    func keyName() throws(TokenError) -> String { text("key name") == nil ? "" : try name("key name") }
}
