import Access
import Crypto
import CryptoExtras
import Foundation
import Quantities
import Testing

@testable import Origin

/// Every scheme of the catalogue at the gate, in every place where its tokens travel: nothing here knows any of them.
@Suite struct CatalogueTests {
    private let now = WallTime(nanoseconds: 1_795_363_201_500_000_000)
    private let url = "http://cdn.test/vod/a/master.m3u8"

    private static let pair = (try? _RSA.Signing.PrivateKey(keySize: .bits2048).pemRepresentation) ?? ""

    /// Settings that have no default and must be given, whatever the scheme.
    private static let required = ["key name": "key-1", "key pair id": "K2JCJMDEHXQW5F"]

    /// The scheme with a key of the kind that it takes; nil when it needs settings that are not known here.
    private func scheme(_ description: SchemeDescription) throws -> (any TokenScheme)? {
        let symmetric =
            switch description.keyEncoding {
            case .text: "a key of thirty-two characters!!"
            case .hexadecimal: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
            case .base64: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
            }
        let keys = [{ symmetric }, { P256.Signing.PrivateKey().pemRepresentation }, { Self.pair }]
        let grant = TokenGrant(.url(url), from: now, lifetime: .seconds(60))
        let names = description.options.map(\.name)
        for key in keys {
            let values = Self.required.filter { names.contains($0.key) }
            guard let scheme = try? description.scheme(key: KeyMaterial(key()), values: values) else { continue }
            if scheme.placements.contains(where: { (try? signed(scheme, grant, in: $0)) != nil }) { return scheme }
            let paths = TokenGrant(.paths(["/vod/a/*"]), from: now, lifetime: .seconds(60))
            if scheme.placements.contains(where: { (try? signed(scheme, paths, in: $0)) != nil }) { return scheme }
        }
        return nil
    }

    /// The URL with a token; nil when the token cannot travel there with this URL.
    private func signed(
        _ scheme: any TokenScheme, _ grant: TokenGrant, in placement: TokenPlacement
    ) throws(TokenError) -> EdgeRequest? {
        var grant = grant
        grant.site = "http://cdn.test"
        var outgoing = OutgoingRequest(uri: url)
        scheme.attach(try scheme.sign(grant, for: placement), to: &outgoing, in: placement)
        guard outgoing.uri != url || !outgoing.cookies.isEmpty || !outgoing.headers.isEmpty else { return nil }
        var request = EdgeRequest(method: "GET", target: String(outgoing.uri.dropFirst("http://cdn.test".utf8.count)))
        request.authority = "cdn.test"
        request.cookies = outgoing.cookieHeader
        for header in outgoing.headers { request.headers[header.name.lowercased()] = header.value }
        request.clientAddress = "127.0.0.1"
        return request
    }

    @Test(arguments: TokenSchemes.all.map(\.name))
    func aGateLetsInWhatItsSchemeHasSignedAndNothingElse(name: String) throws {
        let description = try #require(TokenSchemes.named(name))
        let scheme = try #require(try scheme(description), "\(name) needs settings that this test does not know")
        var origin = OriginSettings()
        origin.gate = TokenGate(scheme: scheme)
        #expect(origin.problems().isEmpty)
        var leaky = origin.edges[0]
        leaky.gateFaults = GateFaults(ignored: [.expiry])
        let leak = Edge(leaky, origin: origin, source: .synthetic(SyntheticContent(origin.content)))
        let edge = Edge(origin.edges[0], origin: origin, source: .synthetic(SyntheticContent(origin.content)))
        let scope = scheme.coverage == .oneURL ? TokenGrant.Scope.url(url) : .paths(["/vod/a/*"])
        var tried = 0
        for placement in scheme.placements {
            let grant = TokenGrant(scope, from: now, lifetime: .seconds(60))
            guard var request = try? signed(scheme, grant, in: placement) else { continue }
            tried += 1
            let reply = edge.answer(request, now: now)
            #expect(
                reply.status == 200, "\(name) in the \(placement.rawValue): \(String(describing: reply.served.verdict))"
            )
            #expect(reply.served.path == "/vod/a/master.m3u8" && reply.served.kind == .manifest)
            let late = edge.answer(request, now: now + .seconds(86_400))
            #expect(late.status == 403 && late.served.verdict == .expired, "\(name) in the \(placement.rawValue)")
            #expect(
                leak.answer(request, now: now + .seconds(86_400)).status == 200, "\(name) leaks in the \(placement)")
            // A token that takes the place of the folder has nothing else that could be changed.
            guard request.target.contains("/vod/a/") else { continue }
            request.target = request.target.replacing("/vod/a/", with: "/vod/b/")
            #expect(edge.answer(request, now: now).status == 403, "\(name) in the \(placement.rawValue)")
        }
        #expect(tried > 0)
        #expect(edge.answer(EdgeRequest(method: "GET", target: "/vod/a/master.m3u8"), now: now).status == 403)
    }

    @Test(arguments: TokenSchemes.all.map(\.name))
    func theAPIGivesOutWhatTheGateLetsIn(name: String) throws {
        let description = try #require(TokenSchemes.named(name))
        let scheme = try #require(try scheme(description))
        var origin = OriginSettings()
        origin.gate = TokenGate(scheme: scheme)
        origin.entitlements = EntitlementSettings()
        origin.entitlements?.paths = ["/vod/a/*"]
        let edge = Edge(origin.edges[0], origin: origin, source: .synthetic(SyntheticContent(origin.content)))
        var given = 0
        for placement in scheme.placements {
            var call = EdgeRequest(method: "POST", target: "/api/redeem")
            call.authority = "cdn.test"
            call.body = Array(#"{"ticket": "\#(placement)", "as": "\#(placement)", "url": "\#(url)"}"#.utf8)
            let answer = edge.answer(call, now: now)
            // A scheme may be unable to say this grant in this place; then it says so.
            guard answer.status == 200 else { continue }
            given += 1
            guard case .parts(let parts) = answer.body,
                let reply = try? JSONDecoder().decode(
                    Reply.self, from: Data(ContentObject(mediaType: "", parts: parts).bytes))
            else {
                Issue.record("the answer is no JSON")
                continue
            }
            let target = String((reply.url ?? "").dropFirst("http://cdn.test".utf8.count))
            var request = EdgeRequest(method: "GET", target: target)
            request.authority = "cdn.test"
            request.cookies = reply.cookie
            if placement == .header {
                for (name, value) in reply.fields { request.headers[name.lowercased()] = value }
            }
            #expect(edge.answer(request, now: now).status == 200, "\(name) in the \(placement)")
        }
        #expect(given > 0)
    }

    @Test(.enabled(if: TokenSchemes.named("common-access-token") != nil), arguments: ["header", "cookie", "redirect"])
    func aCommonAccessTokenIsRenewed(carrier: String) throws {
        let description = try #require(TokenSchemes.named("common-access-token"))
        let key = KeyMaterial("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
        let scheme = try description.scheme(
            key: key, encoding: .hexadecimal, values: ["renewal": carrier, "renewal deadline": "20"])
        let renewable = try #require(scheme as? any RenewableTokenScheme)
        var origin = OriginSettings()
        origin.gate = TokenGate(scheme: scheme)
        let edge = Edge(origin.edges[0], origin: origin, source: .synthetic(SyntheticContent(origin.content)))
        let grant = TokenGrant(.paths(["/vod/a/*"]), from: now, lifetime: .seconds(60))
        var request = try #require(try signed(scheme, grant, in: .query))
        let early = edge.answer(request, now: now + .seconds(30))
        #expect(early.status == 200 && early.header("Set-Cookie") == nil)
        let reply = edge.answer(request, now: now + .seconds(50))
        if carrier == "redirect" {
            #expect(reply.status == 302)
            request.target = try #require(reply.header("Location"))
        } else {
            #expect(reply.status == 200)
            let carried = try detached(scheme, request)
            let name = try #require(renewable.renewalCarrier(of: carried, sentIn: .query))
            let value: String
            switch name {
            case .header(let name): value = try #require(reply.header(name))
            case .cookie(let name):
                let pair = try #require(reply.header("Set-Cookie")).prefix { $0 != ";" }
                #expect(pair.hasPrefix(name + "="))
                value = String(pair.dropFirst(name.utf8.count + 1))
            case .redirect: value = ""
            }
            let token = try #require(renewable.token(renewedBy: value, for: .query))
            var outgoing = OutgoingRequest(uri: "http://cdn.test" + request.target)
            scheme.attach(token, to: &outgoing, in: .query)
            request.target = String(outgoing.uri.dropFirst("http://cdn.test".utf8.count))
        }
        #expect(edge.answer(request, now: now + .seconds(70)).status == 200)
    }

    private func detached(_ scheme: any TokenScheme, _ request: EdgeRequest) throws -> AccessToken {
        try #require(scheme.detach(from: AccessRequest(uri: request.target), in: .query)).token
    }

    private struct Reply: Decodable {
        var url: String?
        var cookie: String?
        var fields: [String: String]
    }
}
