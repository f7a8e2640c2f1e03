import Foundation
import Testing

@testable import Origin

/// A directory for one test, removed with it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "fullhouse-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String) throws {
        let url = URL(fileURLWithPath: path + "/" + name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    func link(_ name: String, to destination: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path + "/" + name, withDestinationPath: destination)
    }
}

@Suite struct MediaDirectoryTests {
    private func content(_ path: String, _ directory: MediaDirectory) -> String? {
        directory.open(path).flatMap { $0.read(at: 0, count: $0.size) }.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func filesInsideAreServedAndNothingElse() throws {
        let outside = try TemporaryDirectory()
        try outside.write("secret", to: "secret.ts")
        let root = try TemporaryDirectory()
        try root.write("list", to: "a/b/index.m3u8")
        try root.write("odd", to: "å ü.ts")
        try root.write("hidden", to: ".git/config")
        try root.link("leak.ts", to: outside.path + "/secret.ts")
        try root.link("leaks", to: outside.path)
        try root.link("inside.m3u8", to: "a/b/index.m3u8")
        try root.link("loop", to: "loop")
        let directory = try #require(MediaDirectory(path: root.path + "/"))
        #expect(content("/a/b/index.m3u8", directory) == "list")
        #expect(content("/inside.m3u8", directory) == "list")
        #expect(content("/%C3%A5%20%c3%bc.ts", directory) == "odd")
        #expect(content("/a%2Fb/index.m3u8", directory) == nil)
        let name = outside.path.split(separator: "/").last.map(String.init) ?? ""
        for path in [
            "/leak.ts", "/leaks/secret.ts", "/loop", "/a", "/a/", "/a/b", "", "/", "//a/b/index.m3u8",
            "/../\(name)/secret.ts", "/%2e%2e/\(name)/secret.ts", "/a/../../\(name)/secret.ts", "/.git/config",
            "/..%2f\(name)/secret.ts", "/a/b/index.m3u8%00", "/a/b/index.m3u8%0", "/a/b/index.m3u8%zz", "/%ff%fe.ts",
            outside.path + "/secret.ts", "/a/b/index.m3u8/", "/missing.ts",
        ] {
            #expect(content(path, directory) == nil, "\(path)")
        }
    }

    @Test func aDirectoryThatIsNotOneIsRefused() throws {
        let root = try TemporaryDirectory()
        try root.write("x", to: "file")
        #expect(MediaDirectory(path: root.path + "/file") == nil)
        #expect(MediaDirectory(path: root.path + "/missing") == nil)
    }

    @Test func aPrefixOfTheRootsNameIsOutside() throws {
        let root = try TemporaryDirectory()
        try root.write("x", to: "media/a.ts")
        try root.write("y", to: "media-private/a.ts")
        try root.link("media/out", to: root.path + "/media-private")
        let directory = try #require(MediaDirectory(path: root.path + "/media"))
        #expect(content("/a.ts", directory) == "x")
        #expect(content("/out/a.ts", directory) == nil)
    }

    @Test(arguments: [
        ("a.m3u8", "application/vnd.apple.mpegurl"), ("a.MPD", "application/dash+xml"), ("a.m4s", "video/mp4"),
        ("a.mp4", "video/mp4"), ("a.ts", "video/mp2t"), ("a.vtt", "text/vtt"), ("a.key", "application/octet-stream"),
        ("a.aac", "audio/aac"), ("a.m4a", "audio/mp4"), ("a.unknown", "application/octet-stream"),
    ])
    func mediaTypes(name: String, type: String) { #expect(MediaType.ofFile(name) == type) }
}
