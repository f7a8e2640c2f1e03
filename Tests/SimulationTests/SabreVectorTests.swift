import Foundation
import Playback
import Testing

@testable import Simulation

/// Sessions that Sabre itself ran (UMass-LIDS/sabre, commit 09b03bb0), and what came out.
@Suite("Sabre's model against Sabre")
struct SabreVectorTests {
    @Test("every session on synthetic links has the same tracks and averages", arguments: try SabreVector.all())
    func vector(_ vector: SabreVector) throws {
        let result = try vector.run()
        #expect(result.tracks.map(String.init).joined() == vector.quality_per_segment)
        let totals: [(String, Double)] = [
            ("time_average_played_bitrate", vector.avg_bitrate_kbps), ("total_rebuffer", vector.rebuffer_s),
            ("total_rebuffer_events", vector.rebuffer_events), ("total_play_time", vector.play_time_s),
            ("total_bitrate_change", vector.bitrate_change), ("time_average_score", vector.score),
            ("rampup_time", vector.rampup_s),
        ]
        for (name, expected) in totals {
            let value = try #require(result[name: name])
            #expect(abs(value - expected) <= 1e-6 * max(1, abs(expected)), "\(name): \(value), not \(expected)")
        }
        #expect(result.abandonments == vector.abandons)
    }

    @Test(
        "sessions with outages, replacements, waits and odd periods make the same requests",
        arguments: try SabreCase.all())
    func session(_ session: SabreCase) throws {
        let result = try session.run()
        let requests = result.requests.map { [$0.segment, $0.download.track, $0.download.abandonedTo == nil ? 0 : 1] }
        #expect(requests == session.requests)
        for (name, expected) in session.totals {
            let value = try #require(result[name: name])
            // Sabre prints six digits behind the point, and counts as they are.
            #expect(abs(value - expected) <= 1e-6 * max(1, abs(expected)), "\(name): \(value), not \(expected)")
        }
        #expect(session.totals.count == result.totals.count)
    }
}

/// A session of `abr-vectors.json`; the names are the file's.
struct SabreVector: Decodable, Sendable, CustomTestStringConvertible {
    var `case`: String
    var abr: String
    var avg_bitrate_kbps: Double
    var rebuffer_s: Double
    var rebuffer_events: Double
    var play_time_s: Double
    var bitrate_change: Double
    var score: Double
    var rampup_s: Double
    var abandons: Int
    var quality_per_segment: String

    var testDescription: String { "\(abr), \(`case`)" }

    private struct File: Decodable { var runs: [SabreVector] }

    static func all() throws -> [SabreVector] {
        try JSONDecoder().decode(File.self, from: Vectors.data("abr-vectors")).runs
    }

    /// The synthetic inputs of the vectors: constant bit rates over four steps, or over a constant link.
    func run() throws -> SabreResult {
        let ladder: [Double] = [300, 750, 1_200, 1_850, 2_850, 4_300]
        let sizes = Array(repeating: ladder.map { $0 * 4_000 }, count: 100)
        let steps: [(Double, Double)] =
            `case`.contains("4-step") ? [(5_000, 75), (3_000, 150), (1_500, 200), (600, 200)] : [(2_000, 100)]
        let words = abr.split(separator: " ").map(String.init)
        let names = ["Bba0.py": "bba", "Mpc.py": "mpc", "RobustMpc.py": "robustmpc"]
        return try SabreArguments(names[words[0]] ?? words[0], Array(words.dropFirst())).run(
            try SabreMovie(segmentDuration: 4_000, bitRates: ladder, segmentSizes: sizes),
            steps.map { SabrePeriod(duration: 30_000, bandwidth: $0.0, latency: $0.1) })
    }
}

/// A session of `sabre-cases.json`; the names are the file's.
struct SabreCase: Decodable, Sendable, CustomTestStringConvertible {
    struct Movie: Decodable, Sendable {
        var segment_duration_ms: Double
        var bitrates_kbps: [Double]
        var segment_sizes_bits: [[Double]]
    }
    struct Period: Decodable, Sendable {
        var duration_ms: Double
        var bandwidth_kbps: Double
        var latency_ms: Double
    }
    var name: String
    var rule: String
    var arguments: [String]
    var movie: Movie
    var network: [Period]
    var requests: [[Int]]
    var totals: [String: Double]

    var testDescription: String { "\(rule), \(name)" }

    static func all() throws -> [SabreCase] {
        try JSONDecoder().decode([SabreCase].self, from: Vectors.data("sabre-cases"))
    }

    func run() throws -> SabreResult {
        try SabreArguments(rule, arguments).run(
            try SabreMovie(
                segmentDuration: movie.segment_duration_ms, bitRates: movie.bitrates_kbps,
                segmentSizes: movie.segment_sizes_bits),
            network.map { SabrePeriod(duration: $0.duration_ms, bandwidth: $0.bandwidth_kbps, latency: $0.latency_ms) })
    }
}

/// Files beside the tests.
enum Vectors {
    static func data(_ name: String) throws -> Data {
        let url = try #require(Bundle.module.url(forResource: "Vectors/\(name)", withExtension: "json"))
        return try Data(contentsOf: url)
    }
}

/// Sabre's command line, as far as the tests need it.
struct SabreArguments {
    private let rule: String
    private var options = SabreOptions()
    private var isBasic = false
    private var avoidsOscillation = false
    private var hasInsufficientBufferRule = true
    private var multiplier = 1.0
    private var length: Double?

    init(_ rule: String, _ words: [String]) throws {
        self.rule = rule
        var words = words[...]
        func number() throws -> Double { try #require(words.popFirst().flatMap(Double.init)) }
        func numbers() throws -> [Double] {
            var list: [Double] = []
            while let next = words.first, let value = Double(next) {
                list.append(value)
                words.removeFirst()
            }
            return list
        }
        while let word = words.popFirst() {
            switch word {
            case "-ab": isBasic = true
            case "-ao": avoidsOscillation = true
            case "-noa": options.allowsAbandoning = false
            case "-noibr": hasInsufficientBufferRule = false
            case "-gp": options.smoothness = try number()
            case "-b": options.maximumBuffer = try number() * 1_000
            case "-nm": multiplier = try number()
            case "-ml": length = try number()
            case "-hl": options.history = .movingAverages(halfLives: try numbers())
            case "-ws": options.history = .windows(try numbers().map { Int($0) })
            case "-ma": words.removeFirst()
            case "-r": options.replacement = try #require(words.popFirst().flatMap(SabreOptions.Replacement.init))
            default: throw SabreInputError("\(word) is not known to the tests")
            }
        }
    }

    func run(_ movie: SabreMovie, _ periods: [SabrePeriod]) throws -> SabreResult {
        let movie = try length.map { try movie.lasting(seconds: $0) } ?? movie
        let link = periods.map {
            SabrePeriod(duration: $0.duration, bandwidth: $0.bandwidth * multiplier, latency: $0.latency)
        }
        var player = try SabrePlayer(movie: movie, periods: link, rule: try settings().makeRule(), options: options)
        return try player.run()
    }

    private func settings() throws -> RuleSettings {
        let throughput = SustainableRule.Settings(
            hasInsufficientBufferRule: hasInsufficientBufferRule, history: options.history)
        let bola = BOLA.Settings(
            smoothness: options.smoothness, isBasic: isBasic, avoidsOscillation: avoidsOscillation,
            history: options.history)
        let bolaE = BOLAE.Settings(
            avoidsOscillation: avoidsOscillation, hasInsufficientBufferRule: hasInsufficientBufferRule,
            smoothness: options.smoothness, history: options.history)
        switch rule {
        case "bola": return .bola(bola)
        case "bolae": return .bolaE(bolaE)
        case "throughput": return .sustainable(throughput)
        case "dynamic": return .dynamic(.init(variant: .comparing, throughput: throughput, bola: bola, bolaE: bolaE))
        case "dynamicdash":
            return .dynamic(.init(variant: .thresholds, throughput: throughput, bola: bola, bolaE: bolaE))
        case "bba": return .bba(.init())
        case "mpc": return .mpc(.init(firstHistory: options.history))
        case "robustmpc": return .mpc(.init(isRobust: true, firstHistory: options.history))
        default: throw SabreInputError("\(rule) is not known to the tests")
        }
    }
}
