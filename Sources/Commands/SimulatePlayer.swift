import ArgumentParser
import Foundation
import Playback
import Simulation

/// The options of `fullhouse simulate --player`: Sabre's, by Sabre's names.
struct SimulatePlayerOptions: ParsableArguments {
    @Option(
        name: [.customShort("m"), .customLong("movie")],
        help: ArgumentHelp("The movie: segment duration, bit rates and sizes, as Sabre's JSON.", valueName: "file"))
    var movie = "movie.json"

    @Option(
        name: [.customShort("n"), .customLong("network")],
        help: ArgumentHelp("The link: a list of duration, bandwidth and latency, as Sabre's JSON.", valueName: "file"))
    var network = "network.json"

    @Option(name: [.customShort("a"), .customLong("rule")], help: "The rule that chooses tracks.")
    var rule = SimulatedRule.bolae

    @Flag(name: [.customLong("ab", withSingleDash: true), .customLong("basic")], help: "BOLA in its BASIC form.")
    var isBasic = false

    @Flag(
        name: [.customLong("ao", withSingleDash: true), .customLong("avoid-oscillation")],
        help: "BOLA-O: wait rather than go above what the link carries.")
    var avoidsOscillation = false

    @Option(
        name: [.customLong("gp", withSingleDash: true), .customLong("gamma-p")],
        help: ArgumentHelp("The weight of smooth playback.", valueName: "number"))
    var smoothness = 5.0

    @Option(
        name: [.customShort("b"), .customLong("max-buffer")],
        help: ArgumentHelp("The most media time in the buffer.", valueName: "seconds"))
    var maximumBuffer = 25.0

    @Option(
        name: [.customLong("ma", withSingleDash: true), .customLong("moving-average")],
        help: "How past segments make the throughput: ewma or sliding.")
    var average = AverageKind.ewma

    @Option(
        name: [.customLong("hl", withSingleDash: true), .customLong("half-life")], parsing: .upToNextOption,
        help: ArgumentHelp("The half-lives of ewma.", valueName: "seconds"))
    var halfLives: [Double] = [3, 8]

    @Option(
        name: [.customLong("ws", withSingleDash: true), .customLong("window-size")], parsing: .upToNextOption,
        help: ArgumentHelp("The windows of sliding.", valueName: "segments"))
    var windows: [Int] = [3]

    @Flag(
        name: [.customLong("noa", withSingleDash: true), .customLong("no-abandon")], help: "Never give a segment up.")
    var neverAbandons = false

    @Flag(
        name: [.customLong("noibr", withSingleDash: true), .customLong("no-insufficient-buffer-rule")],
        help: "No insufficient buffer rule.")
    var hasNoInsufficientBufferRule = false

    @Option(
        name: [.customShort("r"), .customLong("replace")],
        help: "Which buffered segment is fetched anew in a better track: none, left or right.")
    var replacement = SabreOptions.Replacement.none

    @Option(
        name: [.customLong("nm", withSingleDash: true), .customLong("network-multiplier")],
        help: ArgumentHelp("Multiplies the link's bandwidth.", valueName: "factor"))
    var networkMultiplier = 1.0

    @Option(
        name: [.customLong("ml", withSingleDash: true), .customLong("movie-length")],
        help: ArgumentHelp("Cuts or repeats the movie to this length.", valueName: "seconds"))
    var movieLength: Double?

    @Option(
        name: [.customLong("rmp", withSingleDash: true), .customLong("rampup-threshold")],
        help: ArgumentHelp("The track from which the start-up is over; else what the link carries.", valueName: "track")
    )
    var rampUpTrack: Int?

    @Flag(name: [.customShort("v"), .customLong("requests")], help: "List every request.")
    var listsRequests = false

    init() {}

    func validate() throws {
        func check(_ holds: Bool, _ sentence: String) throws {
            guard holds else { throw ValidationError(sentence) }
        }
        try check(maximumBuffer > 0 && maximumBuffer <= 1e6, "-b must be more than 0 seconds")
        try check(networkMultiplier > 0 && networkMultiplier <= 1e6, "-nm must be more than 0")
        try check(
            !halfLives.isEmpty && halfLives.allSatisfy { $0 > 0 && $0.isFinite }, "-hl needs seconds, each more than 0")
        try check(!windows.isEmpty && windows.allSatisfy { (1...20).contains($0) }, "-ws needs numbers from 1 to 20")
        try check(movieLength.map { $0 > 0 && $0.isFinite } ?? true, "-ml must be more than 0 seconds")
        try check(smoothness.isFinite && smoothness > 0, "-gp must be more than 0")
    }
}

/// The rules that can be simulated by name.
enum SimulatedRule: String, ExpressibleByArgument, CaseIterable {
    case bola, bolae, throughput, dynamic, dynamicdash, bba, mpc, robustmpc, l2a, lolplus
}

/// Sabre's estimators by name.
enum AverageKind: String, ExpressibleByArgument, CaseIterable {
    case ewma, sliding
}

extension SabreOptions.Replacement: ExpressibleByArgument {}

extension SimulatePlayerOptions {
    /// Simulates, and gives the result as JSON.
    ///
    /// - Throws: ``CommandFailure`` for files that cannot be read or are wrong.
    func simulate() throws -> String {
        let periods: [SabrePeriodFile] = try read(network, what: "network")
        let file: SabreMovieFile = try read(movie, what: "movie")
        do {
            let result = try play(file, over: periods)
            return SimulatePlayerOutput.text(result, options: self)
        } catch {
            throw CommandFailure(.badInput, "\(movie) over \(network): \(error)")
        }
    }

    private func play(_ file: SabreMovieFile, over periods: [SabrePeriodFile]) throws(SabreInputError) -> SabreResult {
        var content = try SabreMovie(
            segmentDuration: file.segment_duration_ms, bitRates: file.bitrates_kbps,
            segmentSizes: file.segment_sizes_bits)
        if let movieLength { content = try content.lasting(seconds: movieLength) }
        let link = periods.map {
            SabrePeriod(
                duration: $0.duration_ms, bandwidth: $0.bandwidth_kbps * networkMultiplier, latency: $0.latency_ms)
        }
        var player = try SabrePlayer(movie: content, periods: link, rule: settings.makeRule(), options: modelOptions)
        return try player.run()
    }

    private var history: LinkHistory.Settings {
        switch average {
        case .ewma: .movingAverages(halfLives: halfLives)
        case .sliding: .windows(windows)
        }
    }

    private var modelOptions: SabreOptions {
        var options = SabreOptions()
        options.maximumBuffer = maximumBuffer * 1_000
        options.smoothness = smoothness
        options.allowsAbandoning = !neverAbandons
        options.replacement = replacement
        options.rampUpTrack = rampUpTrack
        options.history = history
        return options
    }

    /// The rule with the constants that the options give it.
    var settings: RuleSettings {
        let throughput = SustainableRule.Settings(
            hasInsufficientBufferRule: !hasNoInsufficientBufferRule, history: history)
        let bola = BOLA.Settings(
            smoothness: smoothness, isBasic: isBasic, avoidsOscillation: avoidsOscillation, history: history)
        let bolaE = BOLAE.Settings(
            avoidsOscillation: avoidsOscillation, hasInsufficientBufferRule: !hasNoInsufficientBufferRule,
            smoothness: smoothness, history: history)
        return switch rule {
        case .bola: .bola(bola)
        case .bolae: .bolaE(bolaE)
        case .throughput: .sustainable(throughput)
        case .dynamic: .dynamic(.init(variant: .comparing, throughput: throughput, bola: bola, bolaE: bolaE))
        case .dynamicdash: .dynamic(.init(variant: .thresholds, throughput: throughput, bola: bola, bolaE: bolaE))
        case .bba: .bba(.init())
        case .mpc: .mpc(.init(firstHistory: history))
        case .robustmpc: .mpc(.init(isRobust: true, firstHistory: history))
        case .l2a: .l2a(.init())
        case .lolplus: .loLPlus(.init())
        }
    }

    private func read<Content: Decodable>(_ path: String, what: String) throws -> Content {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw CommandFailure(.noInput, "the \(what) \(path) cannot be read; name a file in Sabre's JSON")
        }
        do {
            return try JSONDecoder().decode(Content.self, from: data)
        } catch let error as DecodingError {
            throw CommandFailure(.badInput, "the \(what) \(path) is not Sabre's JSON: \(Self.sentence(error))")
        }
    }

    private static func sentence(_ error: DecodingError) -> String {
        func place(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
            return path.isEmpty ? "at its top" : "at \(path)"
        }
        switch error {
        case .keyNotFound(let key, let context): return "\(key.stringValue) is missing \(place(context))"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "a number or list is missing \(place(context))"
        case .dataCorrupted(let context): return "it cannot be read \(place(context))"
        @unknown default: return "it cannot be read"
        }
    }
}

/// A movie as it stands in a file; the names are the file's.
private struct SabreMovieFile: Decodable {
    var segment_duration_ms: Double
    var bitrates_kbps: [Double]
    var segment_sizes_bits: [[Double]]
}

/// A period of a link as it stands in a file; the names are the file's.
private struct SabrePeriodFile: Decodable {
    var duration_ms: Double
    var bandwidth_kbps: Double
    var latency_ms: Double
}
