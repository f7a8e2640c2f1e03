import Foundation
import Quantities
import Testing

@testable import Access

/// One way to use a scheme, for the checks that hold for all.
struct SchemeCase: Sendable, CustomTestStringConvertible {
    var name: String
    var scheme: any TokenScheme
    var placement: TokenPlacement
    var grant: TokenGrant
    /// A URI that the grant covers.
    var covered = "https://cdn.example.com/live/ch1/seg%201.m4s"
    /// What a URI of another stream gives.
    var otherPath: TokenVerdict = .tampered
    /// What another viewer's address gives; nil when the grant binds none.
    var otherAddress: TokenVerdict?
    /// Whether the start is in the token.
    var saysStart = false
    /// False where the same grant gives another token each time.
    var isDeterministic = true

    var testDescription: String { name + " in " + placement.rawValue }

    static let now = WallTime.seconds(1_700_000_100.0)
    static let address = "203.0.113.7"
    static let uri = "https://cdn.example.com/live/ch1/seg%201.m4s"

    static func one(address: Bool = false, start: Bool = false) -> TokenGrant { grant(.url(uri), address, start) }
    static func paths(address: Bool = false, start: Bool = false) -> TokenGrant {
        grant(.paths(["/live/*"]), address, start)
    }

    private static func grant(_ scope: TokenGrant.Scope, _ address: Bool, _ start: Bool) -> TokenGrant {
        var grant = TokenGrant(scope, from: now, lifetime: .seconds(60.0))
        grant.site = "https://cdn.example.com"
        grant.sessionID = "s-42"
        if address { grant.clientAddress = Self.address }
        if start { grant.notBefore = now - .seconds(10.0) }
        return grant
    }

    /// The request that carries a token, as a gate sees it.
    func request(_ token: AccessToken, on uri: String? = nil, from address: String? = SchemeCase.address)
        -> AccessRequest
    {
        var request = OutgoingRequest(uri: uri ?? covered)
        scheme.attach(token, to: &request, in: placement)
        return Self.seen(request, from: address)
    }

    /// What a gate sees of a request.
    static func seen(_ request: OutgoingRequest, from address: String? = SchemeCase.address) -> AccessRequest {
        var seen = AccessRequest(uri: request.uri, cookies: request.cookieHeader, clientAddress: address)
        for header in request.headers { seen.headers[header.name.lowercased()] = header.value }
        return seen
    }

    /// The text of the symmetric key of all cases.
    @TaskLocal static var keyText = "a-test-key"

    static func key() -> SecretKey { SecretKey(bytes: keyText.utf8) }

    static func all() throws -> [SchemeCase] {
        let keys = try CloudFrontVectors.load().keys
        return try cloudFront(keys) + edgio() + bunny() + hashes() + nginx() + templates()
    }

    private static func cloudFront(_ keys: [String: String]) throws -> [SchemeCase] {
        var cases: [SchemeCase] = []
        for (kind, name) in [("rsa2048", "RSA"), ("p256", "ECDSA")] {
            let pem = KeyMaterial(try #require(keys[kind + "_private_pem"]))
            for (hash, placement) in [(false, TokenPlacement.query), (true, .cookie)] {
                let scheme = try CloudFront(key: pem, keyPairID: "K2", usesSHA256: hash)
                cases.append(
                    .init(
                        name: "cloudfront canned \(name) \(hash)", scheme: scheme, placement: placement, grant: one(),
                        isDeterministic: kind == "rsa2048"))
                cases.append(
                    .init(
                        name: "cloudfront custom \(name) \(hash)", scheme: scheme, placement: placement,
                        grant: paths(address: true, start: true), otherPath: .wrongPath, otherAddress: .wrongAddress,
                        saysStart: true, isDeterministic: kind == "rsa2048"))
            }
        }
        return cases
    }

    private static func edgio() throws -> [SchemeCase] {
        let plain = try EdgioECToken(key: key(), terms: ["protocol allow": "https", "country allow": "NO,SE"])
        let named = try EdgioECToken(key: key(), parameter: "t")
        return [
            .init(
                name: "ectoken", scheme: plain, placement: .query, grant: paths(address: true), otherPath: .wrongPath,
                otherAddress: .wrongAddress, isDeterministic: false),
            .init(
                name: "ectoken parameter", scheme: named, placement: .query, grant: one(), otherPath: .wrongPath,
                isDeterministic: false),
        ]
    }

    private static func bunny() throws -> [SchemeCase] {
        var cases: [SchemeCase] = []
        for format in Bunny.Format.allCases {
            let scheme = try Bunny(key: key(), format: format)
            cases.append(.init(name: "bunny \(format)", scheme: scheme, placement: .query, grant: one()))
            cases.append(
                .init(
                    name: "bunny \(format) address", scheme: scheme, placement: .query, grant: one(address: true),
                    otherAddress: .tampered))
            if format == .md5 { continue }
            cases.append(
                .init(
                    name: "bunny \(format) directory", scheme: scheme, placement: .path, grant: paths(),
                    otherPath: .wrongPath))
        }
        let full = try Bunny(key: key(), countries: "NO,SE", blockedCountries: "XX", limit: "500")
        cases.append(
            .init(
                name: "bunny terms", scheme: full, placement: .path, grant: paths(address: true), otherPath: .wrongPath,
                otherAddress: .tampered))
        let ignoring = try Bunny(key: key(), ignoresParameters: true)
        cases.append(.init(name: "bunny ignoring", scheme: ignoring, placement: .query, grant: one()))
        return cases
    }

    private static func hashes() throws -> [SchemeCase] {
        let wowza = try Wowza(key: key(), parameters: "Customer=7")
        return [
            .init(name: "keycdn", scheme: KeyCDN(key: key()), placement: .query, grant: one()),
            .init(name: "cdn77", scheme: CDN77(key: key()), placement: .query, grant: one()),
            .init(name: "cdn77", scheme: CDN77(key: key()), placement: .path, grant: paths()),
            .init(
                name: "cdn77 address", scheme: CDN77(key: key(), address: .afterPath), placement: .path,
                grant: paths(address: true), otherAddress: .tampered),
            .init(
                name: "wowza", scheme: wowza, placement: .query, grant: one(address: true, start: true),
                otherAddress: .tampered, saysStart: true),
        ]
    }

    private static func nginx() throws -> [SchemeCase] {
        let bound = try NginxSecureLink(key: key(), expression: "$secure_link_expires$uri${remote_addr}$host $secret")
        let site = try NginxSecureLink(
            key: key(), expression: "$secure_link_expires$remote_addr $secret", hashName: "st", expiresName: "e")
        return [
            .init(
                name: "nginx", scheme: bound, placement: .query, grant: one(address: true), otherAddress: .tampered),
            .init(name: "nginx", scheme: try NginxSecureLink(key: key()), placement: .cookie, grant: one()),
            .init(
                name: "nginx site", scheme: site, placement: .cookie, grant: paths(address: true), otherPath: .valid,
                otherAddress: .tampered),
        ]
    }

    private static func templates() throws -> [SchemeCase] {
        let plain = try TemplateScheme(key: key())
        let full = try TemplateScheme(
            key: key(), algorithm: "hmac-sha512", message: "{start}~{expires}~{pattern}~{ip}~{session}",
            signature: "base64url",
            value: "st={start}~exp={expires}~acl={pattern}~ip={ip}~id={session}~hmac={signature}", name: "tok")
        let fields = try TemplateScheme(
            key: key(), algorithm: "md5", message: "{path}{key}{expires}", signature: "base64-percent",
            fields: "token={signature}&expires={expires}")
        let directory = try TemplateScheme(
            key: key(), algorithm: "sha256", message: "{host}{directory}{key}{expires}{ip}", signature: "HEX",
            value: "{expires}{signature}")
        var cases: [SchemeCase] = []
        for placement in TokenPlacement.allCases {
            cases.append(.init(name: "template", scheme: plain, placement: placement, grant: one()))
            cases.append(.init(name: "template fields", scheme: fields, placement: placement, grant: one()))
            cases.append(
                .init(
                    name: "template directory", scheme: directory, placement: placement, grant: paths(address: true),
                    otherAddress: .tampered))
            if placement == .path { continue }
            cases.append(
                .init(
                    name: "template full", scheme: full, placement: placement, grant: paths(address: true, start: true),
                    otherPath: .wrongPath, otherAddress: .wrongAddress, saysStart: true))
        }
        return cases
    }
}
