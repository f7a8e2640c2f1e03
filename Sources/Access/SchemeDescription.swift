/// A scheme of the catalogue: what it is called, what it is set up with, and how it is made.
///
/// The profile, the command line and the documentation all come from this.
package struct SchemeDescription: Sendable {
    /// What kind of key a scheme signs with.
    package enum Keys: Sendable, Hashable {
        /// The same bytes sign and check.
        case symmetric
        /// A private key in PEM signs; the public key in PEM suffices to check.
        case pair
        /// Either, as an option says.
        case either
    }

    /// A setting of a scheme.
    package struct Option: Sendable, Hashable {
        /// The name in profiles and on the command line: lower case, with spaces.
        package var name: String
        /// The value when it is not set; nil where there is none then.
        package var standard: String?
        /// The values it may have; empty means any.
        package var allowed: [String]
        /// What it means, without a full stop.
        package var meaning: String
        /// True when its value names a secret: `env:NAME` or `file:PATH`.
        package var isSecret: Bool

        /// Creates a setting.
        package init(
            _ name: String, default standard: String? = nil, allowed: [String] = [], _ meaning: String,
            isSecret: Bool = false
        ) {
            self.name = name
            self.standard = standard
            self.allowed = allowed
            self.meaning = meaning
            self.isSecret = isSecret
        }
    }

    /// The name in profiles: lower case, with hyphens.
    package var name: String
    /// The name for people.
    package var summary: String
    /// The kind of key.
    package var keys: Keys
    /// How the key's text is read when nothing is said.
    package var keyEncoding: KeyEncoding
    /// The settings, in the order of the documentation.
    package var options: [Option]
    private let make: @Sendable (SchemeSettings) throws(TokenError) -> any TokenScheme

    /// Creates a description.
    package init(
        name: String, summary: String, keys: Keys, keyEncoding: KeyEncoding, options: [Option],
        make: @escaping @Sendable (SchemeSettings) throws(TokenError) -> any TokenScheme
    ) {
        self.name = name
        self.summary = summary
        self.keys = keys
        self.keyEncoding = keyEncoding
        self.options = options
        self.make = make
    }

    /// Makes the scheme.
    ///
    /// - Parameters:
    ///   - key: The key; nil makes a scheme that can only read tokens.
    ///   - encoding: How the key's text is read; nil means as the scheme has it by default.
    ///   - values: Settings by name; those that are not there have their default.
    ///   - secrets: The values of secret settings, by name.
    /// - Returns: The scheme.
    /// - Throws: ``TokenError`` for an unknown setting, a value that is not allowed, or a key that is none.
    package func scheme(
        key: KeyMaterial?, encoding: KeyEncoding? = nil, values: [String: String] = [:],
        secrets: [String: KeyMaterial] = [:]
    ) throws(TokenError) -> any TokenScheme {
        let names = options.map(\.name)
        for name in values.keys.sorted() + secrets.keys.sorted() where !names.contains(name) {
            throw .invalidOption(
                name: name, expected: names.isEmpty ? "left out" : "one of: " + names.joined(separator: ", "))
        }
        for option in options where !option.allowed.isEmpty {
            if let value = values[option.name], !option.allowed.contains(value) {
                throw .invalidOption(name: option.name, expected: "one of: " + option.allowed.joined(separator: ", "))
            }
        }
        return try make(
            SchemeSettings(
                description: self, key: key, encoding: encoding ?? keyEncoding, values: values, secrets: secrets))
    }
}

/// What a scheme is made from.
package struct SchemeSettings: Sendable {
    /// The scheme's description, for its defaults.
    let description: SchemeDescription
    /// The key; nil makes a scheme that can only read.
    let key: KeyMaterial?
    /// How the key's text is read.
    let encoding: KeyEncoding
    let values: [String: String]
    let secrets: [String: KeyMaterial]

    /// The key's bytes; an empty key when there is none.
    func symmetricKey() throws(TokenError) -> SecretKey {
        guard let key else { return SecretKey(bytes: []) }
        return try key.secret(encoding)
    }

    /// A setting's text, or its default; nil when there is neither.
    func text(_ name: String) -> String? {
        values[name] ?? description.options.first { $0.name == name }?.standard
    }

    /// A setting's value as something else.
    ///
    /// - Throws: ``TokenError/invalidOption(name:expected:)`` when it cannot be read or is missing.
    func choice<Value>(_ name: String, _ read: (String) -> Value?) throws(TokenError) -> Value {
        guard let text = text(name), let value = read(text) else {
            let allowed = description.options.first { $0.name == name }?.allowed ?? []
            throw .invalidOption(
                name: name, expected: allowed.isEmpty ? "given" : "one of: " + allowed.joined(separator: ", "))
        }
        return value
    }

    /// A setting that is true or false.
    func flag(_ name: String) throws(TokenError) -> Bool { try choice(name, Bool.init) }

    /// A setting that names a parameter, cookie or header: letters, digits, `-`, `_` and `.`.
    func name(_ name: String) throws(TokenError) -> String {
        try choice(name) { text in
            let isName =
                !text.isEmpty
                && text.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                        || "-_.".utf8.contains(byte)
                }
            return isName ? text : nil
        }
    }

    /// A secret setting's text; nil when it is not set.
    func secret(_ name: String) -> String? { secrets[name].map(\.trimmedText) }
}

/// All schemes that there are.
package enum TokenSchemes {
    /// The descriptions, in the order of the documentation.
    package static let all: [SchemeDescription] = [
        AkamaiEdgeAuth.description,
        CloudFront.description,
        GoogleCloudCDN.description,
        GoogleMediaCDN.description,
        Fastly.description,
        CloudflareTimedHMAC.description,
        CloudflareStream.description,
        EdgioECToken.description,
        Bunny.description,
        KeyCDN.description,
        CDN77.description,
        NginxSecureLink.description,
        Wowza.description,
        JSONWebTokenScheme.description,
        CommonAccessToken.description,
        TemplateScheme.description,
    ]

    /// The scheme of a name.
    package static func named(_ name: String) -> SchemeDescription? { all.first { $0.name == name } }
}
