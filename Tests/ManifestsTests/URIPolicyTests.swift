import Testing

@testable import Manifests

@Suite struct URIPolicyTests {
    private static let page = "https://cdn.example.com/live/master.m3u8"

    @Test(arguments: [
        "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "0",
        "0.0.0.0", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "198.18.0.1", "192.0.0.8", "224.0.0.1", "255.255.255.255", "3232235777", "0xC0A80101",
        "127.0.0.1.", "127%2e0%2E0.1", "%6c%6Fcalhost", "localhost", "LOCALHOST", "localhost.", "a.b.localhost",
        "printer.local", "intranet", "db.internal", "nas.lan", "host.localdomain", "router.home.arpa", "",
        "::1", "::", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "::ffff:0:10.0.0.1",
        "fe80::1", "fe80::1%25eth0", "fe80::1%eth0", "febf::1", "fec0::1", "fc00::1", "fdff::1", "ff02::1",
        "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::", "2002:c0a8:101::1",
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",
        "100::1", "1:2:3", "::1::2", "12345::", "::ffff:1.2.3.4.5",
    ])
    func aLocalHostIsKnownInEveryForm(_ host: String) {
        #expect(LocalHost.matches(host))
    }

    @Test(arguments: [
        "cdn.example.com", "8.8.8.8", "1.1", "134744072", "0x08080808", "010.010.010.010", "172.15.255.255",
        "172.32.0.1", "192.167.1.1", "192.169.0.1", "100.128.0.1", "100.63.255.255", "198.20.0.1", "223.255.255.255",
        "169.253.1.1", "11.0.0.1", "126.255.255.255", "128.0.0.1", "203.0.113.9", "2606:4700::1111", "2001:db8::1",
        "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "2001:4860:4860::8888", "local.example.com",
        "localhost.example.com", "127.0.0.1.example.com", "256.1.1.1.example.org", "0x7g.example", "lan.tv",
    ])
    func aPublicHostIsNotTakenForALocalOne(_ host: String) {
        #expect(!LocalHost.matches(host))
    }

    @Test(arguments: [
        ("https://cdn.example.com/a.m3u8", URIPolicy.Refusal?.none), ("HTTP://8.8.8.8/", nil),
        ("file:///etc/passwd", .scheme("file")), ("ftp://cdn.example.com/a", .scheme("ftp")),
        ("data:application/x-mpegurl,%23EXTM3U", .scheme("data")), ("seg.ts", .scheme("")), ("", .scheme("")),
        ("//cdn.example.com/a", .scheme("")), ("http:///a", .noHost), ("http:a", .noHost), ("http://:80/", .noHost),
        ("http://127.0.0.1/a", .localAddress(host: "127.0.0.1")),
        ("http://[::ffff:127.0.0.1]:8080/a", .localAddress(host: "::ffff:127.0.0.1")),
        ("http://user:pw@0x7f.1/a", .localAddress(host: "0x7f.1")),
        ("http://cdn.example.com@localhost/a", .localAddress(host: "localhost")),
        ("https://169.254.169.254/latest/meta-data", .localAddress(host: "169.254.169.254")),
    ])
    func aPublicDocumentLeadsOnlyToPublicHosts(_ uri: String, _ refusal: URIPolicy.Refusal?) {
        #expect(URIPolicy().refusal(of: uri, namedBy: Self.page) == refusal)
        #expect(URIPolicy().refusal(of: uri, namedBy: "/some/file.m3u8") == refusal)
    }

    @Test func aLocalDocumentLeadsToLocalHosts() {
        let policy = URIPolicy()
        for document in ["http://127.0.0.1:8080/master.m3u8", "http://[::1]/a", "http://10.0.0.9/a", "http://origin/a"]
        {
            #expect(policy.refusal(of: "http://127.0.0.1:8080/a", namedBy: document) == nil)
            #expect(policy.refusal(of: "https://cdn.example.com/a", namedBy: document) == nil)
            #expect(policy.refusal(of: "file:///etc/passwd", namedBy: document) == .scheme("file"))
        }
    }

    @Test func anAllowedHostIsFollowedFromWherever() {
        let policy = URIPolicy(allowedHosts: ["LocalHost", "127.0.0.1:8080", "[::1]:90", "fd00::1"])
        let followed = [
            "http://localhost:1/", "http://127.0.0.1:8080/", "http://[::1]:90/", "https://[fd00::1]:7/",
        ]
        for uri in followed { #expect(policy.refusal(of: uri, namedBy: Self.page) == nil) }
        for uri in ["http://127.0.0.1:8081/", "http://127.0.0.1/", "http://[::1]/", "http://10.0.0.1/"] {
            #expect(policy.refusal(of: uri, namedBy: Self.page) != nil)
        }
        #expect(policy.refusal(of: "file://localhost/etc/passwd", namedBy: Self.page) == .scheme("file"))
    }

    @Test func noTextMakesItFail() {
        var seed: UInt64 = 7
        let letters = Array("0123456789abcdefx.:%[]@/\\? é٣①".unicodeScalars)
        for _ in 0..<1_500 {
            var text = ""
            for _ in 0..<(seed >> 60) {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text.unicodeScalars.append(letters[Int(seed >> 33) % letters.count])
            }
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            _ = LocalHost.matches(text)
            _ = URIPolicy().refusal(of: "http://" + text, namedBy: Self.page)
        }
    }
}
