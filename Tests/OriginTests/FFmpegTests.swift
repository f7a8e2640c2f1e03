import Foundation
import Quantities
import Testing

@testable import Origin

/// Integration with a real player's demuxers and decoders.
///
/// It needs the programs `ffmpeg` and `ffprobe` (Debian's package ffmpeg); without them these tests fail and say so.
@Suite(.serialized) struct FFmpegTests {
    /// What a program wrote and how it ended.
    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Runs a program with its output in files, so that no pipe can fill up.
    private func run(_ program: String, _ arguments: [String], in directory: TemporaryDirectory) async throws -> Outcome
    {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
        process.standardInput = FileHandle.nullDevice
        try directory.write("", to: "run/out")
        try directory.write("", to: "run/err")
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: directory.path + "/run/out"))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: directory.path + "/run/err"))
        let status = try await withCheckedThrowingContinuation { (done: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { done.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch {
                process.terminationHandler = nil
                done.resume(throwing: error)
            }
        }
        try #require(status != 127, "The program \(program) is needed: install Debian's package ffmpeg.")
        return Outcome(
            status: status, output: try String(contentsOfFile: directory.path + "/run/out", encoding: .utf8),
            errors: try String(contentsOfFile: directory.path + "/run/err", encoding: .utf8))
    }

    /// Six seconds of picture and sound as HLS with fMP4, HLS with TS, and DASH.
    private func makeMedia() async throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        for name in ["fmp4", "ts", "dash"] { try directory.write("", to: name + "/.made") }
        let source = [
            "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=6", "-f", "lavfi", "-i",
            "sine=duration=6", "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-c:a", "aac",
        ]
        let copy = ["-v", "error", "-i", "fmp4/index.m3u8", "-c", "copy"]
        let hls = ["-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod"]
        for arguments in [
            source + hls + ["-hls_segment_type", "fmp4", "fmp4/index.m3u8"], copy + hls + ["ts/index.m3u8"],
            copy + ["-f", "dash", "-seg_duration", "2", "dash/manifest.mpd"],
        ] {
            let outcome = try await run("ffmpeg", arguments, in: directory)
            try #require(outcome.status == 0, "\(outcome.errors)")
        }
        return directory
    }

    private func packets(_ input: String, in directory: TemporaryDirectory) async throws -> Outcome {
        try await run(
            "ffprobe",
            [
                "-v", "error", "-count_packets", "-show_entries", "stream=codec_name,width,height,nb_read_packets",
                "-of", "csv=p=0", input,
            ], in: directory)
    }

    @Test func aServedDirectoryOfRealMediaPlaysAsFromTheDisk() async throws {
        let directory = try await makeMedia()
        var settings = OriginSettings(edges: [
            EdgeSettings(pop: "osl1"), EdgeSettings(address: "127.0.0.2", pop: "bgo1"),
        ])
        settings.directory = directory.path
        let origin = try await OriginServer.start(settings)
        for path in ["fmp4/index.m3u8", "ts/index.m3u8", "dash/manifest.mpd"] {
            let local = try await packets(directory.path + "/" + path, in: directory)
            #expect(local.output.contains("h264,320,180,150") && local.output.contains("aac"))
            for edge in origin.edges {
                let url = edge.baseURL + "/" + path
                let served = try await packets(url, in: directory)
                #expect(served.status == 0 && served.output == local.output && served.errors.isEmpty, "\(url)")
                let played = try await run(
                    "ffmpeg", ["-v", "error", "-i", url, "-c", "copy", "-f", "null", "-"], in: directory)
                #expect(played.status == 0 && played.errors.isEmpty, "\(played.errors)")
            }
        }
        await origin.stop()
        for edge in origin.statistics() {
            #expect(edge.statuses.keys.allSatisfy { $0 == 200 || $0 == 206 })
            #expect(edge.hits > 0 && edge.misses > 0)
        }
    }

    @Test func theSyntheticContentIsFoundByARealDemuxer() async throws {
        let directory = try TemporaryDirectory()
        var settings = OriginSettings()
        settings.content.videoOnDemandDuration = .seconds(12.0)
        let origin = try await OriginServer.start(settings)
        let sizes = ["h264,426,240", "h264,640,360", "h264,1280,720", "h264,1920,1080", "aac"]
        for path in [
            "/vod/a/master.m3u8", "/vod/a/manifest.mpd", "/vod/a/timeline.mpd", "/live/a/master.m3u8",
            "/live/a/manifest.mpd", "/live/a/timeline.mpd",
        ] {
            let outcome = try await run(
                "ffprobe",
                [
                    "-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0",
                    origin.edges[0].baseURL + path,
                ], in: directory)
            #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(path): \(outcome.errors)")
            for size in sizes { #expect(outcome.output.contains(size), "\(path) lacks \(size)") }
        }
        await origin.stop()
        #expect(Set(origin.statistics()[0].statuses.keys).isSubset(of: [200, 206]))
    }

    @Test func theSyntheticContentDecodesWithoutAnError() async throws {
        let directory = try TemporaryDirectory()
        var settings = OriginSettings()
        settings.content.videoOnDemandDuration = .seconds(10.0)
        settings.content.videoOnDemandSegmentDuration = .milliseconds(3_840)
        let origin = try await OriginServer.start(settings)
        for (track, packets) in [("video-400k", 250), ("video-6000k", 250), ("audio", 469)] {
            let url = origin.edges[0].baseURL + "/vod/a/\(track)/index.m3u8"
            let outcome = try await run(
                "ffprobe",
                [
                    "-v", "error", "-count_frames", "-count_packets", "-show_entries",
                    "stream=nb_read_frames,nb_read_packets", "-of", "csv=p=0", url,
                ], in: directory)
            #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(track): \(outcome.errors)")
            #expect(outcome.output.contains("\(packets),\(packets)"), "\(track): \(outcome.output)")
        }
        await origin.stop()
    }

    @Test func encryptedRangedAndSplitStreamsAreDemuxedWhole() async throws {
        let directory = try TemporaryDirectory()
        var settings = OriginSettings()
        settings.content.videoOnDemandDuration = .seconds(24.0)
        settings.content.videoOnDemandSegmentDuration = .seconds(2.0)
        let origin = try await OriginServer.start(settings)
        for (path, packets) in [
            ("encrypted/a/video-400k/index.m3u8", 600), ("encrypted/a/audio/index.m3u8", 1_125),
            ("ranges/a/video-1200k/index.m3u8", 600), ("ranges/a/audio/media.mp4", 1_125),
            ("ads/a/video-400k/index.m3u8", 600), ("ads/a/audio/index.m3u8", 1_125),
            ("interstitials/a/video-400k/index.m3u8", 600), ("start/a/audio/index.m3u8", 1_125),
        ] {
            let arguments = [
                "-v", "error", "-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0",
            ]
            let outcome = try await run("ffprobe", arguments + [origin.edges[0].baseURL + "/" + path], in: directory)
            #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(path): \(outcome.errors)")
            #expect(outcome.output.contains("\(packets)"), "\(path): \(outcome.output)")
        }
        // Every picture of what was encrypted, and of one file with an index, can be decoded.
        for path in ["encrypted/a/video-400k/index.m3u8", "ranges/a/video-400k/media.mp4"] {
            let outcome = try await run(
                "ffmpeg", ["-v", "error", "-i", origin.edges[0].baseURL + "/" + path, "-f", "null", "-"], in: directory)
            #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(path): \(outcome.errors)")
        }
        for path in ["ranges/a/manifest.mpd", "renditions/a/manifest.mpd"] {
            let outcome = try await packets(origin.edges[0].baseURL + "/" + path, in: directory)
            #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(path): \(outcome.errors)")
            #expect(outcome.output.contains("h264,1920,1080") && outcome.output.contains("aac"), "\(path)")
        }
        await origin.stop()
        #expect(Set(origin.statistics()[0].statuses.keys).isSubset(of: [200, 206]))
    }

    @Test func lowLatencyPlaysAsOrdinaryHLS() async throws {
        let directory = try TemporaryDirectory()
        let origin = try await OriginServer.start(OriginSettings())
        for track in ["video-400k", "audio"] {
            let url = origin.edges[0].baseURL + "/low-latency/a/\(track)/index.m3u8"
            let outcome = try await run(
                "ffmpeg", ["-v", "error", "-t", "5", "-i", url, "-f", "null", "-"], in: directory)
            #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(track): \(outcome.errors)")
        }
        await origin.stop()
        #expect(Set(origin.statistics()[0].statuses.keys).isSubset(of: [200, 206]))
    }
}
