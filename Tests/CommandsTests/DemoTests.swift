import Foundation
import RunProfile
import Testing

@testable import Commands

@Suite struct DemoTests {
    @Test func theDemoPlaysTheReadyProfile() throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("Profiles/demo.yaml"), encoding: .utf8)
        let ready = try ProfileReader.read(text, file: "demo.yaml")
        let demo = try ProfileReader.read(DemoCommand.profile(port: 8_080, viewers: 240), file: "demo")
        #expect(ready.name == demo.name && ready.seed == demo.seed && ready.audience == demo.audience)
        #expect(ready.streams == demo.streams && ready.regions == demo.regions && ready.thresholds == demo.thresholds)
        #expect(ready.allowedHosts == demo.allowedHosts && ready.run == demo.run && ready.player == demo.player)
        #expect(ready.http == demo.http && ready.token == demo.token)
    }

    @Test func theDemosSettingsPinEveryEdge() throws {
        let demo = try ProfileReader.read(DemoCommand.profile(port: 8_080, viewers: 240), file: "demo")
        let settings = try SettingsAssembly.settings(for: demo)
        #expect(settings.regions.map { $0.edges.map(\.label) } == [["127.0.0.1"], ["127.0.0.2"]])
        #expect(settings.regions[1].edges[0].addresses == ["cdn.fullhouse.test:8080": "127.0.0.2"])
        #expect(settings.transport.allowedHosts == ["cdn.fullhouse.test"])
        #expect(settings.plan.viewers == 240 && settings.streams.count == 4 && settings.loops >= 1)
    }
}
