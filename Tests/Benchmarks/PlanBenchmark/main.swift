// How long a plan of a million viewers takes, and what it needs. Run it in release:
//     swift run -c release PlanBenchmark [viewers]

import Audience
import Foundation
import Quantities

/// The most memory that the process has held, as Linux tells it.
func peakMemory() -> String {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line.map { $0.dropFirst(6).trimmingCharacters(in: .whitespaces) } ?? "unknown"
}

func measure<Result>(_ what: String, _ work: () -> Result) -> Result {
    let watch = ContinuousClock()
    var result: Result?
    let begun = clock()
    let time = watch.measure { result = work() }
    let processor = Double(clock() - begun) / 1e6
    guard let result else { preconditionFailure("the work has been done") }
    print("\(what): \(processor) s of processor time, \(time) by the clock, peak memory \(peakMemory())")
    return result
}

/// A live event: doors, a spike at kick-off, an outage of one edge and a break in which many leave and return.
func event(_ viewers: Int) -> AudienceSettings {
    var doors = AudiencePhase(name: "doors", at: .zero, duration: .seconds(600))
    doors.size = .share(0.4)
    doors.arrivals = .poisson(over: .seconds(600))
    var kickOff = AudiencePhase(name: "kick-off", at: .seconds(600))
    kickOff.size = .share(0.6)
    kickOff.arrivals = .spike(median: .seconds(60), sigma: 1, over: nil)
    var outage = AudiencePhase(name: "outage", at: .seconds(1_800))
    outage.drop = .init(targets: [.init(region: 0, edge: 1, edges: 4)])
    var half = AudiencePhase(name: "half-time", at: .seconds(3_300))
    half.leaving = .init(share: 0.3, comingBack: .init(delay: .uniform(from: .zero, to: .seconds(900))))
    var settings = AudienceSettings(
        viewers: viewers, watch: .lognormal(median: .seconds(5_400), sigma: 0.8),
        streams: [.init(name: "main", weight: 1)],
        regions: [.init(name: "oslo", weight: 0.6), .init(name: "bergen", weight: 0.4)])
    settings.devices = ["hls.js", "avplayer", "exoplayer", "shaka"].map { .init(name: $0, weight: 1) }
    settings.networks = ["fibre", "cable", "lte", "3g"].map { .init(name: $0, weight: 1) }
    settings.script = [doors, kickOff, outage, half]
    return settings
}

/// Viewers with all habits, as a simulation would hold them.
func makeMinds(_ plan: AudiencePlan) -> [ViewerMind] {
    var settings = plan.settings
    settings.behaviour.pauses = .init(rate: 2, length: .fixed(.seconds(60)))
    settings.behaviour.seeks = .init(rate: 2, distance: .exponential(mean: .seconds(60)))
    settings.behaviour.startupPatience = .init()
    settings.behaviour.rebufferPatience = .init()
    return (0..<plan.viewers).map { viewer in
        var mind = ViewerMind(plan.session(viewer), settings: settings, seed: plan.seed)
        mind.playbackBegan(at: .zero)
        return mind
    }
}

let viewers = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000_000
var simple = event(viewers)
simple.script = []
simple.arrivals = .spike(median: .seconds(60), sigma: 1, over: nil)
for (name, settings) in [("a spike", simple), ("a scripted event", event(viewers))] {
    print("\(name), \(viewers) viewers")
    let plan = AudiencePlan(settings: settings, seed: 7)
    let schedule = measure("  schedule") { plan.schedule() }
    print("  \(schedule.count) visits")
    let outline = measure("  outline") { schedule.outline(bucket: .seconds(60), until: .seconds(7_200)) }
    print("  at most \(outline.peak) at once, at \(outline.peakAt.seconds) s")
    let fingerprint = measure("  fingerprint") { schedule.fingerprint }
    print("  \(fingerprint)")
}
let minds = measure("minds of \(MemoryLayout<ViewerMind>.stride) bytes") {
    makeMinds(AudiencePlan(settings: event(viewers), seed: 7))
}
precondition(minds.count == viewers)
