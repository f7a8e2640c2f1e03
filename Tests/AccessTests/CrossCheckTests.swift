import Crypto
import CryptoExtras
import Foundation
import Quantities
import Testing

@testable import Access

/// Tokens with random keys and messages, looked at by programs that are not ours: `Tests/EndToEnd/token_check.py`.
@Suite(.serialized, .enabled(if: CrossCheck.isPossible)) struct CrossCheckTests {
    @Test func pythonMakesTheSameTokens() throws {
        var random = SeededGenerator(seed: 20_261_122)
        var cases: [[String: Any]] = []
        for _ in 0..<200 {
            cases.append(try CrossCheck.bunny(&random))
            cases += try CrossCheck.plain(&random)
            cases.append(try CrossCheck.wowza(&random))
            cases.append(try CrossCheck.template(&random))
        }
        let result = try CrossCheck.run("hashes", cases)
        #expect(result.checked == 1_200)
        #expect(result.wrong.isEmpty)
    }

    @Test func opensslVerifiesCloudFrontsSignatures() throws {
        var cases: [[String: Any]] = []
        let keys = [
            (
                try _RSA.Signing.PrivateKey(keySize: .bits2048).pemRepresentation,
                { (text: String) in try _RSA.Signing.PrivateKey(pemRepresentation: text).publicKey.pemRepresentation }
            ),
            (
                P256.Signing.PrivateKey().pemRepresentation,
                { (text: String) in try P256.Signing.PrivateKey(pemRepresentation: text).publicKey.pemRepresentation }
            ),
        ]
        for (kind, (key, publicKey)) in keys.enumerated() {
            for number in 0..<12 {
                let scheme = try CloudFront(key: KeyMaterial(key), keyPairID: "K", usesSHA256: number % 2 == 1)
                var grant = TokenGrant(.paths(["/live/\(number)/*"]), expires: .seconds(Double(2_000_000_000 + number)))
                grant.site = "https://h\(number).example.com"
                if number % 3 == 0 { grant.clientAddress = "192.0.2.\(number)" }
                let token = try scheme.sign(grant, for: .query)
                let policy = try #require(token.value(of: "Policy").flatMap(CloudFrontBase64.decode))
                cases.append([
                    "name": "\(kind) \(number)", "public": try publicKey(key),
                    "message": String(decoding: policy, as: UTF8.self), "hash": number % 2 == 1 ? "sha256" : "sha1",
                    "signature": try #require(token.value(of: "Signature")),
                ])
            }
        }
        let result = try CrossCheck.run("openssl", cases)
        #expect(result.checked == 24 && result.wrong.isEmpty)
    }

    @Test func nginxLetsInWhomItShould() throws {
        var random = SeededGenerator(seed: 11)
        let plan = try NginxPlan(&random)
        let result = try CrossCheck.run("nginx", plan.json)
        #expect(result.checked == plan.requests.count)
        #expect(result.wrong.isEmpty)
        for status in ["200", "400", "403", "410"] { #expect(result.counts?[status, default: 0] ?? 0 > 20) }
    }
}

/// Requests for nginx, with what it must answer.
struct NginxPlan {
    private(set) var requests: [[String: Any]] = []
    private var gates: [[String: String]] = []
    private let secret = "s3cret of the site"
    private let now = WallTime.seconds(Date().timeIntervalSince1970)

    /// The gates: the expression, what `secure_link` is, and where the token travels.
    private static let forms: [(String, String, String, TokenPlacement)] = [
        ("$secure_link_expires$uri$remote_addr $secret", "md5", "expires", .query),
        ("$secret|$uri|$arg_st_e", "st_md5", "st_e", .cookie),
        ("$secure_link_expires$uri $secret", "md5", "expires", .cookie),
        ("${remote_addr}$secret$secure_link_expires", "t", "e", .cookie),
        ("$uri$arg_expires$arg_user$http_x_device$host $secret", "md5", "expires", .query),
    ]

    init(_ random: inout SeededGenerator) throws {
        for (index, form) in Self.forms.enumerated() {
            let variable = form.3 == .cookie ? "$cookie_" : "$arg_"
            gates.append([
                "expression": form.0.replacingOccurrences(of: "$secret", with: secret),
                "link": variable + form.1 + "," + variable + form.2,
            ])
            let given = index == 4 ? "http_x_device=tv-7; arg_expires={data}" : index == 1 ? "arg_st_e=" : ""
            let scheme = try NginxSecureLink(
                key: SecretKey(bytes: secret.utf8), expression: form.0, hashName: form.1, expiresName: form.2,
                variables: given)
            for _ in 0..<60 { try add(scheme, index, form.3, &random) }
        }
    }

    var json: [String: Any] { ["gates": gates, "requests": requests] }

    private static func path(_ random: inout SeededGenerator) -> String {
        let pieces = [
            "a", "live", "%20", "%2F", "..", ".", "", "%C3%A9", "%25", "%3F", "%23", "+", "~x", "a=b&c", "%2e",
            "%2E%2e",
            "seg-1.m4s", ":", "%41", "...", "%7e", "%2", "%zz", "%00", "(1)", "b%2Fc", "%2F..", "*", "@",
        ]
        let path = (0..<Int.random(in: 1...5, using: &random)).map { _ in
            // Broken encodings are rare, so that most requests come to the gate.
            let piece = pieces.randomElement(using: &random) ?? "a"
            return ["%2", "%zz", "%00"].contains(piece) && Bool.random(using: &random) ? "b" : piece
        }
        return "/" + path.joined(separator: "/")
    }

    private mutating func add(
        _ scheme: NginxSecureLink, _ gate: Int, _ placement: TokenPlacement, _ random: inout SeededGenerator
    ) throws {
        let path = Self.path(&random)
        let user = gate == 4 ? "?user=v\(Int.random(in: 0..<99, using: &random))" : ""
        var grant = TokenGrant(.url("http://cdn.example.com" + path + user), from: now, lifetime: .seconds(600.0))
        if gate == 0 || gate == 3 { grant.clientAddress = "127.0.0.1" }
        let isRefusedByNginx = NginxPath.normalised(path) == nil
        if isRefusedByNginx {
            request(gate, "refused path", path + user, expected: 400)
            grant.scope = .url("http://cdn.example.com/a" + user)
        }
        for (name, lifetime, expected) in [("good", 600.0, 200), ("expired", -60.0, 410)] {
            grant.expires = now + .seconds(lifetime)
            if gate == 4 { grant.payload = String(grant.expires.wholeSeconds) }
            let token = try scheme.sign(grant, for: placement)
            guard case .url(let uri) = grant.scope else { continue }
            carry(scheme, token, gate, placement, uri, name, expected: expected)
            guard expected == 200 else { continue }
            request(gate, "no token", AccessRequest(uri: uri).target, expected: 403)
            var broken = token
            broken.fields[0].value = String(token.fields[0].value.reversed())
            if broken != token { carry(scheme, broken, gate, placement, uri, "tampered", expected: 403) }
            broken = token
            broken.fields[1].value += "0"
            // The second gate does not hash the end: that is its site's mistake, and nginx lets it pass.
            carry(scheme, broken, gate, placement, uri, "longer", expected: gate == 1 ? 200 : 403)
            let other = "http://cdn.example.com/of/another" + user
            carry(scheme, token, gate, placement, other, "another path", expected: gate == 3 ? 200 : 403)
            if gate == 0 || gate == 3 {
                carry(scheme, token, gate, placement, uri, "another address", from: "127.0.0.2", expected: 403)
            }
        }
    }

    private mutating func carry(
        _ scheme: NginxSecureLink, _ token: AccessToken, _ gate: Int, _ placement: TokenPlacement, _ uri: String,
        _ name: String, from address: String = "127.0.0.1", expected: Int
    ) {
        var outgoing = OutgoingRequest(uri: uri)
        scheme.attach(token, to: &outgoing, in: placement)
        let seen = AccessRequest(uri: outgoing.uri)
        request(gate, name, seen.target, cookie: outgoing.cookieHeader, from: address, expected: expected)
        // What our own gate says must be what nginx says.
        var checked = AccessRequest(uri: outgoing.uri, cookies: outgoing.cookieHeader, clientAddress: address)
        checked.headers["x-device"] = "tv-7"
        if gate == 4 { return }
        let verdict = scheme.verify(checked, in: [placement], at: now).verdict
        #expect((verdict == .valid) == (expected == 200), "\(name) at gate \(gate): \(verdict)")
        #expect((verdict == .expired) == (expected == 410))
    }

    private mutating func request(
        _ gate: Int, _ name: String, _ target: String, cookie: String? = nil, from address: String = "127.0.0.1",
        expected: Int
    ) {
        var request: [String: Any] = [
            "gate": gate, "name": "\(name) at gate \(gate)", "target": target, "address": address, "expected": expected,
            "headers": ["Host": "cdn.example.com", "X-Device": "tv-7"],
        ]
        if let cookie { request["cookie"] = "a=b; " + cookie }
        requests.append(request)
    }
}
