import Testing

@testable import RunProfile

@Suite struct ProfileProblemTests {
    struct Case: CustomTestStringConvertible {
        let text: String
        let expected: String
        var testDescription: String { text }

        init(_ text: String, _ expected: String) {
            self.text = text
            self.expected = expected
        }
    }

    /// One problem each, in the fourth line, below a profile that is right.
    @Test(arguments: [
        Case("sed: 2", "4:1: sed: this is not a setting; did you mean 'seed'? Allowed here: name, description, seed,"),
        Case("qqqqqq: 2", "4:1: qqqqqq: this is not a setting. Allowed here: name, "),
        Case("seed: -2", "4:7: seed: expected a whole number, not negative, found '-2'"),
        Case("seed:", "4:6: seed: expected a whole number, not negative, found nothing"),
        Case("seed: [1]", "4:7: seed: expected a whole number, not negative, found a list"),
        Case("description: {a: b}", "4:14: description: expected some words, found a mapping"),
        Case("run: 5", "4:6: run: expected a mapping, found a single value"),
        Case("run: {loops: 0}", "4:14: run.loops: expected a whole number from 1 to 256, found '0'"),
        Case("run: {limit: 0 s}", "4:14: run.limit: this must be longer than zero"),
        Case(
            "run: {limit: 10}", "4:14: run.limit: expected a duration such as 500 ms, 30 s, 10 min or 2 h, found '10'"),
        Case("run: {grace: -1 s}", "4:14: run.grace: expected a duration"),
        Case("run: {stop file: ''}", "4:18: run.stop file: expected a path, found nothing"),
        Case(
            "run: {transfers: 200%}", "4:18: run.transfers: expected none, all, or a share of the sessions such as 1%"),
        Case("run: {limits: 5 s}", "4:7: run.limits: this is not a setting; did you mean 'limit'?"),
        Case("http: {version: 4}", "4:17: http.version: expected one of: 1.1, 2, 3, found '4'"),
        Case("http: {verify: no}", "4:16: http.verify: expected true or false, found 'no'"),
        Case("http: {user agent: \"a\\nb\"}", "4:20: http.user agent: expected printable characters"),
        Case("http: {parallel transfers: 65}", "4:28: http.parallel transfers: expected a whole number from 1 to 64"),
        Case("http: {certificate authorities: []}", "expected the path of a PEM file, found a list"),
        Case(
            "player: {adaptation: fast}", "4:22: player.adaptation: expected throughput, lowest, highest, a bit rate"
        ),
        Case("player: {leaving: stay}", "4:19: player.leaving: expected one of: finish, abort, found 'stay'"),
        Case("player: {subtitles: 4$}", "player.subtitles: expected a language tag such as en or nb-NO, any, or none"),
        Case("player: {low latency: maybe}", "player.low latency: expected true or false, found 'maybe'"),
        Case("player: {live edge segments: 0}", "expected a number from 1 to 20, found '0'"),
        Case("player: {live edge segments: nan}", "expected a number from 1 to 20, found 'nan'"),
        Case("player: {stuck after: inf}", "expected a number of target durations from 1 to 1000, found 'inf'"),
        Case("player: {attempts: 21}", "4:20: player.attempts: expected a whole number from 1 to 20, found '21'"),
        Case("player: {forward buffer: 0}", "this must be longer than zero"),
        Case("player: {start buffer: 31 s}", "'start buffer' (31 s) is longer than 'forward buffer' (30 s)"),
        Case("player: {forward buffer: 1 s}", "'resume buffer' (2 s) is longer than 'forward buffer' (1 s)"),
        Case("player: {timeouts: {total: 0 s}}", "4:28: player.timeouts.total: this must be longer than zero"),
        Case("player: {timeouts: {totl: 1 s}}", "player.timeouts.totl: this is not a setting; did you mean 'total'?"),
        Case(
            "targets: {allow: ['http://127.0.0.1/']}", "targets.allow[1]: expected a host or host:port, without scheme"),
        Case("targets: {allow: ['*.example', 127.0.0.1]}", "targets.allow[1]: expected a host or host:port"),
        Case("targets: {allow: [cdn.example]}", "2:10: streams: the stream main is on 127.0.0.1, which is not among"),
        Case(
            "targets: {allow: ['127.0.0.1:80']}", "2:10: streams: the stream main is on 127.0.0.1, which is not among"),
        Case(
            "targets: {limits: {data: much}}",
            "targets.limits.data: expected a size such as 500 MB or 2 TB, found 'much'"),
        Case(
            "targets: {limits: {throughput: 3 MB}}", "targets.limits.throughput: expected a bit rate such as 800 kbit/s"
        ),
        Case("access: {}", "4:9: access: nothing stands here; allowed: token"),
        Case("thresholds: [startup < 3 s]", "4:14: thresholds[1]: The threshold “startup < 3 s” names no part"),
        Case("thresholds: [[a]]", "thresholds[1]: expected a threshold such as startup time p95 < 3 s, found a list"),
        Case("thresholds: [{a: b, c: d}]", "found a mapping; put the threshold in quotes"),
        Case(
            "thresholds: ['stream mian: plays > 1']",
            "there is no stream 'mian'; did you mean 'main'? Allowed here: main"),
        Case("thresholds: ['region oslo: plays > 1']", "there is no region 'oslo'. Allowed here: all"),
        Case("thresholds: ['kind vidio: transfers > 1']", "there is no kind 'vidio'; did you mean 'video'?"),
    ])
    func aProblemIsToldAtItsPlace(_ test: Case) {
        let found = problems(minimal(test.text))
        #expect(found.count == 1)
        #expect(found.first?.contains(test.expected) == true, "\(found)")
        #expect(found.first?.hasPrefix("p.yaml:") == true)
    }

    @Test(arguments: [
        Case("viewers: 0", "3:21: audience.viewers: expected a whole number from 1 to 10000000, found '0'"),
        Case("viewers: 1.5", "found '1.5'"), Case("viewers: 99999999999999999999", "found '99999999999999999999'"),
        Case("viewrs: 2", "3:12: audience.viewrs: this is not a setting; did you mean 'viewers'?"),
        Case("viewers: 2, arrivals: constant", "3:11: audience: arrivals need 'over' (such as 60 s) or 'rate'"),
        Case(
            "viewers: 2, arrivals: slow, over: 1 s",
            "expected one of: at once, constant, ramp, ramp down, poisson, or a mapping with one of: ramp, steps, spike, curve, found 'slow'"
        ),
        Case("viewers: 2, arrivals: at once, over: 1 s", "'at once' has no 'over' or 'rate'"),
        Case("viewers: 2, over: 1 s, rate: 2/s", "audience.rate: give either 'over' or 'rate', not both"),
        Case("viewers: 2, rate: 2", "audience.rate: expected a rate such as 20/s or 600/min, found '2'"),
        Case("viewers: 2, over: soon", "audience.over: expected a duration"),
        Case(
            "viewers: 2, watch: long",
            "audience.watch: expected 'until end', a duration, or one of {uniform: {from, to}}"),
        Case("viewers: 2, watch: {}", "audience.watch: expected 'until end', a duration, or one of"),
        Case("viewers: 2, watch: {gauss: {}}", "audience.watch.gauss: this is not a setting. Allowed here: uniform, "),
        Case("viewers: 2, watch: {uniform: {from: 1 s}}", "audience.watch.uniform: the setting 'to' is missing"),
        Case("viewers: 2, watch: {uniform: {from: 2 s, to: 1 s}}", "'to' is shorter than 'from'"),
        Case("viewers: 2, watch: {exponential: 5 s}", "audience.watch.exponential: expected a mapping as in"),
        Case("viewers: 2, watch: {lognormal: {median: 1 s, sigma: 9}}", "expected a number from 0 to 5, found '9'"),
        Case(
            "viewers: 2, streams: {mian: 1}",
            "audience.streams.mian: this is not a stream of this profile; did you mean"),
        Case("viewers: 2, streams: {main: 0}", "2:10: streams: at least one stream needs a weight above zero"),
        Case("viewers: 2, regions: {}", "audience.regions: at least one region needs a share above zero"),
        Case("viewers: 2, regions: {oslo: 0%}", "audience.regions: at least one region needs a share above zero"),
        Case("viewers: 2, regions: {'a:b': 1}", "audience.regions.a:b: a name has 1 to 64 letters"),
        Case("viewers: 2, regions: {oslo: {edges: [edge.example]}}", "expected an IP address, found 'edge.example'"),
        Case("viewers: 2, regions: {oslo: {edges: [1.2.3.256]}}", "expected an IP address, found '1.2.3.256'"),
        Case(
            "viewers: 2, regions: {oslo: {share: x}}", "expected a share such as 25% or a weight such as 3, found 'x'"),
    ])
    func aProblemOfTheAudienceIsToldAtItsPlace(_ test: Case) {
        let found = problems(
            """
            name: a
            streams: {main: "http://127.0.0.1:8080/vod/a/master.m3u8"}
            audience: {\(test.text)}
            """)
        #expect(found.contains { $0.contains(test.expected) }, "\(found)")
        #expect(found.count == (test.text.contains("viewrs") ? 2 : 1), "\(found)")
    }

    @Test(arguments: [
        Case("streams: {}", "2:10: streams: no stream stands here"),
        Case("streams:", "2:9: streams: expected a mapping of names to URIs, found nothing"),
        Case(
            "streams: {a: ftp://x/y}", "streams.a: expected an absolute http or https URI of a playlist or MPD, found"),
        Case("streams: {a: /vod/a.m3u8}", "streams.a: expected an absolute http or https URI"),
        Case("streams: {a: 'http:///x'}", "streams.a: expected an absolute http or https URI"),
        Case("streams: {a: {weight: 1}}", "streams.a: the setting 'uri' is missing"),
        Case("streams: {'': 'http://localhost/x'}", "a name has 1 to 64 letters"),
        Case("streams: {a: {uri: 'http://localhost/x', weight: 0}}", "at least one stream needs a weight above zero"),
        Case("streams: {a: {url: 'http://localhost/x', uri: 'http://localhost/x'}}", "did you mean 'uri'?"),
    ])
    func aProblemOfTheStreamsIsToldAtItsPlace(_ test: Case) {
        let found = problems("name: a\n\(test.text)\naudience: {viewers: 1}\n")
        #expect(found.count == 1)
        #expect(found.first?.contains(test.expected) == true, "\(found)")
    }

    @Test func allProblemsAreToldAtOnceInTheOrderOfTheFile() {
        let found = problems(
            """
            nam: a
            seed: x
            streams:
              main: nowhere
            audience:
              viewers: many
              watch: {uniform: {from: x, to: y}}
            player: {leaving: no, attempts: 0}
            thresholds: [nonsense]
            """)
        let places = found.map { $0.split(separator: ":").dropFirst().prefix(2).joined(separator: ":") }
        #expect(places == ["1:1", "1:1", "2:7", "4:9", "6:12", "7:27", "7:34", "8:19", "8:33", "9:14"], "\(found)")
    }

    @Test(arguments: [
        Case("", "p.yaml: the profile is empty"), Case("# only words\n", "p.yaml: the profile is empty"),
        Case("name: [a", "p.yaml:2:1: this is not YAML: "), Case("name: 'a", "p.yaml:1:"),
        Case("a: b: c", "p.yaml:1:5: "),
        Case("\tname: a", "p.yaml:1:1: this is not YAML"), Case("name: *x", "p.yaml:1:"),
        Case("name: a\n---\nname: b", "p.yaml:2:1: this is not YAML"),
        Case("name: a\nseed: 1\nname: b\n", "p.yaml:1:1: the setting 'name' stands here more than once"),
        Case("- a\n- b\n", "p.yaml:1:1: a profile is a mapping of settings"),
        Case("hello", "p.yaml:1:1: a profile is a"),
        Case("{}", "p.yaml:1:1: the setting 'name' is missing"),
    ])
    func whatIsNoProfileIsSaidSo(_ test: Case) {
        let found = problems(test.text)
        #expect(found.first?.hasPrefix(test.expected) == true, "\(found)")
    }

    @Test func anEmptyMappingLacksThreeSettings() {
        let found = problems("{}")
        #expect(found.count == 3)
        for name in ["name", "streams", "audience"] { #expect(found.contains { $0.contains("'\(name)' is missing") }) }
    }

    // MARK: Crowds

    private func crowd(_ uri: String, viewers: Int, _ more: String = "", audience: String = "") -> [String] {
        problems("name: a\nstreams: {m: \"\(uri)\"}\naudience: {viewers: \(viewers)\(audience)}\n\(more)")
    }

    @Test func aCrowdNeedsPermissionForForeignHosts() {
        let foreign = "https://cdn.example/a.m3u8"
        #expect(crowd(foreign, viewers: 10).isEmpty)
        let refused = crowd(foreign, viewers: 11)
        #expect(refused.count == 1)
        #expect(refused[0].contains("11 viewers may not be sent to cdn.example unless the profile lists it"))
        #expect(refused[0].contains("targets: {allow: [\"cdn.example\"]}"))
        #expect(crowd(foreign, viewers: 11, "targets: {allow: [cdn.example]}").isEmpty)
        #expect(crowd(foreign, viewers: 11, "targets: {allow: ['CDN.example:443']}").isEmpty)
        #expect(!crowd(foreign, viewers: 11, "targets: {allow: ['cdn.example:80']}").isEmpty)
        #expect(!crowd(foreign, viewers: 11, "targets: {allow: []}").isEmpty)
        #expect(!problems("{name: a, streams: {m: '\(foreign)'}, audience: {viewers: 2}}", viewers: 11).isEmpty)
    }

    @Test(arguments: ["http://localhost:1/a", "http://127.9.8.7/a", "http://[::1]:80/a"])
    func thisMachineNeedsNone(_ uri: String) {
        #expect(crowd(uri, viewers: 1_000).isEmpty)
    }

    @Test(arguments: [
        "http://127.0.0.1.evil.example/a", "http://127.0.0.256/a", "http://user@cdn.example/", "http://127.0.1/a",
    ])
    func otherNamesAreForeign(_ uri: String) {
        #expect(crowd(uri, viewers: 1_000).count == 1)
    }

    @Test func anEdgeElsewhereMakesThisMachinesNameForeign() {
        let edges = ", regions: {oslo: {edges: [192.0.2.1]}}"
        #expect(crowd("http://localhost/a", viewers: 11, audience: edges).count == 1)
        #expect(crowd("http://localhost/a", viewers: 11, "targets: {allow: [localhost]}", audience: edges).isEmpty)
    }

    // MARK: Keys

    @Test(arguments: ["0123456789abcdef0123456789abcdef", "[0123456789abcdef]", "{0123456789abcdef: 1}"])
    func aKeyInTheProfileIsRefusedAndNotRepeated(_ key: String) {
        let token = "scheme: akamai-edge-auth, key: \(key), paths: [/a/*], lifetime: 1 min"
        let found = problems(minimal("access: {token: {\(token)}}"))
        #expect(found.count == 1)
        #expect(found.first?.contains("access.token.key: expected env:NAME or file:PATH") == true, "\(found)")
        #expect(!found.joined().contains("0123456789abcdef"))
        let bare = problems(minimal("access: {token: 0123456789abcdef}"))
        #expect(!bare.isEmpty && !bare.joined().contains("0123456789abcdef"))
    }

    @Test(arguments: [
        Case("scheme: other", "access.token.scheme: expected one of: akamai-edge-auth, cloudfront, "),
        Case("paths: [live]", "access.token.paths[1]: expected a path with wildcards such as /live/*, found 'live'"),
        Case("paths: []", "access.token.paths: at least one path must stand here"),
        Case("lifetime: 0 s", "access.token.lifetime: this must be longer than zero"),
        Case("placement: path", "access.token.placement: expected one of: query, cookie, header, found 'path'"),
        Case("options: {colour: red}", "access.token.options.colour: this is not a setting"),
        Case("options: {algorithm: sha3}", "options.algorithm: expected one of: sha256, sha1, md5, found 'sha3'"),
        Case("options: {salt: pepper}", "options.salt: expected env:NAME or file:PATH"),
        Case("key format: rot13", "access.token.key format: expected one of: text, hex, base64, found 'rot13'"),
        Case("when refused: cry", "access.token.when refused: expected one of: refresh, fail, found 'cry'"),
        Case("clock shift: soon", "access.token.clock shift: expected a duration such as 30 s"),
        Case("address: home", "access.token.address: expected an IP address, found 'home'"),
        Case("renewal header: X-New", "access.token.renewal header: this is for issued tokens"),
        Case("on: playlist", "access.token.on: expected one of: every request, manifest, found 'playlist'"),
        Case("lifetme: 1 s", "access.token.lifetme: this is not a setting; did you mean 'lifetime'?"),
    ])
    func aProblemOfTheTokenIsToldAtItsPlace(_ test: Case) {
        var settings = ["scheme": "akamai-edge-auth", "key": "env:K", "paths": "[/a/*]", "lifetime": "1 min"]
        let halves = test.text.split(separator: ":", maxSplits: 1)
        settings[String(halves[0])] = String(halves[1])
        let text = settings.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
        let found = problems(minimal("access: {token: {\(text)}}"))
        #expect(found.count == 1)
        #expect(found.first?.contains(test.expected) == true, "\(found)")
    }

    @Test func missingTokenSettingsAreAllNamed() {
        let found = problems(minimal("access: {token: {}}"))
        #expect(found.count == 3)
        for name in ["scheme", "key", "lifetime"] {
            #expect(found.contains { $0.contains("'\(name)' is missing") })
        }
    }

    @Test(arguments: [
        ("{scheme: keycdn, key: env:K, lifetime: 1 min, paths: [/a/*]}", "signs each URL by itself; leave it out"),
        ("{scheme: keycdn, key: env:K, lifetime: 1 min, name: x}", "this scheme's names are fixed"),
        ("{scheme: issued, lifetime: 1 min, fields: {hdnts: '{token}'}}", "an issued token comes from a step"),
        ("{scheme: issued, lifetime: 1 min}", "the setting 'fields' is missing"),
        ("{scheme: issued, lifetime: 1 min, key: env:K, fields: {a: b}}", "this is for tokens that are signed here"),
    ])
    func whatASchemeCannotIsSaid(_ token: String, _ expected: String) {
        let found = problems(minimal("access: {token: \(token)}"))
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }

    @Test func anIssuedTokenNamesWhatAStepKeeps() {
        let step = "{post: 'http://127.0.0.1/redeem', keep: {token: $.token}}"
        let token = { (text: String) in "{scheme: issued, lifetime: 1 min, fields: {hdnts: '\(text)'}}" }
        #expect(problems(minimal("access: {journey: [\(step)], token: \(token("{token}"))}")).isEmpty)
        let found = problems(minimal("access: {journey: [\(step)], token: \(token("{tokn}"))}"))
        #expect(found.count == 1 && found.first?.contains("did you mean 'token'?") == true, "\(found)")
        let secret = problems(minimal("access: {journey: [\(step)], token: \(token("{env:K}"))}"))
        #expect(secret.first?.contains("cannot be a viewer's token") == true, "\(secret)")
    }
}
