import Manifests
import Measurement
import Playback
import Quantities
import Transport

/// A line of comma-separated values (RFC 4180), empty where a figure has nothing to measure.
private func line(_ fields: [String?]) -> String {
    var text = ""
    text.reserveCapacity(256)
    for (position, field) in fields.enumerated() {
        if position > 0 { text += "," }
        if let field { text += Escaping.csv(field) }
    }
    return text + "\r\n"
}

private func seconds(_ amount: TimeAmount?) -> String? { amount.map { Figures.microseconds($0.nanoseconds) } }

private func share(_ value: Double?) -> String? { value.map { Figures.fixed($0, 6) } }

private func rate(_ rate: BitRate?) -> String? { rate.map { Figures.fixed($0.bitsPerSecond, 0) } }

/// `summary.csv`: one line for everything, each stream, region, edge, device and kind.
package enum SummaryCSV {
    /// The document with its header line.
    package static func render(_ report: RunReport) -> String {
        var text = line([
            "dimension", "name", "attempts", "plays", "start_failures", "playback_failures", "exits_before_start",
            "startup_p50_s", "startup_p95_s", "startup_p99_s", "rebuffer_ratio", "rebuffers", "mean_bit_rate_bps",
            "live_latency_p50_s", "transfers", "completed_transfers", "failed_transfers", "cancelled_transfers",
            "bytes",
            "first_byte_p50_s", "first_byte_p95_s", "transfer_time_p95_s", "cache_hit_ratio",
        ])
        for dimension in Dimension.allCases {
            let names = dimension == .overall ? [""] : report.totals.names(of: dimension)
            for name in names { text += row(report.totals, dimension, name) }
        }
        return text
    }

    private static func row(_ totals: RunTotals, _ dimension: Dimension, _ name: String) -> String {
        let cell = totals.sessions(dimension, name)
        let transfers = totals.transfers(dimension, name)
        var fields: [String?] = [dimension.label, name]
        if dimension == .kind || dimension == .step {
            fields += [String?](repeating: nil, count: 12)
        } else {
            fields += [
                String(cell.arrivals), String(cell.plays), String(cell.outcomes.startFailure),
                String(cell.outcomes.playbackFailure), String(cell.outcomes.exitBeforeStart),
                seconds(cell.startup.percentile(50)), seconds(cell.startup.percentile(95)),
                seconds(cell.startup.percentile(99)), share(cell.rebufferRatio), String(cell.rebuffers),
                rate(cell.meanBitRate), seconds(cell.latency.percentile(50)),
            ]
        }
        if [.device, .phase, .network].contains(dimension) {
            fields += [String?](repeating: nil, count: 9)
        } else {
            fields += [String(transfers.all.count)]
            fields += TransferOutcome.allCases.map { String(transfers.tally(of: $0).count) }
            fields += [
                String(transfers.all.bytes), seconds(transfers.firstByte.percentile(50)),
                seconds(transfers.firstByte.percentile(95)), seconds(transfers.total.percentile(95)),
                share(transfers.cacheHitRatio),
            ]
        }
        return line(fields)
    }
}

/// `timeline.csv`: one line for each second of everything, each stream, region and edge.
package enum TimelineCSV {
    /// The document with its header line.
    package static func render(_ report: RunReport) -> String {
        var text = line([
            "second", "dimension", "name", "duration_s", "starting", "playing", "rebuffering", "seeking", "paused",
            "arrivals", "plays", "ended", "failed", "rebuffers", "rebuffer_ratio", "mean_bit_rate_bps",
            "completed_transfers", "failed_transfers", "cancelled_transfers", "bytes", "throughput_bps",
            "startup_p95_s", "first_byte_p50_s", "first_byte_p95_s",
        ])
        for (key, points) in report.series.points.sorted(by: { $0.key < $1.key }) {
            for point in points { text += row(point, key) }
        }
        return text
    }

    private static func row(_ point: SeriesPoint, _ key: CellKey) -> String {
        let now = point.concurrent
        var fields: [String?] = [String(point.second), key.dimension.label, key.name, seconds(point.duration)]
        fields += [now.starting, now.playing, now.rebuffering, now.seeking, now.paused].map { String($0) }
        fields += [point.arrivals, point.plays, point.ended, point.failed, point.rebuffers].map { String($0) }
        fields += [share(point.rebufferRatio), rate(point.meanBitRate)]
        fields += [
            point.completedTransfers, point.failedTransfers, point.cancelledTransfers, point.bytes,
        ].map { String($0) }
        fields += [
            rate(point.throughput), seconds(point.startup.percentile(95)), seconds(point.firstByte.percentile(50)),
            seconds(point.firstByte.percentile(95)),
        ]
        return line(fields)
    }
}

/// `sessions.csv`: one line for each session, line by line so that a large run needs no memory.
package enum SessionsCSV {
    /// The header line.
    package static let header = line([
        "session", "stream", "region", "edge", "device", "due_s", "started_s", "finished_s", "outcome", "final_state",
        "failure", "startup_s", "rebuffer_count", "rebuffer_s", "played_s", "rebuffer_ratio", "mean_bit_rate_bps",
        "rendered_s", "switches_up", "switches_down", "live_latency_mean_s", "live_latency_last_s", "bytes",
        "transfers",
        "failed_transfers", "cancelled_transfers", "phase", "network", "leaving",
    ])

    /// The line of a session.
    package static func row(_ row: SessionSummary) -> String {
        line([
            String(row.id.number), row.arrival.stream, row.arrival.region, row.edge, row.arrival.device,
            Figures.microseconds(row.arrival.due.nanoseconds), Figures.microseconds(row.arrival.started.nanoseconds),
            Figures.microseconds(row.finished.nanoseconds), row.outcome.label, String(row.finalState.letter),
            row.failure,
            seconds(row.startupTime), String(row.rebufferCount), seconds(row.rebufferTime), seconds(row.playedTime),
            share(row.rebufferRatio), rate(row.meanBitRate), seconds(row.renderedTime), String(row.switchesUp),
            String(row.switchesDown), seconds(row.meanLatency), seconds(row.lastLatency), String(row.bytes.count),
            String(row.transfers), String(row.failedTransfers), String(row.cancelledTransfers),
            row.arrival.phase, row.arrival.network, row.leaving,
        ])
    }
}

/// `transfers.csv`: one line for each stored transfer, line by line.
package enum TransfersCSV {
    /// The header line.
    package static let header = line([
        "session", "transfer", "kind", "due_s", "begun_s", "name_lookup_s", "connect_s", "tls_s", "first_byte_s",
        "total_s",
        "due_to_done_s", "status", "error", "outcome", "bytes", "bit_rate_bps", "media_s", "sequence", "attempt",
        "edge",
        "pop", "cache", "http_version", "connection_reused", "step",
    ])

    /// The line of a transfer.
    package static func row(_ row: SampledTransfer) -> String {
        let record = row.record
        let timings = record.timings
        return line([
            String(row.session.number), String(record.id.number), record.kind.label,
            Figures.microseconds(record.due.nanoseconds), Figures.microseconds(timings.begun.nanoseconds),
            seconds(timings.nameLookup),
            seconds(timings.connect), seconds(timings.tls), seconds(timings.firstByte), seconds(timings.total),
            seconds(timings.ended - record.due), String(record.status), record.error,
            TransferOutcome(record).label, String(record.bytes.count), rate(record.bitRate),
            seconds(record.mediaDuration), String(record.sequence), String(record.attempt), record.edge, record.pop,
            record.cache.label, record.version.rawValue, record.connectionReused ? "1" : "0",
            record.step,
        ])
    }
}

/// `findings.csv`: one line for each kind of finding on each stream, edge and kind of transfer.
package enum FindingsCSV {
    /// The document with its header line.
    package static func render(_ report: RunReport) -> String {
        var text = line([
            "finding", "severity", "clause", "stream", "edge", "kind", "count", "first_seen_s", "last_seen_s",
            "example", "resource", "meaning",
        ])
        for (key, tally) in report.totals.findings.tallies.sorted(by: { $0.key < $1.key }) {
            text += line([
                key.id, tally.severity.rawValue, tally.clause, key.stream, key.edge, key.kind.label,
                String(tally.count), Figures.microseconds(tally.first.nanoseconds),
                Figures.microseconds(tally.last.nanoseconds), tally.message, tally.resource,
                FindingRule.named(key.id)?.meaning,
            ])
        }
        return text
    }
}

/// `gate.csv`: one line for each kind of probe on each stream, edge and kind of request.
package enum GateCSV {
    /// The document with its header line.
    package static func render(_ report: RunReport) -> String {
        var text = line([
            "probe", "stream", "edge", "kind", "tried", "refused", "leaked", "inconclusive", "honest_accepted",
            "honest_refused", "bytes", "answers", "first_seen_s", "last_seen_s", "example", "resource",
        ])
        let log = report.totals.gate
        for (key, tally) in log.tallies.sorted(by: { $0.key < $1.key }) {
            let honest = log.honest[key.place]
            let answers = tally.answers.sorted { $0.key < $1.key }
                .map { "\($0.key.verdict.rawValue) \($0.key.word): \($0.value)" }
            text += line([
                key.probe, key.stream, key.edge, key.kind, String(tally.tried), String(tally.count(.refused)),
                String(tally.count(.leaked)), String(tally.count(.inconclusive)), honest.map { String($0.accepted) },
                honest.map { String($0.refused) }, String(tally.bytes), answers.joined(separator: "; "),
                Figures.microseconds(tally.first.nanoseconds), Figures.microseconds(tally.last.nanoseconds),
                tally.sentence, tally.resource,
            ])
        }
        return text
    }
}
