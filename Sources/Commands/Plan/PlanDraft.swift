import Audience
import Quantities
import Reporting
import RunProfile

/// Makes the report of a profile's plan; nobody is contacted for it.
package struct PlanDraft {
    let profile: RunProfile
    let ladder: [LadderTrack]
    let length: TimeAmount?
    let machine: MachineFacts
    let kinds: SessionKinds

    /// Begins a draft.
    ///
    /// - Parameters:
    ///   - profile: The profile, with the seed of the plan.
    ///   - ladder: The tracks of streams of which the profile says none, from the lowest bit rate to the highest.
    ///   - length: How long viewers who stay until the end are there; nil where that is not known.
    ///   - machine: What the plan's needs are held against.
    package init(
        _ profile: RunProfile, ladder: [LadderTrack] = [], length: TimeAmount? = nil, machine: MachineFacts
    ) {
        self.profile = profile
        self.ladder = ladder
        self.length = length
        self.machine = machine
        kinds = SessionKinds(profile, ladder: ladder)
    }

    /// The report.
    package func report() -> PlanReport {
        let settings = profile.audience
        let tally = PlanTally(
            AudiencePlan(settings: settings, seed: profile.seed), kinds, limit: profile.run.limit, length: length)
        let places = PortPlaces(profile)
        let width = Self.width(tally.horizon)
        let sweep = PlanSweep(
            tally, kinds,
            mixes: [settings.streams, settings.regions, settings.devices, settings.networks].map(\.count),
            places: places.numbers, width: width)
        let load = PlanLoad(tally, kinds, count: sweep.arrivals.count, width: width)
        var report = PlanReport(
            profile: profile.name, seed: profile.seed, viewers: profile.viewers, visits: tally.visits,
            firstArrival: tally.firstArrival, lastArrival: tally.lastArrival, end: tally.horizon,
            timeline: PlanTimeline(
                bucket: .nanoseconds(width), arrivals: sweep.arrivals, present: sweep.present,
                bitsPerSecond: load.hasTracks ? load.bits : []),
            peakSessions: sweep.sessions.value, peakSessionsAt: sweep.sessions.at)
        report.phases = zip(settings.script, tally.phaseVisits).map { phase, visits in
            .init(name: phase.name, from: phase.at, to: phase.end, visits: visits)
        }
        report.mixes = mixes(settings, tally, sweep)
        report.traffic = traffic(tally, load)
        report.needs = PlanNeeds(profile, machine).needs(tally, sweep, load, places)
        report.warnings = warnings(tally, report.traffic)
        report.assumptions = PlanWords(self).assumptions(tally)
        return report
    }

    /// The width of the buckets: a tenth of a second for a plan of minutes, else seconds, and more for one of days.
    private static func width(_ end: Instant) -> Int64 {
        let second: Int64 = 1_000_000_000
        let length = end.nanoseconds
        if length <= 120 * second { return second / 10 }
        let widths: [Int64] = [1, 2, 5, 10, 30, 60, 300, 600, 3_600]
        return widths.first { length / ($0 * second) <= 100_000 }.map { $0 * second } ?? length / 100_000 + 1
    }

    private func mixes(_ settings: AudienceSettings, _ tally: PlanTally, _ sweep: PlanSweep) -> [PlanReport.Mix] {
        let details = [
            profile.streams.indices.map { words.ladder(of: $0) }, profile.regions.map(words.region),
            profile.devices.map(words.device), profile.networks.map(words.network),
        ]
        let shares = [settings.streams, settings.regions, settings.devices, settings.networks]
        let names = ["Stream", "Region", "Device", "Network"]
        var visits = shares.map { [Int](repeating: 0, count: $0.count) }
        for span in tally.spans {
            visits[0][Int(span.stream)] += 1
            visits[1][Int(span.region)] += 1
            visits[2][Int(span.device)] += 1
            visits[3][Int(span.network)] += 1
        }
        let isMixed = profile.regions.contains { $0.networks != nil }
        return names.indices.map { mix in
            let total = shares[mix].reduce(0) { $0 + $1.weight }
            return PlanReport.Mix(
                name: names[mix],
                parts: shares[mix].indices.map { part in
                    PlanReport.Part(
                        name: shares[mix][part].name, detail: details[mix][part],
                        share: mix == 3 && isMixed || total <= 0 ? nil : shares[mix][part].weight / total,
                        visits: visits[mix][part], peak: sweep.parts[mix][part])
                })
        }
    }

    private var words: PlanWords { PlanWords(self) }

    private func traffic(_ tally: PlanTally, _ load: PlanLoad) -> PlanReport.Traffic? {
        guard load.hasTracks else { return nil }
        var visits: [[Double: Int]] = profile.streams.map { _ in [:] }
        for kind in 0..<kinds.count where tally.kindVisits[kind] > 0 {
            guard let track = kinds[kind].track else { continue }
            visits[kinds.stream(of: kind)][track.bitRate.bitsPerSecond, default: 0] += tally.kindVisits[kind]
        }
        let tracks = zip(profile.streams, visits).flatMap { stream, tracks in
            tracks.sorted { $0.key > $1.key }.map {
                PlanReport.Traffic.Track(
                    stream: stream.name, bitRate: BitRate(bitsPerSecond: $0.key), visits: $0.value)
            }
        }
        let peak = load.peak(load.bits)
        return PlanReport.Traffic(
            peak: BitRate(bitsPerSecond: peak.value), peakAt: peak.at,
            playingPeak: BitRate(bitsPerSecond: load.peak(load.playingBits).value), total: load.total, tracks: tracks)
    }

    /// What of the plan the profile's own bounds would cut off.
    private func warnings(_ tally: PlanTally, _ traffic: PlanReport.Traffic?) -> [String] {
        var warnings: [String] = []
        if tally.visitsTooLate > 0, let limit = profile.run.limit {
            warnings.append(
                "\(tally.visitsTooLate) visits would begin after the run's limit of \(limit) and are not made; give"
                    + " 'run.limit' more time.")
        }
        guard let traffic else { return warnings }
        if let limit = profile.throughputLimit, traffic.peak > limit {
            warnings.append(
                "The throughput would pass 'targets.limits.throughput' (\(words.rate(limit))), which ends the run:"
                    + " it is \(words.rate(traffic.peak)) at most.")
        }
        if let limit = profile.dataLimit, traffic.total > limit {
            warnings.append(
                "The run would pass 'targets.limits.data' (\(words.bytes(limit))), which ends it: it takes"
                    + " \(words.bytes(traffic.total)).")
        }
        return warnings
    }
}
