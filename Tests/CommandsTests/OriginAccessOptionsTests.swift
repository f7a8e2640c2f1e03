import Access
import ArgumentParser
import Foundation
import Origin
import Quantities
import Testing

@testable import Commands

@Suite struct OriginAccessOptionsTests {
    private let folder = FileManager.default.temporaryDirectory.path + "/fullhouse-test-" + UUID().uuidString

    private func settings(_ arguments: [String], files: [String: String] = ["key": "00112233\n"]) throws
        -> OriginSettings
    {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, content) in files {
            try content.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
        }
        let options = try OriginAccessOptions.parse(
            arguments.map { $0.replacingOccurrences(of: "FOLDER", with: folder) })
        var settings = OriginSettings()
        try options.apply(to: &settings)
        return settings
    }

    @Test func aKeyAloneIsAkamaisWithItsCookie() throws {
        let settings = try settings(["--key", "file:FOLDER/key"])
        #expect((settings.gate?.scheme as? AkamaiEdgeAuth)?.name == "hdnts")
        #expect((settings.gate?.cookie?.scheme as? AkamaiEdgeAuth)?.name == "hdntl")
        #expect(settings.gate?.cookie?.lifetime == .seconds(86_400) && settings.entitlements == nil)
        #expect(try self.settings([]).gate == nil)
    }

    @Test func aSchemeOfTheCatalogueIsSetUpByName() throws {
        let settings = try settings(
            [
                "--scheme", "akamai-edge-auth", "--key", "file:FOLDER/key", "--key-encoding", "text",
                "--scheme-option", "name=tok", "--scheme-option", "salt=file:FOLDER/salt", "--scheme-option",
                "escape-early=true", "--token-in", "header", "--token-in", "cookie", "--gate-path", "/live/",
                "--gate-kinds", "playlists+key", "--cookie-lifetime", "10 min", "--refuse-with", "401",
                "--refuse-with", "expired=410", "--share-limit", "3,by=header:X-Session,within=20 s", "--site",
                "https://cdn.test",
            ], files: ["key": "text key", "salt": "NaCl\n"])
        let gate = try #require(settings.gate)
        let scheme = try #require(gate.scheme as? AkamaiEdgeAuth)
        #expect(scheme.name == "tok" && scheme.salt == "NaCl" && scheme.escapesEarly && scheme.key.byteCount == 8)
        #expect(gate.placements == [.header, .cookie] && gate.prefixes == ["/live/"])
        #expect(gate.kinds == [.manifest, .playlist, .key] && gate.site == "https://cdn.test")
        #expect(gate.refusalStatus == 401 && gate.statuses == [.expired: 410])
        #expect(gate.sharing == SharingLimit(viewers: 3, identity: .header("x-session"), window: .seconds(20)))
        #expect((gate.cookie?.scheme as? AkamaiEdgeAuth)?.name == "tok" && gate.cookie?.lifetime == .seconds(600))
        #expect(settings.problems().isEmpty)
    }

    @Test func theAPIIsSetUp() throws {
        let settings = try settings([
            "--key", "file:FOLDER/key", "--api", "--token-lifetime", "5 s", "--token-path", "/live/*", "--concurrency",
            "2", "--heartbeat", "10 s", "--ticket-prefix", "ppv-", "--api-delay", "50 ms", "--api-errors", "5%",
            "--api-unavailable", "1%", "--api-rate", "100",
        ])
        let api = try #require(settings.entitlements)
        #expect(api.lifetime == .seconds(5) && api.paths == ["/live/*"] && api.concurrency == 2)
        #expect(api.heartbeat == .seconds(10) && api.delay == .milliseconds(50) && api.callsPerSecond == 100)
        #expect(api.errors == 0.05 && api.unavailable == 0.01 && settings.problems().isEmpty)
        guard case .prefix("ppv-") = api.tickets else {
            Issue.record("the tickets are others")
            return
        }
    }

    @Test func ticketsComeFromAFileOrAKey() throws {
        let files = ["key": "00", "t.csv": "\"a1\",Ann\n\nb2 , Ben\r\n", "secret": "abc\n"]
        let arguments = ["--key", "file:FOLDER/key", "--api"]
        let listed = try settings(arguments + ["--ticket-list", "FOLDER/t.csv"], files: files)
        guard case .listed(let tickets)? = listed.entitlements?.tickets else {
            Issue.record("there is no list")
            return
        }
        #expect(tickets == ["a1", "b2"])
        let signed = try settings(arguments + ["--ticket-key", "file:FOLDER/secret"], files: files)
        guard case .signed(let key)? = signed.entitlements?.tickets else {
            Issue.record("there is no key")
            return
        }
        #expect(key.ticket("x") == TicketKey(bytes: Array("abc".utf8)).ticket("x"))
    }

    @Test(arguments: [
        ["--api"], ["--scheme", "akamai-edge-auth"], ["--concurrency", "2"],
        ["--key", "00112233"], ["--key", "env:FULLHOUSE_TEST_NO_SUCH"], ["--key", "file:FOLDER/none"],
        ["--key", "file:FOLDER/key", "--scheme", "no-such"], ["--key", "file:FOLDER/key", "--key-encoding", "octal"],
        ["--key", "file:FOLDER/key", "--scheme-option", "name"],
        ["--key", "file:FOLDER/key", "--scheme-option", "nmae=x"],
        ["--key", "file:FOLDER/key", "--scheme-option", "salt=in the open"],
        ["--key", "file:FOLDER/key", "--token-in", "body"], ["--key", "file:FOLDER/key", "--gate-kinds", "clock"],
        ["--key", "file:FOLDER/key", "--refuse-with", "never"], ["--key", "file:FOLDER/key", "--refuse-with", "x=403"],
        ["--key", "file:FOLDER/key", "--share-limit", "many"],
        ["--key", "file:FOLDER/key", "--share-limit", "1,by=eye"],
        ["--key", "file:FOLDER/key", "--cookie-lifetime", "long"],
        ["--key", "file:FOLDER/key", "--api", "--api-errors", "120%"],
        ["--key", "file:FOLDER/key", "--api", "--ticket-list", "FOLDER/none"],
        ["--key", "file:FOLDER/key", "--api", "--ticket-prefix", "a", "--ticket-key", "env:B"],
    ])
    func whatIsWrongIsRefusedWithoutASecret(arguments: [String]) {
        let failure = #expect(throws: CommandFailure.self) { try settings(arguments) }
        let text = failure.map { "\($0)" } ?? ""
        #expect(!text.contains("00112233") && !text.contains("in the open"))
    }

    @Test func anEdgeLeaksAndServesNoAPIAsItsOptionSays() throws {
        let edge = try EdgeOption.edge("127.0.0.2:8081,leak=segments+expiry,api=no", number: 2)
        #expect(edge.gateFaults == GateFaults(open: RequestKind.segments, ignored: [.expiry]))
        #expect(!edge.servesEntitlements)
        for wrong in ["leak=", "leak=everything", "api=maybe"] {
            #expect(throws: CommandFailure.self) { try EdgeOption.edge("127.0.0.2:8081," + wrong, number: 2) }
        }
    }
}
