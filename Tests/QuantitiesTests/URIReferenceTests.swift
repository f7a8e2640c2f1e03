import Testing

@testable import Quantities

@Suite("URI references") struct URIReferenceTests {
    /// The examples of RFC 3986 section 5.4, all against `http://a/b/c/d;p?q`.
    @Test(
        "resolve as the RFC's own examples",
        arguments: [
            ("g:h", "g:h"), ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"), ("//g", "http://g"), ("?y", "http://a/b/c/d;p?y"), ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q#s"), ("g#s", "http://a/b/c/g#s"), ("g?y#s", "http://a/b/c/g?y#s"),
            (";x", "http://a/b/c/;x"), ("g;x", "http://a/b/c/g;x"), ("g;x?y#s", "http://a/b/c/g;x?y#s"),
            ("", "http://a/b/c/d;p?q"), (".", "http://a/b/c/"), ("./", "http://a/b/c/"), ("..", "http://a/b/"),
            ("../", "http://a/b/"), ("../g", "http://a/b/g"), ("../..", "http://a/"), ("../../", "http://a/"),
            ("../../g", "http://a/g"), ("../../../g", "http://a/g"), ("../../../../g", "http://a/g"),
            ("/./g", "http://a/g"), ("/../g", "http://a/g"), ("g.", "http://a/b/c/g."), (".g", "http://a/b/c/.g"),
            ("g..", "http://a/b/c/g.."), ("..g", "http://a/b/c/..g"), ("./../g", "http://a/b/g"),
            ("./g/.", "http://a/b/c/g/"), ("g/./h", "http://a/b/c/g/h"), ("g/../h", "http://a/b/c/h"),
            ("g;x=1/./y", "http://a/b/c/g;x=1/y"), ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/./x", "http://a/b/c/g?y/./x"), ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("g#s/./x", "http://a/b/c/g#s/./x"), ("http:g", "http:g"),
        ])
    func resolves(reference: String, target: String) {
        #expect(URIReference.resolve(reference, against: "http://a/b/c/d;p?q") == target)
    }

    @Test("resolve alike by the short way and by taking them apart", arguments: 0..<8)
    func shortWayAgrees(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let pieces = [
            "a", "seg-1.m4s", ".", "..", "/", "//", ":", "?", "#", "http", "https", "host", "@", "", "é", "//h/", "://",
        ]
        func random(_ count: Int) -> String {
            (0..<count).map { _ in pieces[Int(generator.next() % UInt64(pieces.count))] }.joined()
        }
        var short = 0
        for _ in 0..<5_000 {
            let reference = random(Int(generator.next() % 7))
            let base = (generator.next() % 4 == 0 ? "" : "http://host/a/") + random(Int(generator.next() % 7))
            guard let simple = URIReference.resolveSimple(reference, against: base) else { continue }
            short += 1
            #expect(simple == URIReference.resolveParts(reference, against: base), "\(reference) against \(base)")
        }
        #expect(short > 200)
    }

    @Test("keep percent-encoding, case and order byte for byte")
    func keepsBytes() {
        let resolved = URIReference.resolve(
            "Seg%2f1.m4s?b=%3D&a=1", against: "https://CDN.example.com:8443/Live/m.m3u8?t=x")
        #expect(resolved == "https://CDN.example.com:8443/Live/Seg%2f1.m4s?b=%3D&a=1")
    }

    @Test(
        "know host and port",
        arguments: [
            ("http://Example.com/a", "example.com", 80), ("https://u:p@h:8443/", "h", 8443),
            ("https://[2001:DB8::1]:444/x", "2001:db8::1", 444), ("https://[::1]/x", "::1", 443),
        ])
    func knowsHostAndPort(uri: String, host: String, port: Int) {
        #expect(URIReference(uri).host == host)
        #expect(URIReference(uri).port == port)
    }
}
