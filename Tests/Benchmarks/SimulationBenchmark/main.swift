import Audience
import Dispatch
import Foundation
import Measurement
import Playback
import Quantities
import Simulation
import Transport

// usage: SimulationBenchmark [VIEWERS] [SECONDS] [WORKERS] [hls|dash]
//
// A live event with doors and a spike: viewers come evenly over the first two thirds, on links of 6 to 100 Mbit/s, to
// three edges. Prints what a simulated second, a transfer and a session cost.

func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func resident() -> Double {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let words = text.split(separator: " ")
    return words.count > 1 ? (Double(words[1]) ?? 0) * Double(sysconf(Int32(_SC_PAGESIZE))) : 0
}

let arguments = CommandLine.arguments
let viewers = arguments.count > 1 ? Int(arguments[1]) ?? 10_000 : 10_000
let seconds = arguments.count > 2 ? Double(arguments[2]) ?? 900 : 900
let workers = arguments.count > 3 ? Int(arguments[3]) ?? 2 : 2
let isDASH = arguments.count > 4 && arguments[4] == "dash"

var audience = AudienceSettings(
    viewers: viewers, arrivals: .constant(over: .seconds(seconds * 2 / 3)), streams: [.init(name: "main", weight: 1)])
audience.networks = [.init(name: "a", weight: 1), .init(name: "b", weight: 2), .init(name: "c", weight: 1)]
let traces = [6.0, 20, 100].map { LinkTrace(name: "\($0)", rate: .megabits($0)) }
var settings = SimulationSettings(
    plan: AudiencePlan(settings: audience, seed: 7),
    contents: [
        SimulatedContent(
            ContentSettings(format: isDASH ? .dash : .hls), wallStart: SimulationSettings.standardWallStart, seed: 7)
    ], players: [PlayerSettings()],
    edges: (0..<3).map {
        EdgeModel(name: "edge-\($0)", capacity: .megabits(Double(viewers) * 2), latency: .milliseconds(15))
    })
settings.origin = OriginModel(latency: .milliseconds(40))
settings.limit = .seconds(seconds)
settings.workers = workers
settings.link = { LinkAttachment(traces[$0.network], household: $0.household) }

/// What came of a run.
struct Outcome: Sendable {
    var totals = RunTotals()
    var most = 0
    var highest = 0.0
    var end = Instant.zero
    var inputs: Int64 = 0

    mutating func note(_ tick: PopulationSimulation.Tick) -> Bool {
        for delta in tick.deltas { totals.merge(delta) }
        most = max(most, tick.present)
        if Int(tick.at.seconds) % 10 == 0 { highest = max(highest, resident()) }
        return true
    }
}

func play(_ settings: SimulationSettings) async -> Outcome {
    var simulation = PopulationSimulation(settings)
    var outcome = Outcome()
    outcome.end = await simulation.run { outcome.note($0) }
    outcome.inputs = simulation.inputs
    return outcome
}

/// As ``play(_:)`` in this thread alone, so that a profiler sees nothing else.
func playAlone(_ settings: SimulationSettings) -> Outcome {
    var simulation = PopulationSimulation(settings)
    var outcome = Outcome()
    outcome.end = simulation.runAlone { outcome.note($0) }
    outcome.inputs = simulation.inputs
    return outcome
}

func tell(_ outcome: Outcome, viewers: Int, since start: Date, _ before: Double) {
    let wall = Date().timeIntervalSince(start)
    let used = processorSeconds() - before
    let transfers = Double(outcome.totals.allTransfers.all.count)
    let cell = outcome.totals.overall
    print(
        String(
            format:
                "%d viewers, %.0f s simulated in %.1f s (CPU %.1f s); %.0f transfers, %.2f CPU-us each;"
                + " %d inputs, %.2f CPU-us each",
            viewers, outcome.end.seconds, wall, used, transfers, used * 1e6 / transfers, outcome.inputs,
            used * 1e6 / Double(outcome.inputs)))
    print(
        String(
            format: "at most %d at once, %.0f MB, %.2f KB a session; startup p50 %.3f s, rebuffer ratio %.4f,"
                + " bit rate %.2f",
            outcome.most, outcome.highest / 1e6, outcome.highest / 1e3 / Double(max(1, outcome.most)),
            cell.startup.percentile(50)?.seconds ?? 0,
            cell.rebufferRatio ?? 0, cell.meanBitRate?.megabits ?? 0))
}

let before = processorSeconds()
let start = Date()
if workers == 1 {
    tell(playAlone(settings), viewers: viewers, since: start, before)
    exit(0)
}
let (ready, number) = (settings, viewers)
Task.detached {
    let outcome = await play(ready)
    tell(outcome, viewers: number, since: start, before)
    exit(0)
}
dispatchMain()
