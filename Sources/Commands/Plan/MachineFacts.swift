import Foundation
import Quantities

/// What a machine has that a run needs; nil for what cannot be told.
package struct MachineFacts: Sendable, Hashable {
    /// Processors that this process may use.
    package var processors: Int
    /// File descriptors that this process may have, if it asks for all it can get.
    package var descriptors: Int?
    /// Memory in all, or the limit of the control group that the process is in.
    package var memory: ByteCount?
    /// Local ports for connections to one address from one address.
    package var ports: Int?
    /// The fastest network interface but the loopback.
    package var interface: BitRate?

    /// Creates facts.
    package init(processors: Int, descriptors: Int?, memory: ByteCount?, ports: Int?, interface: BitRate? = nil) {
        self.processors = max(1, processors)
        self.descriptors = descriptors
        self.memory = memory
        self.ports = ports
        self.interface = interface
    }

    /// Those of this machine that do not change from one moment to the next: what is free now is not among them.
    package static func read() -> MachineFacts {
        MachineFacts(
            processors: ProcessInfo.processInfo.activeProcessorCount, descriptors: descriptorLimit(),
            memory: [total(), groupLimit()].compactMap { $0 }.min(), ports: portRange(), interface: fastestInterface())
    }

    private static func descriptorLimit() -> Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Int(clamping: limit.rlim_max)
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func total() -> ByteCount? {
        guard let line = text("/proc/meminfo")?.split(separator: "\n").first(where: { $0.hasPrefix("MemTotal:") })
        else { return nil }
        return line.split(separator: " ").dropFirst().first.flatMap { Int64($0) }.map { .kibibytes($0) }
    }

    /// The limit of the control group (version 2) that the process sees as its root; nil for none.
    private static func groupLimit() -> ByteCount? {
        guard let words = text("/sys/fs/cgroup/memory.max")?.split(whereSeparator: \.isWhitespace) else { return nil }
        return words.first.flatMap { Int64($0) }.map { ByteCount($0) }
    }

    private static func portRange() -> Int? {
        guard
            let bounds = text("/proc/sys/net/ipv4/ip_local_port_range")?.split(whereSeparator: \.isWhitespace)
                .compactMap({ Int($0) }), bounds.count == 2, bounds[1] >= bounds[0]
        else { return nil }
        return bounds[1] - bounds[0] + 1
    }

    private static func fastestInterface() -> BitRate? {
        let folder = "/sys/class/net"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let speeds = names.filter { $0 != "lo" }.compactMap { name in
            text("\(folder)/\(name)/speed")?.split(whereSeparator: \.isWhitespace).first.flatMap { Double($0) }
        }
        return speeds.filter { $0 > 0 }.max().map { .megabits($0) }
    }
}
