import Measurement
import Playback
import Quantities

/// The transfers by kind, status, error and cache.
enum HTMLTransfers {
    static func render(_ report: RunReport) -> String {
        let totals = report.totals
        var text = "<h2>Transfers</h2>\n" + kinds(totals) + statuses(totals.allTransfers)
        text += errors(totals.allTransfers) + pops(totals)
        return text
    }

    private static func kinds(_ totals: RunTotals) -> String {
        var table = HTMLTable(
            "Transfers by kind",
            [
                "kind", "all", "completed", "failed", "cancelled", "data", "first byte p50", "p95", "p99", "whole p50",
                "p95",
                "p99", "due to done p95", "cache hits", "retries",
            ])
        for kind in TransferKind.allCases {
            let cell = totals.transfers(.kind, kind.label)
            if cell.all.count > 0 { table.add(row(kind.label, cell)) }
        }
        guard !table.isEmpty else { return "<p>No transfer was finished.</p>\n" }
        table.add(row("all kinds", totals.allTransfers))
        return table.html
            + "<p class=\"note\">“Due to done” counts from the instant at which the player should have asked, so that a delay"
            + " before the request is seen as well. Data is what crossed the wire as bodies.</p>\n"
    }

    private static func row(_ name: String, _ cell: TransferCell) -> [String] {
        var fields = [name, Figures.grouped(cell.all.count)]
        fields += TransferOutcome.allCases.map { Figures.grouped(cell.tally(of: $0).count) }
        fields.append(Figures.bytes(cell.all.bytes))
        fields += [50, 95, 99].map { Figures.time(cell.firstByte.percentile($0)) }
        fields += [50, 95, 99].map { Figures.time(cell.total.percentile($0)) }
        fields += [
            Figures.time(cell.dueToDone.percentile(95)), Figures.percent(cell.cacheHitRatio),
            Figures.grouped(cell.retries),
        ]
        return fields
    }

    private static func statuses(_ cell: TransferCell) -> String {
        var table = HTMLTable("Statuses", ["status", "outcome", "transfers", "data"], textColumns: 2)
        for entry in cell.statuses.sorted(by: { ($0.status, $0.outcome.rawValue) < ($1.status, $1.outcome.rawValue) }) {
            table.add([
                entry.status == 0 ? "no response" : String(entry.status), entry.outcome.label,
                Figures.grouped(entry.tally.count), Figures.bytes(entry.tally.bytes),
            ])
        }
        return table.isEmpty ? "" : table.html
    }

    private static func errors(_ cell: TransferCell) -> String {
        var table = HTMLTable("Transfers without a complete response", ["error", "transfers"])
        for (word, count) in cell.errors.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            table.add([word, Figures.grouped(count)])
        }
        return table.isEmpty ? "" : table.html
    }

    private static func pops(_ totals: RunTotals) -> String {
        let entries = totals.transfers.filter { $0.key.dimension == .edge }.sorted { $0.key < $1.key }
        guard entries.contains(where: { !$0.key.pop.isEmpty || $0.value.cacheHitRatio != nil }) else { return "" }
        var table = HTMLTable(
            "Edges and points of presence, with their caches",
            [
                "edge", "POP", "transfers", "hits", "misses", "stale", "revalidated", "bypassed", "hit ratio",
                "new connections",
            ],
            textColumns: 2)
        for (key, cell) in entries {
            let cache = cell.cache
            table.add([
                key.name.isEmpty ? "none" : key.name, key.pop.isEmpty ? "–" : key.pop, Figures.grouped(cell.all.count),
                Figures.grouped(cache.hit), Figures.grouped(cache.miss), Figures.grouped(cache.stale),
                Figures.grouped(cache.revalidated), Figures.grouped(cache.bypass), Figures.percent(cell.cacheHitRatio),
                Figures.grouped(cell.newConnections),
            ])
        }
        return table.html
    }
}
