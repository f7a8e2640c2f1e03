import Foundation
import Quantities
import Testing

@testable import Access

@Suite struct ProbeMakerTests {
    private let scheme: AkamaiEdgeAuth
    private let now = WallTime.seconds(1_700_000_000.0)
    private let uri = "https://cdn.example/live/a/video/7.m4s?_HLS_msn=3"
    private let manifest = "https://cdn.example/live/a/master.m3u8"

    init() throws {
        scheme = AkamaiEdgeAuth(key: try SecretKey(hexadecimal: "aabbccddeeff00112233445566778899"), name: "hdnts")
    }

    private func grant(_ scope: TokenGrant.Scope = .paths(["/live/a/*"]), session: String = "7") -> TokenGrant {
        var grant = TokenGrant(scope, from: now, lifetime: .seconds(60))
        grant.sessionID = session
        return grant
    }

    /// A viewer in the middle of play, whose first token ended ten seconds ago.
    private func honest(_ scope: TokenGrant.Scope = .paths(["/live/a/*"])) throws -> HonestRequest {
        var honest = HonestRequest(uri: uri, manifestURI: manifest, grant: grant(scope))
        honest.token = try scheme.sign(grant(scope), for: .query)
        let old = TokenGrant(scope, from: now - .seconds(70), lifetime: .seconds(60))
        honest.first = (try scheme.sign(old, for: .query), uri)
        honest.foreignToken = try scheme.sign(grant(session: "8"), for: .query)
        honest.foreignGrant = grant(scope, session: "8")
        honest.otherStreamGrant = grant(.paths(["/live/b/*"]))
        return honest
    }

    private func seen(_ made: MadeProbe, from address: String = "192.0.2.9") throws -> AccessRequest {
        guard case .request(let request) = made else {
            throw Unmade(what: made)
        }
        let headers = Dictionary(
            request.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
        return AccessRequest(
            uri: request.uri, cookies: request.cookieHeader, headers: headers, clientAddress: address)
    }

    private struct Unmade: Error { var what: MadeProbe }

    private static let verdicts: [(GateProbe, TokenVerdict)] = [
        (.noToken, .missing), (.expired, .expired), (.expiredInPlay, .expired), (.notYetValid, .notYetValid),
        (.tampered, .tampered), (.wrongPath, .wrongPath), (.wrongStream, .wrongPath),
        (.wrongAddress, .wrongAddress), (.manifestOnSegment, .tampered),
    ]

    @Test(arguments: verdicts, [TokenPlacement.query, .cookie, .header])
    func aGateRefusesEachForItsReason(_ kind: (GateProbe, TokenVerdict), placement: TokenPlacement) throws {
        let maker = ProbeMaker(scheme: scheme, placement: placement)
        let request = try seen(maker.make(kind.0, from: honest(), at: now))
        #expect(scheme.verify(request, at: now).verdict == kind.1)
        #expect(request.path == "/live/a/video/7.m4s" && request.query?.contains("_HLS_msn=3") == true)
    }

    @Test func everyKindHasItsVerdictOrIsShared() {
        #expect(Set(Self.verdicts.map(\.0)).union([.shared]) == Set(GateProbe.allCases))
    }

    @Test(arguments: [GateProbe.expired, .expiredInPlay, .notYetValid, .tampered, .wrongPath, .manifestOnSegment])
    func aTokenOfOneURLIsRefusedToo(_ probe: GateProbe) throws {
        let plain = "https://cdn.example/live/a/video/7.m4s"
        var honest = try honest(.url(plain))
        honest.uri = plain
        honest.first?.uri = plain
        let request = try seen(ProbeMaker(scheme: scheme).make(probe, from: honest, at: now))
        let expected: TokenVerdict =
            switch probe {
            case .expired, .expiredInPlay: .expired
            case .notYetValid: .notYetValid
            default: .tampered
            }
        #expect(scheme.verify(request, at: now).verdict == expected)
    }

    @Test func theTokenInTheURIOfTheHonestRequestIsTakenOut() throws {
        var honest = try honest()
        let token = try #require(honest.token)
        honest.uri = token.appended(to: uri)
        let maker = ProbeMaker(scheme: scheme)
        #expect(try seen(maker.make(.noToken, from: honest, at: now)).uri == uri)
        #expect(try seen(maker.make(.expired, from: honest, at: now)).uri.components(separatedBy: "hdnts=").count == 2)
    }

    @Test func oneCharacterOfTheSignatureIsChangedAndNothingElse() throws {
        let good = try #require(try honest().token?.value(of: "hdnts"))
        let request = try seen(ProbeMaker(scheme: scheme).make(.tampered, from: honest(), at: now))
        let carried = try #require(scheme.detach(from: request, in: .query)?.token.value(of: "hdnts"))
        let changed = zip(good.utf8, carried.utf8).enumerated().filter { $0.element.0 != $0.element.1 }.map(\.offset)
        #expect(good.utf8.count == carried.utf8.count && changed.count == 1)
        let signature = try #require(good.range(of: "~hmac="))
        #expect(changed[0] >= good.utf8.distance(from: good.startIndex, to: signature.upperBound))
        #expect(carried.suffix(64).allSatisfy { $0.isHexDigit })
    }

    @Test func anotherSessionsTokenIsTakenAsItIs() throws {
        let maker = ProbeMaker(scheme: scheme)
        let request = try seen(maker.make(.shared, from: honest(), at: now))
        let foreign = try honest().foreignToken
        #expect(scheme.detach(from: request, in: .query)?.token == foreign)
        #expect(!GateProbe.shared.isMeantByAll && GateProbe.allCases.count(where: \.isMeantByAll) == 9)
        var alone = try honest()
        alone.foreignToken = nil
        guard case .later = maker.make(.shared, from: alone, at: now) else {
            Issue.record("without another session there is nothing to share")
            return
        }
    }

    @Test func aTokenThatHasNotEndedIsKeptForLater() throws {
        var honest = try honest()
        let maker = ProbeMaker(scheme: scheme)
        honest.leeway = .seconds(20)
        guard case .later = maker.make(.expiredInPlay, from: honest, at: now) else {
            Issue.record("the gate may still take it")
            return
        }
        #expect(throws: Never.self) { _ = try seen(maker.make(.expiredInPlay, from: honest, at: now + .seconds(10))) }
    }

    @Test func aTokenThatIsGoodHereIsNoProbe() throws {
        let maker = ProbeMaker(scheme: scheme)
        var honest = try honest()
        honest.otherStreamGrant = grant(.paths(["/live/*"]))
        #expect(
            reason(maker.make(.wrongStream, from: honest, at: now))
                == "a token of the other stream is good for this one too")
        honest.isManifest = true
        #expect(
            reason(maker.make(.manifestOnSegment, from: honest, at: now)) == "the manifest is what its token is for")
    }

    @Test(arguments: GateProbe.allCases)
    func withoutAKeyItSaysWhatCannotBeSigned(_ probe: GateProbe) throws {
        var honest = try honest()
        honest.grant = nil
        honest.otherStreamGrant = nil
        let keyless = AkamaiEdgeAuth(key: SecretKey(bytes: []), name: "hdnts")
        let made = ProbeMaker(scheme: keyless).make(probe, from: honest, at: now)
        switch probe {
        case .noToken, .tampered, .expiredInPlay, .shared:
            // The gate has the key.
            let verdict = scheme.verify(try seen(made), at: now).verdict
            #expect(
                verdict
                    == (probe == .noToken
                        ? .missing : probe == .tampered ? .tampered : probe == .shared ? .valid : .expired))
        case .expired, .notYetValid, .wrongPath, .wrongAddress, .manifestOnSegment:
            #expect(reason(made) == "the key is not known here, so no other token can be signed")
        case .wrongStream:
            #expect(reason(made) == "the profile has no other stream whose token is known")
        }
    }

    @Test(arguments: GateProbe.allCases)
    func whereNothingIsKnownOfTokensOnlyNoneIsLeft(_ probe: GateProbe) throws {
        let made = ProbeMaker(scheme: nil).make(probe, from: try honest(), at: now)
        #expect((reason(made) == nil) == (probe == .noToken))
    }

    private func reason(_ made: MadeProbe) -> String? {
        guard case .inapplicable(let reason) = made else { return nil }
        return reason
    }
}

/// What holds for every scheme of the catalogue that a shared key makes.
@Suite struct ProbeOfEverySchemeTests {
    private let now = WallTime.seconds(1_700_000_000.0)
    private let uri = "https://cdn.example/live/a/video/7.m4s"

    @Test(arguments: TokenSchemes.all.map(\.name))
    func noProbeIsWhatTheSchemeFindsValid(_ name: String) throws {
        let description = try #require(TokenSchemes.named(name))
        let key = KeyMaterial("aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899")
        guard let scheme = try? description.scheme(key: key) else { return }
        for placement in scheme.placements {
            for scope in [TokenGrant.Scope.paths(["/live/a/*"]), .url(uri)] {
                check(scheme, placement, scope)
            }
        }
    }

    private func check(_ scheme: any TokenScheme, _ placement: TokenPlacement, _ scope: TokenGrant.Scope) {
        var grant = TokenGrant(scope, from: now, lifetime: .seconds(60))
        grant.site = "https://cdn.example"
        guard let token = try? scheme.sign(grant, for: placement) else { return }
        var honest = HonestRequest(uri: uri, manifestURI: "https://cdn.example/live/a/master.m3u8", grant: grant)
        honest.token = token
        honest.first = (token, uri)
        honest.otherStreamGrant = grant
        for probe in GateProbe.allCases where probe != .shared {
            let time = probe == .expiredInPlay ? now + .seconds(120) : now
            guard
                case .request(let made) = ProbeMaker(scheme: scheme, placement: placement)
                    .make(probe, from: honest, at: time)
            else { continue }
            let headers = made.headers.map { ($0.name.lowercased(), $0.value) }
            let seen = AccessRequest(
                uri: made.uri, cookies: made.cookieHeader,
                headers: Dictionary(headers, uniquingKeysWith: { first, _ in first }), clientAddress: "192.0.2.1")
            #expect(scheme.verify(seen, at: time).verdict != .valid, "\(probe) in \(placement)")
        }
    }
}

@Suite struct ProbePlanTests {
    @Test func sharesAreSeededAndExact() {
        let plan = ProbePlan(shares: [.expired: 0.1, .noToken: 1, .shared: 0], seed: 3)
        #expect(plan.kinds == [.noToken, .expired, .shared])
        let carried = (0..<20_000).map { plan.probes(ofSession: $0, isFirst: false) }
        #expect(carried == (0..<20_000).map { plan.probes(ofSession: $0, isFirst: false) })
        #expect(carried.allSatisfy { $0.contains(.noToken) && !$0.contains(.shared) && !$0.contains(.tampered) })
        let expired = carried.count { $0.contains(.expired) }
        #expect((1_850...2_150).contains(expired))
        let other = ProbePlan(shares: plan.shares, seed: 4)
        #expect((0..<20_000).map { other.probes(ofSession: $0, isFirst: false) } != carried)
        #expect(plan.probes(ofSession: 5, isFirst: true) == [.noToken, .expired, .shared])
    }

    @Test func theFirstOfEveryPlaceIsFound() {
        let places = [0, 0, 1, 0, 2, 1, 2, 3]
        #expect(ProbePlan.firstSessions(of: places.count) { places[$0] } == [0, 2, 4, 7])
        #expect(ProbePlan.firstSessions(of: 0) { $0 }.isEmpty)
        #expect(ProbePlan.firstSessions(of: -1) { $0 }.isEmpty)
    }
}
