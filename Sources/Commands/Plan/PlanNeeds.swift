import Quantities
import Reporting
import RunProfile

/// What a run of a plan takes of a machine; docs/PLAN.md explains each figure.
struct PlanNeeds {
    private let profile: RunProfile
    private let machine: MachineFacts

    init(_ profile: RunProfile, _ machine: MachineFacts) {
        self.profile = profile
        self.machine = machine
    }

    /// Event loops, each on a processor of its own.
    private var loops: Int { min(profile.run.loops ?? max(1, machine.processors - 1), machine.processors) }

    func needs(_ tally: PlanTally, _ sweep: PlanSweep, _ load: PlanLoad, _ places: PortPlaces) -> [PlanReport.Need] {
        let processors = load.peak(load.processors)
        var needs = [
            PlanReport.Need(
                name: "file descriptors", amount: Double(sweep.connections.value + RunCost.baseDescriptors),
                at: sweep.connections.at, limit: machine.descriptors.map(Double.init), unit: .count,
                advice: "raise the limit (ulimit -Hn, LimitNOFILE of systemd), or spread the viewers over more machines"
            ),
            PlanReport.Need(
                name: "memory",
                amount: RunCost.baseMemory + Double(sweep.memory.value) * 1_000
                    + Double(tally.visits) * RunCost.visitMemory,
                at: sweep.memory.at, limit: machine.memory.map { Double($0.count) }, unit: .bytes,
                advice: "take a machine with more memory, or spread the viewers over more machines"),
            ports(sweep, places),
            PlanReport.Need(
                name: "processors", amount: processors.value, at: processors.at, limit: Double(loops),
                unit: .processors,
                advice: "take a machine with more processors, raise 'run.loops' where it is set, or spread the viewers"
                    + " over more machines"),
        ]
        if tally.secureRate > 0 {
            needs.append(
                PlanReport.Need(
                    name: "new TLS connections", amount: Double(tally.secureRate), at: tally.secureRateAt,
                    limit: Double(loops) / RunCost.handshake, unit: .perSecond,
                    advice: "let the viewers arrive more slowly, or spread them over more machines: measurements of a"
                        + " machine that is behind with its handshakes are invalid"))
        }
        if load.hasTracks, !isLocal {
            let rate = load.peak(load.bits)
            needs.append(
                PlanReport.Need(
                    name: "network", amount: rate.value, at: rate.at,
                    limit: machine.interface.map(\.bitsPerSecond), unit: .bitRate,
                    advice: "take a machine with a faster network, or spread the viewers over more machines"))
        }
        return needs
    }

    /// Whether everything is on this machine.
    private var isLocal: Bool {
        profile.streams.allSatisfy { LoopbackHost.matches(URIReference($0.uri).host ?? "") }
            && profile.regions.allSatisfy { $0.edges.allSatisfy(LoopbackHost.matches) }
    }

    /// The ports of connections to that address which most go to.
    private func ports(_ sweep: PlanSweep, _ places: PortPlaces) -> PlanReport.Need {
        let each = zip(places.places, sweep.ports).map { place, peak in
            (
                place: place, amount: (Double(peak.value) / Double(place.addresses * place.sources)).rounded(.up),
                peak: peak
            )
        }
        let most = each.max { $0.amount < $1.amount }
        return PlanReport.Need(
            name: "ports towards \(most?.place.name ?? "one address")", amount: most?.amount ?? 0,
            at: most?.peak.at ?? .zero, limit: machine.ports.map(Double.init), unit: .count,
            advice: "give the region several 'source addresses', widen net.ipv4.ip_local_port_range, or spread the"
                + " viewers over more machines")
    }
}
