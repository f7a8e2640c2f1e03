import Playback
import Quantities
import Testing
import Transport

@testable import RunProfile

@Suite struct DeviceReaderTests {
    private func profile(_ audience: String, _ addition: String = "") throws -> RunProfile {
        let text = """
            name: a
            targets: {allow: [cdn.example, tell.example]}
            streams: {main: "https://cdn.example/a.m3u8"}
            audience:
              viewers: 100
            \(audience)
            \(addition)
            """
        return try ProfileReader.read(text, file: "p.yaml")
    }

    @Test func withoutDevicesThereIsTheOneOfPlayerAndHTTP() throws {
        let profile = try profile("", "player: {start buffer: 3 s}\nhttp: {version: 2, user agent: me}")
        #expect(profile.devices.count == 1)
        let device = profile.devices[0]
        #expect(device.name == "standard" && device.preset == .standard && device.player.screen == nil)
        #expect(device.player == profile.player && device.http == profile.http && device.headers.isEmpty)
        #expect(profile.audience.devices.map(\.name) == ["standard"])
    }

    @Test func aNameAloneIsAPreset() throws {
        let profile = try profile("  devices: {hls.js: 45%, avplayer: 30%, exoplayer: 20%, shaka: 5%}")
        #expect(profile.devices.map(\.preset) == [.hlsJS, .avPlayer, .media3, .shaka])
        #expect(profile.devices.map(\.name) == ["hls.js", "avplayer", "exoplayer", "shaka"])
        #expect(profile.audience.devices.map(\.weight) == [0.45, 0.3, 0.2, 0.05])
        for device in profile.devices {
            var expected = device.preset.settings
            expected.name = device.name
            #expect(device.player == expected)
            #expect(device.http.userAgent == device.preset.userAgent)
            #expect(device.http.parallelTransfers == device.preset.parallelTransfers)
            #expect(device.headers == device.preset.headers)
        }
    }

    @Test func theDevicesOwnSettingsComeBeforeThePlayersAndThePresets() throws {
        let profile = try profile(
            """
              devices:
                phone:
                  share: 2
                  preset: shaka
                  screen: 1280x720
                  http version: 2
                  user agent: Phone/1
                  parallel transfers: 3
                  headers: {X-Kind: phone, Accept: video/mp4}
                  start buffer: 4 s
                hls.js: {share: 1}
            """, "player: {start buffer: 2 s, leaving: abort}\nhttp: {version: 1.1, user agent: everybody}")
        let phone = profile.devices[0]
        #expect(
            phone.preset == .shaka && phone.weight == 2 && phone.player.screen == ScreenSize(width: 1_280, height: 720))
        #expect(phone.player.startThreshold == .seconds(4) && phone.player.leaving == .abort)
        #expect(phone.player.forwardTarget == PlayerPreset.shaka.settings.forwardTarget)
        #expect(phone.http.version == .http2 && phone.http.userAgent == "Phone/1" && phone.http.parallelTransfers == 3)
        #expect(phone.headers.filter { $0.name == "X-Kind" } == [HTTPHeader(name: "X-Kind", value: "phone")])
        #expect(phone.headers.filter { $0.name.lowercased() == "accept" }.map(\.value) == ["video/mp4"])
        #expect(profile.devices[1].player.startThreshold == .seconds(2))
        #expect(profile.devices[1].http.userAgent == PlayerPreset.hlsJS.userAgent)
    }

    @Test func telemetryIsRead() throws {
        let profile = try profile(
            """
              devices:
                shaka:
                  cmcd: {version: 2, by: header, collector: "https://tell.example/c", keys: [br, bl, sid], content id: final}
                hls.js: {cmcd: {collector: {uri: "https://tell.example/d", interval: 10 s, events: [ps, e], batch: 5}, version: 2}}
                dash.js: {cmcd: {}}
            """)
        let settings = try #require(profile.devices[0].player.cmcd)
        #expect(settings.version == .two && settings.placement == .header && settings.contentID == "final")
        #expect(settings.collector == CMCDCollector(uri: "https://tell.example/c"))
        #expect(settings.keys == [.encodedBitRate, .bufferLength, .sessionID])
        #expect(
            profile.devices[1].player.cmcd?.collector
                == CMCDCollector(
                    uri: "https://tell.example/d", events: [.playState, .error], interval: .seconds(10), batch: 5))
        #expect(profile.devices[2].player.cmcd == CMCDSettings())
    }

    @Test func everyConstantOfAPresetCanBeChanged() throws {
        let profile = try profile(
            """
              devices:
                tv:
                  preset: dash.js
                  screen: 1920x1080
                  adaptation: robust mpc
                  start delay: 1 s
                  loading: sequential
                  check interval: 2 s
                  refill level: 3 s
                  forward bytes: 4 MB
                  longest forward buffer: 50 s
                  top forward buffer: 40 s
                  long form forward buffer: 45 s
                  audio lead: 7 s
                  audio lead segments: 1.5
                  fast switching: false
                  catch up: lol+
                  catch up always: true
                  hold-back per stall: 8 s
                  manifest retry: {attempts: 9, first delay: 1 s, factor: 1.5, longest delay: 20 s, increment: 2 s, fuzz: 0.25, timeout attempts: 4, client errors: give up}
                  segment retry: {attempts: 2}
                plain: {preset: dash.js, catch up: none}
            """)
        var expected = PlayerPreset.dashJS.settings
        let untouched = expected.segmentRetry
        expected.name = "tv"
        expected.screen = ScreenSize(width: 1_920, height: 1_080)
        expected.adaptation = .adaptive(.mpc(.init(isRobust: true)))
        expected.startDelay = .seconds(1)
        expected.loading = .sequential
        expected.checkInterval = .seconds(2)
        expected.refillLevel = .seconds(3)
        expected.forwardBytes = ByteCount(4_000_000)
        expected.longestForwardTarget = .seconds(50)
        expected.topForwardTarget = .seconds(40)
        expected.longFormForwardTarget = .seconds(45)
        expected.leadOverMain = .seconds(7)
        expected.leadOverMainSegments = 1.5
        expected.replacesLowerTracks = false
        expected.catchUp = .loLPlus(.init())
        expected.catchesUpInLowLatencyOnly = false
        expected.holdBackPerStall = .seconds(8)
        expected.manifestRetry = RetryPolicy(
            attempts: 9, firstDelay: .seconds(1), factor: 1.5, longestDelay: .seconds(20), givesUpOnClientErrors: true)
        expected.manifestRetry.increment = .seconds(2)
        expected.manifestRetry.fuzz = 0.25
        expected.manifestRetry.timeoutAttempts = 4
        expected.segmentRetry.attempts = 2
        #expect(profile.devices[0].player == expected)
        #expect(profile.devices[0].player.segmentRetry.fuzz == untouched.fuzz)
        #expect(PlayerPreset.dashJS.settings.catchUp != nil && profile.devices[1].player.catchUp == nil)
    }

    @Test(arguments: AdaptationReader.rules.map(\.name)) func aRuleCanBeNamed(_ name: String) throws {
        let rule = AdaptationReader.rules.first { $0.name == name }
        let profile = try profile("", "player: {adaptation: '\(name)'}")
        #expect(rule.map { .adaptive($0.settings) } == profile.player.adaptation)
    }

    @Test func thresholdsCanNameDevices() throws {
        let text = "thresholds: ['device shaka: startup time p95 < 3 s']"
        #expect(try profile("  devices: {shaka: 1}", text).thresholds.count == 1)
        #expect(throws: ProfileError.self) { try self.profile("  devices: {hls.js: 1}", text) }
    }

    @Test(arguments: [
        ("{hsl.js: 1}", "audience.devices.hsl.js: this is no player that is known here; did you mean 'hls.js'?"),
        ("{shaka: 0%}", "audience.devices: at least one device needs a share above zero"),
        ("{shaka: fast}", "audience.devices.shaka: expected a share such as 25%"),
        ("[shaka]", "audience.devices: expected a mapping of devices to shares, found a list"),
        ("{tv: {preset: samsung}}", "audience.devices.tv.preset: expected one of: hls.js, dash.js, shaka, exoplayer"),
        (
            "{tv: {screen: 0x720}}",
            "audience.devices.tv.screen: expected a size in pixels such as 1280x720, found '0x720'"
        ),
        ("{tv: {screen: 1280}}", "audience.devices.tv.screen: expected a size in pixels"),
        ("{tv: {sreen: 1280x720}}", "audience.devices.tv.sreen: this is not a setting; did you mean 'screen'?"),
        ("{tv: {http version: 4}}", "audience.devices.tv.http version: expected one of: 1.1, 2, 3"),
        ("{tv: {headers: {Host: a}}}", "audience.devices.tv.headers.Host: a header's name has letters"),
        ("{tv: {headers: {X: \"a\\r\\nb\"}}}", "audience.devices.tv.headers.X: expected printable ASCII characters"),
        ("{tv: {start buffer: 40 s}}", "audience.devices.tv.start buffer: 'start buffer' (40 s) is longer"),
        ("{tv: {cmcd: {version: 3}}}", "cmcd.version: expected a whole number from 1 to 2"),
        ("{tv: {cmcd: {by: cookie}}}", "cmcd.by: expected one of: query, header, none, found 'cookie'"),
        ("{tv: {cmcd: {keys: [brr]}}}", "cmcd.keys[1]: 'brr' is no CMCD key; did you mean 'br'?"),
        (
            "{tv: {cmcd: {collector: \"https://tell.example/c\"}}}",
            "cmcd: events are told to a collector in CMCD version 2 only"
        ),
        (
            "{tv: {cmcd: {version: 2, collector: \"https://other.example/c\"}}}",
            "the CMCD collector of tv is on other.example"
        ),
    ])
    func aProblemIsTold(_ devices: String, _ expected: String) {
        let text = """
            name: a
            targets: {allow: [cdn.example, tell.example]}
            streams: {main: "https://cdn.example/a.m3u8"}
            audience: {viewers: 100, devices: \(devices)}
            """
        let found = problems(text)
        #expect(found.count == 1 && found.first?.contains(expected) == true, "\(found)")
    }

    @Test func whatIsWrongAboutEveryPlayerIsToldOnce() {
        let text = """
            name: a
            streams: {main: "http://localhost/a.m3u8"}
            audience: {viewers: 1, devices: {shaka: 1, hls.js: 1}}
            player: {leaving: never}
            """
        #expect(problems(text) == ["p.yaml:4:19: player.leaving: expected one of: finish, abort, found 'never'"])
    }
}
