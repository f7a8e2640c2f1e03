import Foundation
import Measurement
import Origin
import Quantities
import RunStore
import Testing

@testable import Commands

/// Commands as functions: parsed, run, and judged by status and sentences.
@Suite(.serialized) struct ExitStatusTests {
    private func run(_ scene: Scene, _ profile: String) async throws -> (status: Int32, sentences: [String]) {
        let path = try scene.file("profile.yaml", profile)
        return await Scene.perform("run", path, "--quiet", "--output", scene.folder + "/reports")
    }

    @Test(.timeLimit(.minutes(4)))
    func aGoodRunDrawsEveryFile() async throws {
        let scene = try Scene()
        let origin = try await Scene.origin()
        let uri = origin.edges[0].baseURL + "/vod/a/master.m3u8"
        let result = try await run(
            scene, Scene.profile(uri, more: "run: {transfers: all, loops: 1}\nthresholds: [plays >= 3, sessions == 3]"))
        await origin.stop()
        // On a machine that is much too busy the run says that its measurement is invalid; the files are there all the same.
        #expect(result.status == 0 || result.status == 2, "\(result)")
        let folder = try #require(scene.runs().first)
        #expect((folder as NSString).lastPathComponent.hasPrefix("scene-"))
        let files = Set(try FileManager.default.contentsOfDirectory(atPath: folder))
        #expect(
            files == [
                "run.sqlite", "report.html", "summary.json", "summary.csv", "timeline.csv", "findings.csv",
                "summary.md",
                "junit.xml", "sessions.csv", "transfers.csv",
            ])
        func text(_ name: String) throws -> String { try String(contentsOfFile: folder + "/" + name, encoding: .utf8) }
        let report = try RunReader(path: folder + "/run.sqlite").report()
        #expect(report.end == .completed && report.totals.overall.plays == 3)
        #expect(try text("sessions.csv").split(whereSeparator: \.isNewline).count == 4)
        #expect(
            try text("transfers.csv").split(whereSeparator: \.isNewline).count == Int(
                report.totals.allTransfers.all.count) + 1)
        let summary = try JSONSerialization.jsonObject(with: Data(text("summary.json").utf8)) as? [String: Any]
        #expect(summary?["format"] as? String == "fullhouse-summary")
        #expect(try text("report.html").hasPrefix("<!DOCTYPE html>") && text("report.html").contains("</html>"))
        #expect(try text("junit.xml").contains("plays >= 3") || text("junit.xml").contains("plays &gt;= 3"))

        // Drawn again elsewhere, it is the same.
        let again = await Scene.perform("report", folder, "--output", scene.folder + "/again")
        #expect(again.status == 0)
        for name in ["report.html", "summary.json", "summary.csv", "timeline.csv", "sessions.csv", "transfers.csv"] {
            let copy = try String(contentsOfFile: scene.folder + "/again/" + name, encoding: .utf8)
            #expect(try text(name) == copy, "\(name)")
        }
        // A file that cannot be replaced.
        try FileManager.default.createDirectory(
            atPath: scene.folder + "/blocked/report.html", withIntermediateDirectories: true)
        let blocked = await Scene.perform("report", folder + "/run.sqlite", "--output", scene.folder + "/blocked")
        #expect(blocked.status == 74 && blocked.sentences.count == 1)
        #expect(blocked.sentences.first?.contains("report.html cannot be written") == true)
    }

    @Test(.timeLimit(.minutes(4)))
    func aThresholdThatDoesNotHoldGivesOne() async throws {
        let scene = try Scene()
        let origin = try await Scene.origin()
        let uri = origin.edges[0].baseURL + "/vod/a/master.m3u8"
        let result = try await run(scene, Scene.profile(uri, more: "thresholds: [plays > 3]"))
        await origin.stop()
        #expect(result.status == 1 || result.status == 2, "\(result)")
        if result.status == 1 { #expect(result.sentences == ["1 of 1 thresholds do not hold"]) }
    }

    @Test(.timeLimit(.minutes(4)))
    func nothingPlayedGivesThreeWithReasons() async throws {
        let scene = try Scene()
        let origin = try await Scene.origin()
        let uri = origin.edges[0].baseURL + "/none/master.m3u8"
        let result = try await run(scene, Scene.profile(uri))
        await origin.stop()
        #expect(result.status == 3)
        #expect(result.sentences.last == "no viewer saw a picture")
        #expect(result.sentences.first?.contains("was answered with status 404") == true)
        #expect(FileManager.default.fileExists(atPath: try #require(scene.runs().first) + "/report.html"))
    }

    @Test func aProfileThatIsNotThereOrNoTextIsSaidSo() async throws {
        let scene = try Scene()
        let missing = await Scene.perform("run", scene.folder + "/none.yaml")
        #expect(missing.status == 66)
        #expect(missing.sentences == ["the profile \(scene.folder)/none.yaml cannot be read; is the path right?"])
        let folder = await Scene.perform("run", scene.folder)
        #expect(folder.status == 66 && folder.sentences.count == 1)
        try Data([0xFF, 0xFE, 0x00, 0x41]).write(to: URL(fileURLWithPath: scene.folder + "/binary.yaml"))
        let binary = await Scene.perform("run", scene.folder + "/binary.yaml")
        #expect(
            binary.status == 65 && binary.sentences == ["the profile \(scene.folder)/binary.yaml is not UTF-8 text"])
    }

    @Test func aBadProfileGivesAllItsProblems() async throws {
        let scene = try Scene()
        let result = try await run(scene, "nam: a\nstreams: {m: nowhere}\naudience: {viewers: 0}\n")
        #expect(result.status == 65 && result.sentences.count == 4)
        #expect(result.sentences.allSatisfy { $0.hasPrefix(scene.folder + "/profile.yaml:") })
        #expect(scene.runs().isEmpty)
    }

    @Test func keysAndCertificatesThatAreNotThereAreSaidSo() async throws {
        let scene = try Scene()
        func token(_ key: String) -> String {
            "access: {token: {scheme: akamai-edge-auth, key: '\(key)', paths: [/vod/*], lifetime: 1 min}}"
        }
        let uri = "http://127.0.0.1:9/a.m3u8"
        let unset = try await run(scene, Scene.profile(uri, more: token("env:FULLHOUSE_NO_SUCH_KEY")))
        #expect(unset.status == 66)
        #expect(
            unset.sentences == [
                "the environment variable FULLHOUSE_NO_SUCH_KEY, which is to hold a signing key, is not set"
            ])
        let gone = try await run(scene, Scene.profile(uri, more: token("file:\(scene.folder)/none.key")))
        #expect(gone.status == 66 && gone.sentences == ["the key file \(scene.folder)/none.key cannot be read"])
        let key = try scene.file("bad.key", "correct horse battery staple")
        let bad = try await run(scene, Scene.profile(uri, more: token("file:\(key)")))
        #expect(bad.status == 65 && bad.sentences.count == 1)
        #expect(bad.sentences[0].contains("hexadecimal digits") && !bad.sentences[0].contains("horse"))
        let authority = try await run(
            scene, Scene.profile(uri, more: "http: {certificate authorities: \(scene.folder)/ca.pem}"))
        #expect(authority.status == 66 && authority.sentences.first?.contains("ca.pem cannot be read") == true)
        #expect(scene.runs().isEmpty)
    }

    @Test func aFolderThatCannotBeMadeIsSaidSo() async throws {
        let scene = try Scene()
        let file = try scene.file("file", "")
        let path = try scene.file("profile.yaml", Scene.profile("http://127.0.0.1:9/a.m3u8"))
        let result = await Scene.perform("run", path, "--quiet", "--output", file + "/reports")
        #expect(result.status == 73 && result.sentences.count == 1)
        #expect(result.sentences.first?.hasSuffix("cannot be made; choose another with --output") == true)
    }

    @Test func reportsOfWhatIsNoRunAreRefused() async throws {
        let scene = try Scene()
        let file = try scene.file("notes.txt", "hello, this is no run at all, and long enough to be looked at")
        let missing = await Scene.perform("report", scene.folder + "/none")
        #expect(missing.status == 66 && missing.sentences.count == 1)
        let empty = await Scene.perform("report", scene.folder)
        #expect(empty.status == 66 && empty.sentences == ["There is no run file at \(scene.folder)/run.sqlite."])
        let text = await Scene.perform("report", file)
        #expect(text.status == 65 && text.sentences == ["The file \(file) is not a run file."])
        let output = await Scene.perform("report", file, "--output", file + "/x")
        #expect(output.status == 73)
    }

    @Test(arguments: [
        ["origin", "--edge", "nonsense:x"], ["origin", "--edge", "127.0.0.1:99999"],
        ["origin", "--edge", "127.0.0.1:0,errors=200%"], ["origin", "--key", "0123456789abcdef"],
        ["origin", "--live-segment", "soon"], ["origin", "--vod-segment", "0 s"], ["run"],
        ["run", "a", "--viewers", "0"],
        ["run", "a", "--loops", "257"], ["run", "a", "--nothing"], ["demo", "--viewers", "5001"], ["nothing"],
    ])
    func aWrongCommandLineGives64(_ arguments: [String]) async {
        let result = await Scene.perform(list: arguments)
        #expect(result.status == 64, "\(result)")
        #expect(!result.sentences.joined().contains("0123456789abcdef"))
    }

    @Test func anOriginThatCannotStartIsSaidSo() async throws {
        let origin = try await Scene.origin()
        let taken = await Scene.perform("origin", "--edge", "127.0.0.1:\(origin.edges[0].port)")
        await origin.stop()
        #expect(taken.status == 69 && taken.sentences.first?.contains("is in use by another program") == true)
        let directory = await Scene.perform("origin", "--edge", "127.0.0.1:0", "--directory", "/nonexistent/media")
        #expect(directory.status == 66 && directory.sentences.first?.contains("/nonexistent/media") == true)
    }
}
