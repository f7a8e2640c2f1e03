import Testing

@testable import Access

@Suite struct CatalogueTests {
    @Test func everySchemeCanBeMadeToReadWithItsDefaults() throws {
        for description in TokenSchemes.all {
            let scheme = try description.scheme(key: nil)
            #expect(!scheme.placements.isEmpty, "\(description.name)")
            #expect(TokenSchemes.named(description.name)?.summary == description.summary)
            for option in description.options where !option.allowed.isEmpty {
                #expect(option.standard.map(option.allowed.contains) ?? true, "\(description.name) \(option.name)")
                // A template's settings depend on one another.
                for value in option.allowed where description.name != "template" {
                    #expect(throws: Never.self) { try description.scheme(key: nil, values: [option.name: value]) }
                }
            }
        }
        #expect(Set(TokenSchemes.all.map(\.name)).count == TokenSchemes.all.count)
    }

    @Test(arguments: [
        ("google-media-cdn", "headers", "Foo"), ("google-media-cdn", "headers", "F:oo=a"),
        ("google-media-cdn", "name", "a b"), ("google-cloud-cdn", "key name", "a&b"), ("fastly", "algorithm", "md5"),
        ("cloudflare", "lifetime", "0"), ("cloudflare", "lifetime", "1h"),
        ("cloudflare", "lifetime", "99999999999999999999"),
        ("cloudflare-stream", "video", "a/b"), ("jwt", "algorithm", "none"), ("jwt", "segment prefix", "a/b"),
        ("jwt", "leeway", "-1"), ("common-access-token", "renewal deadline", "x"),
        ("common-access-token", "renewal name", "a;b"), ("common-access-token", "nonsense", "1"),
    ])
    func whatASettingCannotBeIsRefused(scheme: String, option: String, value: String) {
        #expect(throws: TokenError.self) { try TestVectors.scheme(scheme, key: nil, [option: value]) }
    }

    @Test func aKeyOfTheWrongKindIsRefused() throws {
        let pem = try TestVectors.key("rsa2048_private_pem")
        for (scheme, values, key) in [
            ("jwt", [:], pem), ("jwt", ["algorithm": "ES256"], pem),
            ("jwt", ["algorithm": "RS256"], KeyMaterial("secret")),
            ("cloudflare-stream", [:], KeyMaterial("secret")), ("google-media-cdn", [:], KeyMaterial("c2hvcnQ=")),
            ("common-access-token", [:], KeyMaterial("xyz")), ("fastly", [:], KeyMaterial("!")),
        ] as [(String, [String: String], KeyMaterial)] {
            #expect(throws: TokenError.self, "\(scheme)") { try TestVectors.scheme(scheme, key: key, values) }
        }
    }
}
