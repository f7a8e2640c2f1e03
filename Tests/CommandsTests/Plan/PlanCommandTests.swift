import ArgumentParser
import Foundation
import Quantities
import Reporting
import Testing

@testable import Commands

@Suite struct PlanCommandTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("plan-\(UUID().uuidString)")

    private func profile(_ text: String) throws -> String {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appendingPathComponent("profile.yaml").path
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    private static let text = """
        name: small
        streams: {main: "http://127.0.0.1:1/a.m3u8"}
        audience: {viewers: 20, over: 10 s, watch: {exponential: {mean: 5 s}}}
        """

    private func perform(_ arguments: [String]) async -> Commands.ExitStatus {
        do {
            let command = try PlanCommand.parse(arguments)
            try await command.run()
            return .success
        } catch let failure as CommandFailure {
            return failure.status
        } catch {
            return .usage
        }
    }

    @Test func optionsTakeThePlaceOfTheProfilesOwn() throws {
        let path = try profile(Self.text)
        defer { try? FileManager.default.removeItem(at: folder) }
        let machine = MachineFacts(processors: 2, descriptors: 1_000, memory: ByteCount(1_000_000_000), ports: 1_000)
        func report(_ more: String...) throws -> PlanReport {
            try PlanCommand.parse([path] + more).draft(machine: machine)
        }
        let plain = try report()
        #expect(plain.viewers == 20 && plain.seed == 1 && plain.traffic == nil)
        #expect(try plain == report())
        let other = try report("--viewers", "30", "--seed", "9", "--ladder", "900,300")
        #expect(other.viewers == 30 && other.seed == 9 && other.traffic?.tracks.map(\.bitRate.kilobits) == [900])
        #expect(try report("--seed", "9") != plain)
    }

    @Test func statusesSayWhatWentWrong() async throws {
        let path = try profile(Self.text)
        defer { try? FileManager.default.removeItem(at: folder) }
        let page = folder.appendingPathComponent("plan.html").path
        #expect(await perform([path, "--json", "--html", page]) == .success)
        #expect(try String(contentsOfFile: page, encoding: .utf8).hasPrefix("<!DOCTYPE html>"))
        #expect(await perform([folder.path + "/gone.yaml"]) == .noInput)
        #expect(await perform([path, "--html", folder.path + "/no/such/page.html"]) == .cannotCreate)
        #expect(await perform([path, "--ladder", "none"]) == .usage)
        #expect(await perform([path, "--length", "0 s"]) == .usage)
        // A hundred thousand at once, with two connections each, are more than any machine has ports for.
        let crowd = try profile(Self.text.replacing("20, over: 10 s", with: "100000, arrivals: at once"))
        #expect(await perform([crowd, "--ascii"]) == .beyondMachine)
    }
}
