import Testing

@testable import Inspection

@Suite struct URITextTests {
    @Test(arguments: [
        ("https://a/b.m3u8", "https://a/b.m3u8"), ("https://a/b?token=abc&x=1", "https://a/b?token=…&x=1"),
        ("https://a/b?x=1&hdnts=exp=1~hmac=ab", "https://a/b?x=1&hdnts=…"),
        ("https://a/b?Policy=eyJ&Signature=x&Key-Pair-Id=K", "https://a/b?Policy=…&Signature=…&Key-Pair-Id=…"),
        ("https://u:secret@a/b", "https://…@a/b"), ("https://a/b?sid=77&b=2", "https://a/b?sid=…&b=2"),
        ("https://a/b?x=0123456789abcdef0123456789", "https://a/b?x=…"),
        ("https://a/b?x=0123456789", "https://a/b?x=0123456789"),
        ("https://a/b?eyJhbGciOiJIUzI1NiJ9abcdef123", "https://a/b?…"), ("https://a/b?flag", "https://a/b?flag"),
        ("https://a/hdntl=exp=1~acl=/*~hmac=0a1b2c/x.ts", "https://a/hdntl=exp=1~acl=/*~hmac=…/x.ts"),
        ("seg1.ts?token=9", "seg1.ts?token=…"), ("", ""), ("https://a/b?token=", "https://a/b?token="),
        ("hmac=", "hmac="), ("a?&&=&", "a?&&=&"),
    ])
    func whatLooksLikeATokenIsNotShown(_ uri: String, _ shown: String) {
        #expect(URIText.masked(uri) == shown)
    }

    @Test(arguments: [
        ("abcdefghij", 10, "abcdefghij"), ("abcdefghij", 6, "ab…hij"), ("abc", 2, "…c"), ("abc", 1, "abc"),
    ])
    func theMiddleOfLongTextsIsCut(_ text: String, _ length: Int, _ shown: String) {
        #expect(URIText.shortened(text, to: length) == shown)
    }

    @Test(arguments: [
        ("https://a/b/s.ts", "https://a/b/p.m3u8?x=/y", "s.ts"),
        ("https://a/c/s.ts", "https://a/b/p.m3u8", "https://a/c/s.ts"),
        ("https://a/b/", "https://a/b/p", "https://a/b/"), ("s.ts", "p.m3u8", "s.ts"),
        ("https://b/", "https://a", "https://b/"),
    ])
    func theSharedFolderIsLeftOut(_ uri: String, _ document: String, _ shown: String) {
        #expect(URIText.relative(uri, to: document) == shown)
    }

    @Test func wordsAreWrapped() {
        #expect(TextLines.wrapped("one two  three four", to: 9) == ["one two", "three", "four"])
        #expect(TextLines.wrapped("", to: 9) == [""])
        #expect(TextLines.wrapped("unbreakable", to: 3) == ["unbreakable"])
    }
}
