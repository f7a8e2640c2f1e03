import Foundation
import Measurement
import Playback
import Quantities
import RunStore

// usage: SessionBenchmark [vod|live] [SESSIONS] [SECONDS]
//
// What full player sessions cost beyond their transfers: the state machine, the recorder and the store, without any
// network, on a virtual clock. Figures are CPU time for each segment that a session fetched, video or audio.

/// CPU time of this process, in microseconds.
func processorMicroseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
}

/// Resident memory of this process, in KiB.
func residentKibibytes() -> Double {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let words = text.split(separator: " ")
    return words.count > 1 ? (Double(words[1]) ?? 0) * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_024 : 0
}

/// Does some work and adds the CPU time that it took.
func measure<Value>(_ sum: inout Double, _ work: () throws -> Value) rethrows -> Value {
    let start = processorMicroseconds()
    defer { sum += processorMicroseconds() - start }
    return try work()
}

let arguments = CommandLine.arguments
let mode = arguments.count > 1 ? arguments[1] : "vod"
let sessions = arguments.count > 2 ? Int(arguments[2]) ?? 0 : 5_000
let seconds = arguments.count > 3 ? Int(arguments[3]) ?? 0 : 60
guard ["vod", "live"].contains(mode), sessions > 0, seconds > 12 else {
    print("usage: SessionBenchmark [vod|live] [SESSIONS] [SECONDS, more than 12]")
    exit(2)
}

let folder = FileManager.default.temporaryDirectory.appending(path: "session-benchmark-\(UUID().uuidString)")
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(at: folder) }
let writer = try RunWriter(
    path: folder.appending(path: "benchmark.run").path,
    metadata: RunMetadata(
        profile: "benchmark", seed: 1, startedAt: .seconds(Stream.wallStart), toolVersion: "0", plannedViewers: sessions
    ))

let stream = Stream(isLive: mode == "live", seconds: Double(seconds))
let before = residentKibibytes()
var world = World(stream: stream, sessions: sessions, ramp: 10)
var (player, recording, taking, storing) = (0.0, 0.0, 0.0, 0.0)
for second in 1...seconds {
    let end = Instant.seconds(Double(second))
    measure(&player) { world.run(until: end) }
    measure(&recording) { world.record() }
    let delta = measure(&taking) { world.recorder.takeInterval(at: end) }
    try measure(&storing) { try writer.append([delta], endingAt: end) }
}
let memory = (residentKibibytes() - before) / Double(sessions)
let (segments, inputs, events) = (world.segments, world.inputs, world.eventCount)
let end = Instant.seconds(Double(seconds))
let troubled = world.stop(at: end)
let last = world.recorder.takeInterval(at: end)
try writer.append([last], endingAt: end)
try writer.finish()

func perSegment(_ microseconds: Double) -> String { String(format: "%.2f", microseconds / Double(segments)) }

print(
    "\(mode): \(sessions) sessions, \(seconds) virtual seconds, \(segments) segments, \(inputs) inputs, \(events) events"
)
print(
    "CPU-us/segment: \(perSegment(player + recording + taking + storing)) in total; state machine and its driver"
        + " \(perSegment(player)), recorder \(perSegment(recording)), taking \(perSegment(taking)),"
        + " store \(perSegment(storing))")
print("\(String(format: "%.1f", memory)) KB/session; \(troubled) sessions did not play through")
if troubled > 0 { exit(1) }
