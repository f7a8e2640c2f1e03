import CurlTransport
import Foundation
import Measurement
import Quantities

/// Reads how the machine and this process are doing, from `/proc`; what cannot be read stays zero and counts as unknown.
struct MachineProbe {
    private let descriptorLimit: Int
    private let firstClockGap: TimeAmount
    private let epoch: MonotonicEpoch
    private let firstSegments: (sent: Int64, again: Int64)
    private let crossesNetwork: Bool

    init(descriptorLimit: Int, epoch: MonotonicEpoch, crossesNetwork: Bool) {
        self.crossesNetwork = crossesNetwork
        self.descriptorLimit = descriptorLimit
        self.epoch = epoch
        firstClockGap = Self.clockGap(epoch)
        firstSegments = Self.segments()
    }

    /// The state now.
    func sample(at now: Instant) -> MachineSample {
        var sample = MachineSample(at: now)
        sample.descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
        sample.descriptorLimit = descriptorLimit
        sample.residentMemory = Self.kilobytes("VmRSS:", in: "/proc/self/status")
        sample.availableMemory = Self.kilobytes("MemAvailable:", in: "/proc/meminfo")
        sample.totalMemory = Self.kilobytes("MemTotal:", in: "/proc/meminfo")
        if crossesNetwork {
            let segments = Self.segments()
            sample.segmentsSent = segments.sent - firstSegments.sent
            sample.segmentsRetransmitted = segments.again - firstSegments.again
        }
        sample.clockStep = Self.clockGap(epoch) - firstClockGap
        return sample
    }

    /// What the wall clock says, less what the monotonic one says; it changes when the wall clock is set.
    private static func clockGap(_ epoch: MonotonicEpoch) -> TimeAmount {
        WallClock.now() - WallTime(nanoseconds: epoch.elapsed.nanoseconds)
    }

    private static func kilobytes(_ name: String, in path: String) -> ByteCount {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }),
            let number = line.split(separator: " ").dropFirst().first.flatMap({ Int64($0) })
                ?? line.split(separator: "\t").last.flatMap({ Int64($0.split(separator: " ").first ?? "") })
        else { return .zero }
        return .kibibytes(number)
    }

    /// TCP segments sent and sent again by the machine since it was started.
    private static func segments() -> (sent: Int64, again: Int64) {
        guard let text = try? String(contentsOfFile: "/proc/net/snmp", encoding: .utf8) else { return (0, 0) }
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("Tcp:") }.map { $0.split(separator: " ") }
        guard lines.count == 2, let sent = lines[0].firstIndex(of: "OutSegs"),
            let again = lines[0].firstIndex(of: "RetransSegs"), sent < lines[1].count, again < lines[1].count
        else { return (0, 0) }
        return (Int64(lines[1][sent]) ?? 0, Int64(lines[1][again]) ?? 0)
    }
}

/// The wall clock.
package enum WallClock {
    /// The time now.
    package static func now() -> WallTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
