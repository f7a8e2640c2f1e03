import Foundation
import Testing

@testable import Access

@Suite struct AsymmetricKeyTests {
    private static let kinds: [(AsymmetricKey.Kind, String)] = [
        (.rsa, "rsa2048"), (.p256, "p256"), (.ed25519, "ed25519"),
    ]

    @Test func aPrivateKeySignsAndItsPublicHalfChecks() throws {
        for (kind, name) in Self.kinds {
            let key = try AsymmetricKey(kind, TestVectors.key(name + "_private_pem"))
            let other = try AsymmetricKey(kind, TestVectors.key(name + "_public_pem"))
            #expect(key.kind == kind && key.canSign && !other.canSign)
            let signature = try key.signature(for: [1, 2, 3])
            #expect(other.isValid(signature, for: [1, 2, 3]))
            #expect(!other.isValid(signature, for: [1, 2, 4]))
            #expect(!other.isValid([], for: [1, 2, 3]))
            #expect(throws: TokenError.self) { try other.signature(for: [1]) }
        }
    }

    @Test func textsAsTheyComeFromVariablesAndEditorsAreRead() throws {
        for (kind, name) in Self.kinds {
            let text = try TestVectors.key(name + "_private_pem").trimmedText
            for variant in [
                text.replacing("\n", with: "\r\n"), text.replacing("\n", with: "\\n"), "\n  " + text + "\n\n",
                text.replacing("\n", with: "  \n"),
            ] {
                #expect(try AsymmetricKey(kind, KeyMaterial(variant)).canSign)
            }
        }
    }

    @Test func blocksThatAreNoKeysArePassedOver() throws {
        let parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        let text = parameters + (try TestVectors.key("p256_private_pem").trimmedText)
        #expect(try AsymmetricKey(.p256, KeyMaterial(text)).canSign)
    }

    @Test func aSeedIsReadInBase64OrHex() throws {
        let hex = try TestVectors.key("ed25519_seed_hex")
        let base64 = KeyMaterial(Base64.encode(try #require(Hexadecimal.decode(hex.trimmedText.utf8)), .standard))
        let pem = try AsymmetricKey(.ed25519, TestVectors.key("ed25519_public_pem"))
        for material in [hex, base64] {
            #expect(pem.isValid(try AsymmetricKey(.ed25519, material).signature(for: [7]), for: [7]))
        }
    }

    @Test func whatIsNoKeyIsRefusedWithoutShowingIt() throws {
        let rsa = try TestVectors.key("rsa2048_private_pem").trimmedText
        let texts = [
            "", "secret", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
            rsa.replacing("PRIVATE", with: "PUBLIC"), String(rsa.dropLast(900)),
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
        ]
        for text in texts {
            for (kind, _) in Self.kinds {
                do {
                    _ = try AsymmetricKey(kind, KeyMaterial(text))
                    Issue.record("accepted")
                } catch {
                    #expect(!error.description.contains("AAAA") && !error.description.contains("secret"))
                }
            }
        }
        #expect(throws: TokenError.self) { try AsymmetricKey(.p256, KeyMaterial(rsa)) }
    }

    @Test func aKeyShowsNothing() throws {
        let key = try AsymmetricKey(.ed25519, TestVectors.key("ed25519_private_pem"))
        #expect("\(key)" == "<secret>" && String(reflecting: key) == "<secret>")
        var dumped = ""
        dump(key, to: &dumped)
        #expect(dumped.contains("<secret>") && dumped.utf8.count < 40)
    }
}

@Suite struct AddressBlockTests {
    @Test(arguments: [
        ("203.0.113.0/24", "203.0.113.255", true), ("203.0.113.0/24", "203.0.114.0", false),
        ("203.0.113.7", "203.0.113.7", true), ("0.0.0.0/0", "255.255.255.255", true),
        ("10.0.0.0/9", "10.127.0.1", true),
        ("10.0.0.0/9", "10.128.0.1", false), ("2001:db8::/32", "2001:db8:1::2", true), ("::/0", "1.2.3.4", false),
        ("2001:db8::1", "2001:0DB8:0:0:0:0:0:1", true), ("::ffff:1.2.3.4", "::ffff:102:304", true),
        ("fe80::/10", "febf::1", true), ("fe80::/10", "fec0::1", false), ("::1", "::1%eth0", false), ("::1", "", false),
    ])
    func blocksContain(block: String, address: String, isInside: Bool) throws {
        #expect(try #require(AddressBlock(block)).contains(address) == isInside)
    }

    @Test(arguments: [
        "", "/", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/-1", "::1/129", "1::2::3", ":::",
        "1:2",
        "1:2:3:4:5:6:7:8:9", "12345::", "::g", "1.2.3.4::", "::1.2.3", "2001:db8:4a7f:a732/64", "+1.2.3.4",
        "1.2.3.4/+8",
    ])
    func whatIsNoneIsRefused(text: String) { #expect(AddressBlock(text) == nil) }
}
