import Manifests
import Playback
import Quantities
import Testing

@Suite struct LicenceTests {
    private func harness(_ settings: PlayerSettings, isProtected: Bool = true) -> PlaybackHarness {
        var content = HLSContent()
        content.keyFormat = isProtected ? "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed" : nil
        return PlaybackHarness(content: content, network: "8", settings: settings)
    }

    private var asking: PlayerSettings {
        var settings = PlayerSettings()
        settings.requestsLicences = true
        return settings
    }

    @Test func noFrameIsShownBeforeTheLicence() {
        var harness = harness(asking)
        harness.plan(.licenceAnswered(.granted), at: 5.5)
        harness.run(seconds: 40)
        #expect(harness.licencesAsked == 1)
        #expect(harness.timeline.hasPrefix("ssssssp"))
        #expect(harness.session.state == .ended)
    }

    @Test func aRefusalFailsTheSession() {
        var harness = harness(asking)
        harness.plan(.licenceAnswered(.refused(status: 403, error: "")), at: 3.5)
        harness.run(seconds: 20)
        let failures = harness.events.compactMap { event -> String? in
            if case .failed(let reason) = event.event { reason.label } else { nil }
        }
        #expect(failures == ["licence-403"])
        #expect(!harness.session.hasStarted)
    }

    @Test func whatIsNotProtectedNeedsNone() {
        var harness = harness(asking, isProtected: false)
        harness.run(seconds: 40)
        #expect(harness.licencesAsked == 0)
        #expect(harness.session.state == .ended)
    }

    @Test func aPlayerThatAsksForNoneWaitsForNone() {
        var harness = harness(PlayerSettings())
        harness.run(seconds: 40)
        #expect(harness.licencesAsked == 0)
        #expect(harness.session.state == .ended)
    }
}
