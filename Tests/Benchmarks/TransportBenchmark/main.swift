import CurlTransport
import Glibc
import Quantities
import Synchronization
import Transport

// usage: TransportBenchmark saturate URI SESSIONS REQUESTS-OF-EACH [CA-FILE]
//        TransportBenchmark paced URI SESSIONS SECONDS PERIOD [CA-FILE]

/// Resident memory of this process, in KiB.
func residentKibibytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
    let words = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(
        separator: " ")
    return words.count > 1 ? (Int(words[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) / 1_024 : 0
}

/// CPU time of this process, in microseconds.
func processorMicroseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
}

func padded(_ value: Double, _ digits: Int, width: Int) -> String {
    let factor = digits == 0 ? 1.0 : 10.0
    let rounded = (value * factor).rounded() / factor
    let text = digits == 0 ? String(Int(rounded)) : String(rounded)
    return String(repeating: " ", count: max(0, width - text.utf8.count)) + text
}

/// What the sessions count together.
final class Tally: Sendable {
    let done = Atomic<Int>(0)
    let failed = Atomic<Int>(0)
    let resident = Atomic<Int>(0)
    let firstError = Mutex<String?>(nil)
    /// CPU time and instant when counting began.
    let steady = Mutex<(processor: Double, at: Instant)>((0, .zero))

    func note(_ result: Result<TransferResult, FailedTransfer>, measureAt place: Int) {
        switch result {
        case .success(let result) where result.status == 200: break
        case .success(let result):
            failed.add(1, ordering: .relaxed)
            firstError.withLock { $0 = $0 ?? "status \(result.status)" }
        case .failure(let failure):
            failed.add(1, ordering: .relaxed)
            firstError.withLock { $0 = $0 ?? "\(failure.error)" }
        }
        if done.add(1, ordering: .relaxed).newValue == place {
            resident.store(residentKibibytes(), ordering: .relaxed)
        }
    }
}

/// Each session asks for the next body when it has the last.
func saturate(_ group: CurlLoopGroup, uri: String, sessions: Int, each: Int) async {
    let loop = group.loops[0]
    let tally = Tally()
    let before = residentKibibytes()
    let (processor, start) = (processorMicroseconds(), loop.now)
    await Task(executorPreference: loop) {
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<sessions {
                tasks.addTask {
                    let channel = loop.openChannel(ChannelSettings(parallelTransfers: 1))
                    defer { channel.close() }
                    for number in 0..<each {
                        channel.begin(TransferRequest(uri: uri), as: TransferID(UInt32(number)))
                        guard case .transferFinished(_, let result) = await channel.nextEvent() else { return }
                        tally.note(result, measureAt: sessions * each / 2)
                    }
                }
            }
        }
    }.value
    let wanted = Double(sessions * each)
    let spent = processorMicroseconds() - processor
    let failed = tally.failed.load(ordering: .relaxed)
    let memory = Double(tally.resident.load(ordering: .relaxed) - before) / Double(sessions)
    print(
        "fullhouse  \(padded(Double(sessions), 0, width: 6)) sessions  \(padded(spent / wanted, 1, width: 7)) cpu-us/request"
            + "  \(padded(wanted / (loop.now - start).seconds, 0, width: 7)) requests/s"
            + "  \(padded(memory, 1, width: 6)) KB/session  \(failed) failed")
    report(loop, tally)
}

/// Each session asks for a body every period, whether or not it is tired.
func paced(_ group: CurlLoopGroup, uri: String, sessions: Int, seconds: Double, period: Double) async {
    let loop = group.loops[0]
    let tally = Tally()
    let before = residentKibibytes()
    let rounds = Int(seconds / period)
    let first = loop.now + .seconds(1.0)
    // The first round makes the connections over two periods and is not counted.
    let ramp = TimeAmount.seconds(2 * period)
    let counted = first + ramp + .seconds(period)
    await Task(executorPreference: loop) {
        await withTaskGroup(of: LatenessHistogram.self) { tasks in
            for session in 0..<sessions {
                tasks.addTask {
                    var lateness = LatenessTally()
                    let channel = loop.openChannel(ChannelSettings(parallelTransfers: 1))
                    defer { channel.close() }
                    var due = first + ramp * (Double(session) / Double(sessions))
                    for number in 0..<(rounds + 4) {
                        if due > channel.now {
                            channel.setAlarm(at: due)
                            guard case .alarm = await channel.nextEvent() else { return lateness.histogram }
                        }
                        if session == 0, number == 3 {
                            let now = channel.now
                            tally.steady.withLock { $0 = (processorMicroseconds(), now) }
                        }
                        if due >= counted { lateness.add(channel.now - due) }
                        channel.begin(TransferRequest(uri: uri), as: TransferID(UInt32(number)))
                        guard case .transferFinished(_, let result) = await channel.nextEvent() else {
                            return lateness.histogram
                        }
                        tally.note(result, measureAt: sessions * rounds)
                        due = due + .seconds(period)
                    }
                    return lateness.histogram
                }
            }
            var all = LatenessHistogram()
            for await histogram in tasks { all.add(histogram) }
            let (start, at) = tally.steady.withLock { $0 }
            let share = (processorMicroseconds() - start) / 1e6 / (loop.now - at).seconds
            let memory = Double(tally.resident.load(ordering: .relaxed) - before) / Double(sessions)
            print(
                "paced      \(padded(Double(sessions), 0, width: 6)) sessions  \(padded(share * 100, 1, width: 5)) % of a core"
                    + "  \(padded(memory, 1, width: 6)) KB/session"
                    + "  \(tally.done.load(ordering: .relaxed)) of \(sessions * (rounds + 4)) requests"
                    + "  \(tally.failed.load(ordering: .relaxed)) failed")
            print(
                "start lateness: p50 \(all.quantile(0.5)), p99 \(all.quantile(0.99)), p99.9 \(all.quantile(0.999)),"
                    + " longest \(all.longest), of \(all.total) starts")
        }
    }.value
    report(loop, tally)
}

/// A histogram that a session fills.
struct LatenessTally {
    private var values: [TimeAmount] = []
    mutating func add(_ value: TimeAmount) { values.append(value) }
    var histogram: LatenessHistogram {
        var result = LatenessHistogram()
        for value in values { result.record(value) }
        return result
    }
}

func report(_ loop: CurlLoop, _ tally: Tally) {
    let statistics = loop.statistics()
    print(
        "  connections \(statistics.connectionsOpened), reconnects after the server closed"
            + " \(statistics.reconnectsAfterServerClose), uncaused \(statistics.reconnectsUncaused);"
            + " jobs \(statistics.jobs), turns \(statistics.turns), wake-ups \(statistics.wakeUps)")
    if let error = tally.firstError.withLock({ $0 }) { print("  first error: \(error)") }
}

let arguments = CommandLine.arguments
guard arguments.count >= 5, let sessions = Int(arguments[3]), let amount = Double(arguments[4]) else {
    print("usage: TransportBenchmark saturate URI SESSIONS REQUESTS-OF-EACH [CA-FILE]")
    print("       TransportBenchmark paced URI SESSIONS SECONDS PERIOD [CA-FILE]")
    exit(2)
}
let isPaced = arguments[1] == "paced"
let authorities = arguments.count > (isPaced ? 6 : 5) ? arguments[isPaced ? 6 : 5] : nil
let group = try CurlLoopGroup(loops: 1, settings: CurlTransportSettings(certificateAuthorities: authorities))
if isPaced {
    let period = arguments.count > 5 ? Double(arguments[5]) ?? 2 : 2
    await paced(group, uri: arguments[2], sessions: sessions, seconds: amount, period: period)
} else {
    await saturate(group, uri: arguments[2], sessions: sessions, each: Int(amount))
}
group.shutDown()
