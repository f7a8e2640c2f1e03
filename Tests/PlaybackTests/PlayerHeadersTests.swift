import Testing
import Transport

@testable import Playback

@Suite struct PlayerHeadersTests {
    /// The order and the values in which Chromium 156 sent them.
    @Test func scriptedPlayersSendWhatChromiumSends() {
        let headers = PlayerHeaders.headers(of: "hls.js", page: "http://127.0.0.1:36837/")
        #expect(
            headers.map { $0.name + ": " + $0.value } == [
                #"sec-ch-ua-platform: "Linux""#, #"sec-ch-ua: "Not:A-Brand";v="8", "Chromium";v="156""#,
                "sec-ch-ua-mobile: ?0", "Accept: */*", "Origin: http://127.0.0.1:36837", "Sec-Fetch-Site: cross-site",
                "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Referer: http://127.0.0.1:36837/",
                "Accept-Language: en-US,en;q=0.9",
            ])
        for player in ["dash.js", "shaka", "Shaka"] {
            #expect(PlayerHeaders.headers(of: player, page: "http://127.0.0.1:36837") == headers)
        }
        #expect(!PlayerHeaders.headers(of: "hls.js").contains { ["Origin", "Referer"].contains($0.name) })
    }

    @Test func theMediaElementNamesNoOrigin() {
        let headers = PlayerHeaders.headers(of: "chromium", page: "https://www.example.com")
        #expect(!headers.contains { $0.name == "Origin" })
        #expect(headers.contains(HTTPHeader(name: "Sec-Fetch-Dest", value: "video")))
    }

    @Test func eachSessionOfAVPlayerHasItsOwnUUID() throws {
        let headers = PlayerHeaders.headers(of: "avplayer")
        let one = PlayerHeaders.filled(headers, seed: 1)
        #expect(one == PlayerHeaders.filled(headers, seed: 1) && one != PlayerHeaders.filled(headers, seed: 2))
        let value = try #require(one.first { $0.name == "X-Playback-Session-Id" }).value
        #expect(value.count == 36 && value == value.uppercased() && !value.contains("{"))
        #expect(
            PlayerHeaders.filled(PlayerHeaders.headers(of: "hls.js"), seed: 1) == PlayerHeaders.headers(of: "hls.js"))
    }

    @Test func everyPresetHasAUserAgentAndOthersHaveNone() {
        for name in ["hls.js", "dash.js", "shaka", "media3", "exoplayer", "chromium", "avplayer"] {
            #expect(PlayerHeaders.userAgent(of: name)?.isEmpty == false, "\(name)")
        }
        #expect(PlayerHeaders.userAgent(of: "standard") == nil && PlayerHeaders.headers(of: "standard").isEmpty)
    }
}
