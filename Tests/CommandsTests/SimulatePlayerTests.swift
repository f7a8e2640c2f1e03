import Foundation
import Playback
import Simulation
import Testing

@testable import Commands

@Suite("simulate --player")
struct SimulatePlayerTests {
    private let movie = """
        {"segment_duration_ms": 2000, "bitrates_kbps": [500, 1000],
         "segment_sizes_bits": [[1000000, 2000000], [1000000, 2000000], [1000000, 2000000], [1000000, 2000000]]}
        """
    private let network = #"[{"duration_ms": 60000, "bandwidth_kbps": 4000, "latency_ms": 50}]"#

    /// Runs with the files written out, and gives back what is printed.
    private func run(_ words: [String], movie: String? = nil, network: String? = nil) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("simulate-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = (folder.appendingPathComponent("movie.json"), folder.appendingPathComponent("network.json"))
        try Data((movie ?? self.movie).utf8).write(to: files.0)
        try Data((network ?? self.network).utf8).write(to: files.1)
        return try SimulatePlayerOptions.parse(["-m", files.0.path, "-n", files.1.path] + words).simulate()
    }

    private struct Output: Decodable {
        var rule: String
        var tracks: [Int]
        var quality_per_segment: String
        var abandons: Int
        var totals: [String: Double]
        var requests: [Request]?

        struct Request: Decodable {
            var segment: Int
            var time_ms: Double
            var abandoned_to: Int?
        }
    }

    private func decode(_ text: String) throws -> Output {
        try JSONDecoder().decode(Output.self, from: Data(text.utf8))
    }

    @Test("prints tracks and totals, and requests when asked")
    func output() throws {
        let plain = try decode(try run(["--rule", "throughput"]))
        #expect(plain.rule == "throughput")
        // The insufficient buffer rule: 0.9 of 1.95 s of 4 000 is more than a segment of 2 Mbit.
        #expect(plain.tracks == [0, 1, 1, 1])
        #expect(plain.quality_per_segment == "0111")
        #expect(plain.totals["buffer_size"] == 25_000)
        #expect(plain.totals["total_played_bitrate"] == 3_500)
        #expect(plain.totals.count == 24)
        #expect(plain.requests == nil)
        let full = try decode(try run(["-a", "throughput", "-v"]))
        #expect(full.requests?.map(\.segment) == [0, 1, 2, 3])
        #expect(full.requests?.map(\.time_ms) == [300, 550, 550, 550])
    }

    @Test("every rule runs by its name", arguments: SimulatedRule.allCases)
    func rules(_ rule: SimulatedRule) throws {
        #expect(try decode(try run(["--rule", rule.rawValue])).tracks.count == 4)
    }

    @Test("Sabre's own spelling of the options is understood")
    func spelling() throws {
        let options = try SimulatePlayerOptions.parse([
            "-a", "bola", "-ab", "-ao", "-gp", "8.5", "-b", "12.5", "-hl", "1.5", "5", "20", "-noa", "-noibr", "-r",
            "left",
            "-nm", "2", "-ml", "61",
        ])
        #expect(
            options.settings
                == .bola(
                    .init(
                        smoothness: 8.5, isBasic: true, avoidsOscillation: true,
                        history: .movingAverages(halfLives: [1.5, 5, 20]))))
        #expect(options.neverAbandons && options.hasNoInsufficientBufferRule)
        #expect(options.replacement == .left)
        #expect(options.movieLength == 61 && options.networkMultiplier == 2 && options.maximumBuffer == 12.5)
        let sliding = try SimulatePlayerOptions.parse(["-a", "throughput", "-ma", "sliding", "-ws", "3", "10"])
        #expect(sliding.settings == .sustainable(.init(history: .windows([3, 10]))))
        #expect(try decode(try run(["-ml", "5"])).tracks.count == 3)
    }

    @Test(
        "wrong options are refused",
        arguments: [
            ["-b", "0"], ["-nm", "-1"], ["-hl", "0"], ["-ws", "0"], ["-ml", "0"], ["--rule", "best"], ["-gp", "nan"],
        ])
    func wrongOptions(_ words: [String]) {
        #expect(throws: (any Error).self) { try SimulatePlayerOptions.parse(words) }
    }

    @Test(
        "a file that is wrong is named, with the place",
        arguments: [
            ("{}", nil, "segment_duration_ms is missing"), ("[1", nil, "cannot be read"), (nil, "{}", "the network"),
            (nil, "[]", "never carries anything"),
            (nil, #"[{"duration_ms": 1, "bandwidth_kbps": "x", "latency_ms": 0}]"#, "[0]"),
            (#"{"segment_duration_ms": 1, "bitrates_kbps": [2, 1], "segment_sizes_bits": [[1, 1]]}"#, nil, "must rise"),
        ] as [(String?, String?, String)])
    func wrongFiles(_ movie: String?, _ network: String?, _ words: String) throws {
        let failure = #expect(throws: CommandFailure.self) { try run([], movie: movie, network: network) }
        #expect(failure?.status == .badInput)
        #expect(failure?.sentences.joined().contains(words) == true, "\(failure?.sentences ?? [])")
    }

    @Test("a file that is not there is named")
    func noFile() throws {
        let options = try SimulatePlayerOptions.parse(["-m", "/nowhere/movie.json", "-n", "/nowhere/network.json"])
        let failure = #expect(throws: CommandFailure.self) { try options.simulate() }
        #expect(failure?.status == .noInput)
        #expect(failure?.sentences.joined().contains("/nowhere/network.json") == true)
    }
}
