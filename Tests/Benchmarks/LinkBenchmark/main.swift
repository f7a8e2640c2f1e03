import CurlTransport
import Glibc
import Quantities
import Synchronization
import Transport

// usage: LinkBenchmark URI SESSIONS MEGABITS SECONDS [BUFFER-KIB]
//
// Each session asks for the next body when it has the last, over a link of its own, and counts what reached it in the
// seconds that are measured.

func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func residentKibibytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
    let words = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(
        separator: " ")
    return words.count > 1 ? (Int(words[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) / 1_024 : 0
}

/// What the sessions count together.
final class Tally: Sendable {
    let failed = Atomic<Int>(0)
    let firstError = Mutex<String?>(nil)
    let rates = Mutex<[Double]>([])
}

/// The bytes that a session has received, at some instant: bodies that are over and the one in progress.
struct Session {
    let channel: CurlChannel
    let uri: String
    let tally: Tally
    var number: UInt32 = 0
    var done: Int64 = 0

    var bytes: Double { Double(done + (channel.progress(of: TransferID(number))?.bytes.count ?? 0)) }

    /// Plays until an instant.
    mutating func play(until end: Instant) async {
        channel.setAlarm(at: end)
        while true {
            switch await channel.nextEvent() {
            case .transferFinished(_, .success(let result)):
                done += result.bytes.count
                if result.status != 200 { fail("status \(result.status)") }
            case .transferFinished(_, .failure(let failure)):
                done += failure.bytes.count
                fail("\(failure.error)")
            case .alarm, .taskCancelled, .chunkArrived: return
            }
            begin()
        }
    }

    mutating func begin() {
        number += 1
        channel.begin(TransferRequest(uri: uri), as: TransferID(number))
    }

    private func fail(_ error: String) {
        tally.failed.add(1, ordering: .relaxed)
        tally.firstError.withLock { $0 = $0 ?? error }
    }
}

func measure(_ loop: CurlLoop, uri: String, sessions: Int, rate: Double, seconds: Double, tally: Tally) async {
    let first = loop.now + .seconds(0.5)
    // Sessions begin over two seconds, and are measured when all have been there for three.
    let start = first + .seconds(5.0)
    let end = start + .seconds(seconds)
    let trace = LinkTrace(name: "constant", rate: .megabits(rate))
    await withTaskGroup(of: Void.self) { tasks in
        for index in 0..<sessions {
            tasks.addTask {
                var settings = ChannelSettings(parallelTransfers: 1)
                settings.link = LinkAttachment(trace, household: UInt64(index))
                let channel = loop.openChannel(settings)
                defer { channel.close() }
                channel.setAlarm(at: first + .seconds(2 * Double(index) / Double(sessions)))
                _ = await channel.nextEvent()
                var session = Session(channel: channel, uri: uri, tally: tally)
                session.begin()
                // Each at its own place in the pauses.
                await session.play(until: start + .milliseconds(Int64(index % 250)))
                let (before, from) = (session.bytes, channel.now)
                await session.play(until: end + .milliseconds(Int64(index % 250)))
                let rate = (session.bytes - before) * 8 / 1e6 / (channel.now - from).seconds
                tally.rates.withLock { $0.append(rate) }
            }
        }
        let clock = loop.openChannel(ChannelSettings())
        defer { clock.close() }
        clock.setAlarm(at: start)
        _ = await clock.nextEvent()
        let (processor, memory) = (processorSeconds(), residentKibibytes())
        clock.setAlarm(at: end)
        _ = await clock.nextEvent()
        let share = (processorSeconds() - processor) / seconds * 100
        print("CPU \((share * 10).rounded() / 10) % of a core, resident \(memory / 1_024) MiB")
        await tasks.waitForAll()
    }
}

let arguments = CommandLine.arguments
guard arguments.count >= 5, let sessions = Int(arguments[2]), let rate = Double(arguments[3]),
    let seconds = Double(arguments[4])
else {
    print("usage: LinkBenchmark URI SESSIONS MEGABITS SECONDS [BUFFER-KIB]")
    exit(2)
}
var settings = CurlTransportSettings()
if arguments.count > 5, let size = Int64(arguments[5]) { settings.transferBuffer = .kibibytes(size) }
let group = try CurlLoopGroup(loops: 1, settings: settings)
let loop = group.loops[0]
let tally = Tally()
await Task(executorPreference: loop) {
    await measure(loop, uri: arguments[1], sessions: sessions, rate: rate, seconds: seconds, tally: tally)
}.value
let rates = tally.rates.withLock { $0.sorted() }
func at(_ rank: Double) -> String {
    String((rates[min(rates.count - 1, Int(rank * Double(rates.count)))] * 1e4).rounded() / 1e4)
}
if !rates.isEmpty {
    let off = rates.map { abs($0 / rate - 1) }
    print("rates in Mbit/s: lowest \(at(0)), p1 \(at(0.01)), p50 \(at(0.5)), p99 \(at(0.99)), highest \(at(1))")
    print(
        "within 3 %: \(off.count { $0 <= 0.03 }) of \(rates.count), farthest \(((off.max() ?? 0) * 1e4).rounded() / 100) %"
    )
}
let statistics = loop.statistics()
print(
    "failed \(tally.failed.load(ordering: .relaxed)), connections \(statistics.connectionsOpened), turns"
        + " \(statistics.turns), uncaused reconnects \(statistics.reconnectsUncaused)")
if let error = tally.firstError.withLock({ $0 }) { print("first error: \(error)") }
group.shutDown()
