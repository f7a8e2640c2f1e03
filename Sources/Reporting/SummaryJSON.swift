import Measurement
import Playback
import Quantities

/// `summary.json`: the whole run in numbers, for programs.
///
/// The keys are described in docs/METRICS.md and only ever added to.
package enum SummaryJSON {
    /// The version of the format, in its `format` key.
    package static let version = 1

    /// The document.
    ///
    /// Times are seconds, rates bits per second, shares parts of one; null stands for a figure without anything to
    /// measure.
    package static func render(_ report: RunReport) -> String {
        let validity = report.validity
        return JSONText.object([
            ("format", .string("fullhouse-summary")), ("version", .whole(Int64(version))),
            ("simulated", .boolean(report.metadata.isSimulated)), ("run", run(report)),
            (
                "validity",
                .object([
                    ("verdict", .string(validity.verdict.label)),
                    (
                        "reasons",
                        .array(
                            validity.reasons.map {
                                .object([("verdict", .string($0.verdict.label)), ("sentence", .string($0.sentence))])
                            })
                    ),
                ])
            ),
            ("thresholds", .array(report.thresholdResults.map(threshold))),
            ("sessions", sessions(report.totals.overall)),
            ("transfers", transfers(report.totals.allTransfers)),
            ("by_kind", group(report.totals, .kind, hasSessions: false)),
            ("by_stream", group(report.totals, .stream)),
            ("by_region", group(report.totals, .region)),
            ("by_edge", group(report.totals, .edge)),
            ("by_pop", pops(report.totals)),
            ("by_step", group(report.totals, .step, hasSessions: false)), ("journey", JourneyJSON.object(report)),
            ("by_device", group(report.totals, .device, hasTransfers: false)),
            ("by_phase", group(report.totals, .phase, hasTransfers: false)),
            ("by_network", group(report.totals, .network, hasTransfers: false)),
            ("findings", FindingsJSON.object(report)), ("gate", GateJSON.object(report)), ("peak", peak(report)),
            ("tester", tester(report.evidence)),
        ]).text()
    }

    private static func run(_ report: RunReport) -> JSONText {
        let metadata = report.metadata
        let (end, reason): (String, JSONText) =
            switch report.end {
            case .completed: ("completed", .null)
            case .stopped(let reason): ("stopped", .string(reason))
            case .cutShort: ("cut-short", .null)
            }
        return .object([
            ("profile", .string(metadata.profile)), ("seed", .string(String(metadata.seed))),
            ("mode", .string(metadata.mode)), ("started_at", .string(Figures.iso(metadata.startedAt))),
            ("duration", .number(report.duration.seconds)), ("end", .string(end)), ("end_reason", reason),
            ("planned_viewers", .whole(Int64(metadata.plannedViewers))),
            ("planned_duration", .number(metadata.plannedDuration?.seconds)),
            ("tool_version", .string(metadata.toolVersion)), ("command", .string(metadata.command)),
            ("warnings", .array(metadata.warnings.map(JSONText.string))),
        ])
    }

    private static func threshold(_ result: ThresholdResult) -> JSONText {
        .object([
            ("threshold", .string(result.threshold.text)), ("verdict", .string(result.verdict.rawValue)),
            ("measured", .number(result.measured)), ("limit", .number(result.threshold.limit)),
            ("population", .whole(result.population)),
        ])
    }

    private static func group(
        _ totals: RunTotals, _ dimension: Dimension, hasSessions: Bool = true, hasTransfers: Bool = true
    ) -> JSONText {
        .object(
            totals.names(of: dimension).map { name in
                var members: [(String, JSONText)] = []
                if hasSessions { members.append(("sessions", sessions(totals.sessions(dimension, name)))) }
                if hasTransfers { members.append(("transfers", transfers(totals.transfers(dimension, name)))) }
                return (name, .object(members))
            })
    }

    private static func pops(_ totals: RunTotals) -> JSONText {
        .array(
            totals.transfers.filter { $0.key.dimension == .edge }.sorted { $0.key < $1.key }.map { key, cell in
                .object([("edge", .string(key.name)), ("pop", .string(key.pop)), ("transfers", transfers(cell))])
            })
    }

    // MARK: Cells

    private static func sessions(_ cell: SessionCell) -> JSONText {
        var members: [(String, JSONText)] = [("attempts", .whole(cell.arrivals)), ("plays", .whole(cell.plays))]
        for outcome in SessionOutcome.allCases {
            members.append((outcome.label.replacing("-", with: "_"), .whole(cell.outcomes[outcome])))
        }
        members += [
            ("failed_share", .number(cell.share(ofAttempts: cell.failed))),
            ("startup_time", distribution(cell.startup)),
            ("startup_above_2s", .number(cell.startupShare(above: 2))),
            ("startup_above_5s", .number(cell.startupShare(above: 5))),
            ("startup_above_10s", .number(cell.startupShare(above: 10))),
            ("rebuffer_ratio", .number(cell.rebufferRatio)), ("rebuffers", .whole(cell.rebuffers)),
            ("rebuffered_sessions", .whole(cell.rebufferedSessions)),
            ("refused_sessions", .whole(cell.refusedSessions)),
            ("rebuffer_time", .number(Double(cell.stateTime.rebuffering) / 1e9)),
            ("playing_time", .number(Double(cell.stateTime.playing) / 1e9)),
            ("rebuffers_per_hour", .number(cell.rebuffersPerHour)),
            ("mean_bit_rate", .number(cell.meanBitRate?.bitsPerSecond)),
            ("switches_up", .whole(cell.switchesUp)), ("switches_down", .whole(cell.switchesDown)),
            ("live_latency", distribution(cell.latency)), ("arrival_lateness", distribution(cell.arrivalLateness)),
            ("failures", counts(cell.failures)), ("leavings", counts(cell.leavings)),
        ]
        return .object(members)
    }

    private static func transfers(_ cell: TransferCell) -> JSONText {
        var members: [(String, JSONText)] = [("all", tally(cell.all))]
        for outcome in TransferOutcome.allCases { members.append((outcome.label, tally(cell.tally(of: outcome)))) }
        let statuses = cell.statuses.sorted {
            ($0.status, $0.outcome.rawValue) < ($1.status, $1.outcome.rawValue)
        }
        members += [
            (
                "by_status",
                .array(
                    statuses.map {
                        .object([
                            ("status", .whole(Int64($0.status))), ("outcome", .string($0.outcome.label)),
                            ("count", .whole($0.tally.count)), ("bytes", .whole($0.tally.bytes)),
                        ])
                    })
            ),
            ("errors", counts(cell.errors)), ("failed_share", .number(cell.failedShare)),
            (
                "cache",
                .object(CacheStatus.allCases.map { ($0.label, .whole(cell.cache[$0])) })
            ),
            ("cache_hit_ratio", .number(cell.cacheHitRatio)), ("new_connections", .whole(cell.newConnections)),
            ("retries", .whole(cell.retries)), ("time_to_first_byte", distribution(cell.firstByte)),
            ("transfer_time", distribution(cell.total)), ("due_to_done", distribution(cell.dueToDone)),
            ("begin_lateness", distribution(cell.beginLateness)),
        ]
        return .object(members)
    }

    private static func tally(_ tally: Tally) -> JSONText {
        .object([("count", .whole(tally.count)), ("bytes", .whole(tally.bytes))])
    }

    private static func counts(_ counts: [String: Int64]) -> JSONText {
        .object(counts.sorted { $0.key < $1.key }.map { ($0.key, .whole($0.value)) })
    }

    static func distribution(_ histogram: LogHistogram) -> JSONText {
        .object([
            ("count", .whole(Int64(clamping: histogram.count))), ("mean", .number(histogram.mean?.seconds)),
            ("min", .number(histogram.minimum?.seconds)), ("p50", .number(histogram.percentile(50)?.seconds)),
            ("p90", .number(histogram.percentile(90)?.seconds)), ("p95", .number(histogram.percentile(95)?.seconds)),
            ("p99", .number(histogram.percentile(99)?.seconds)),
            ("p999", .number(histogram.percentile(99.9)?.seconds)), ("max", .number(histogram.maximum?.seconds)),
        ])
    }

    private static func peak(_ report: RunReport) -> JSONText {
        let points = report.series[.overall]
        return .object([
            ("viewers", .whole(points.map(\.concurrent.sum).max() ?? 0)),
            ("throughput", .number(points.map(\.throughput.bitsPerSecond).max())),
            ("transfers_per_second", .number(points.map(\.transfersPerSecond).max())),
        ])
    }

    private static func tester(_ evidence: ValidityEvidence) -> JSONText {
        .object([
            (
                "loops",
                .array(
                    evidence.loops.sorted { $0.key < $1.key }.map { number, loop in
                        .object([
                            ("loop", .whole(Int64(number))), ("lateness", distribution(loop.lateness)),
                            ("cpu_mean", .number(loop.meanShare)), ("cpu_max", .number(loop.highestShare)),
                            ("unexpected_reconnects", .whole(Int64(loop.unexpectedReconnects))),
                        ])
                    })
            ),
            ("resident_memory", .whole(evidence.residentMemory.count)),
            ("descriptor_share", .number(evidence.descriptorShare)),
            ("memory_share", .number(evidence.memoryShare)),
            ("arrivals_dropped", .whole(evidence.arrivalsDropped)), ("events_lost", .whole(evidence.eventsLost)),
            ("clock_step", .number(evidence.clockStep.seconds)),
            ("segments_sent", .whole(evidence.segmentsSent)),
            ("segments_retransmitted", .whole(evidence.segmentsRetransmitted)),
        ])
    }
}

extension SessionCell {
    /// The part of the plays whose startup took longer; nil without plays.
    func startupShare(above seconds: Double) -> Double? {
        startup.isEmpty ? nil : Double(startup.count(above: .seconds(seconds))) / Double(startup.count)
    }
}

extension SeriesPoint {
    /// Transfers that ended, per second.
    var transfersPerSecond: Double { duration > .zero ? Double(transfers) / duration.seconds : 0 }
}
