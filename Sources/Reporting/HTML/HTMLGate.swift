import Measurement
import Playback
import Quantities

/// What gates did with requests that they must refuse.
enum HTMLGate {
    /// More rows than these are not shown; those with leaks come first.
    private static let rowLimit = 200

    /// The section; empty for a run that tried nothing.
    static func render(_ report: RunReport) -> String {
        guard let figures = GateFigures(report) else { return "" }
        var text = "<h2>The gate</h2>\n<p>\(Escaping.markup(figures.sentence))</p>\n"
        text += leaks(figures) + matrix(figures) + reasons(figures)
        return text
            + "<p class=\"note\">Beside what honest viewers asked for, the same was asked again in a way that must be"
            + " refused. Refused means 401, 403, 410 or what the profile names; leaked means that it was given out; unclear"
            + " is everything else, such as 404, 503 or no answer. Of media two bytes are asked for, and nothing of this"
            + " counts in the audience’s figures. <code>gate.csv</code> has every row.</p>\n"
    }

    // MARK: Leaks

    private static func leaks(_ figures: GateFigures) -> String {
        let leaks = figures.leaks
        guard !leaks.isEmpty else { return "" }
        var table = HTMLTable(
            "Leaks", ["asked with", "what and where", "leaked", "of", "first seen"], textColumns: 2)
        for (key, tally) in leaks.prefix(rowLimit) {
            let answers = tally.answers.keys.filter { $0.verdict == .leaked }.sorted().map(\.word)
            table.add([
                .init(key.probe),
                .init(
                    "\(key.kind) at \(GateFigures.shown(key.edge))", style: "long",
                    detail: "\(key.stream): \(plain(tally.resource))"),
                .init(
                    "✗ \(Figures.grouped(tally.count(.leaked))) leaked", style: "worst",
                    detail: answers.joined(separator: ", ")),
                .init(Figures.grouped(tally.tried)), .init(Figures.time(tally.first - .zero)),
            ])
        }
        return table.html + more(leaks.count)
    }

    private static func more(_ count: Int) -> String {
        count > rowLimit
            ? "<p class=\"note\">\(Figures.grouped(Int64(count - rowLimit))) more are in <code>gate.csv</code>.</p>\n"
            : ""
    }

    /// Without the schemes of URIs, which nobody should click on.
    private static func plain(_ text: String) -> String {
        text.replacing("https://", with: "").replacing("http://", with: "")
    }

    // MARK: Probes by edge and kind of request

    private struct RowKey: Hashable, Comparable {
        var edge: String
        var probe: String

        static func < (left: RowKey, right: RowKey) -> Bool { (left.edge, left.probe) < (right.edge, right.probe) }
    }

    private static func matrix(_ figures: GateFigures) -> String {
        var cells: [RowKey: [String: GateLog.Counts]] = [:]
        for (key, tally) in figures.log.tallies {
            cells[RowKey(edge: key.edge, probe: key.probe), default: [:]][key.kind, default: GateLog.Counts()].add(
                tally)
        }
        guard !cells.isEmpty else { return "" }
        let kinds = Set(cells.values.flatMap(\.keys)).union(figures.log.honest.keys.map(\.kind))
            .sorted { (rank($0), $0) < (rank($1), $1) }
        var table = HTMLTable("By edge, probe and kind of request", ["edge", "asked with"] + kinds, textColumns: 2)
        var rows = 0
        for edge in edges(cells) where rows < rowLimit {
            table.add(
                [.init(GateFigures.shown(edge)), .init("a good token (honest viewers)")]
                    + kinds.map { kind in
                        honest(figures.log, edge, kind)
                    })
            for probe in figures.probes {
                guard let row = cells[RowKey(edge: edge, probe: probe)] else { continue }
                table.add([.init(GateFigures.shown(edge)), .init(probe)] + kinds.map { cell(row[$0]) })
                rows += 1
            }
        }
        return table.html + more(cells.count)
    }

    /// In the order in which a player asks.
    private static func rank(_ kind: String) -> Int {
        TransferKind.allCases.firstIndex { $0.label == kind } ?? TransferKind.allCases.count
    }

    /// The edges with leaks first.
    private static func edges(_ cells: [RowKey: [String: GateLog.Counts]]) -> [String] {
        var leaks: [String: Int64] = [:]
        for (key, row) in cells {
            let leaked = row.values.reduce(Int64(0)) { $0 &+ min($1.leaked, 1 << 40) }
            leaks[key.edge, default: 0] &+= leaked
        }
        return leaks.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    }

    private static func honest(_ log: GateLog, _ edge: String, _ kind: String) -> HTMLTable.Cell {
        var accepted: Int64 = 0
        var refused: Int64 = 0
        for (place, counts) in log.honest where place.edge == edge && place.kind == kind {
            accepted += min(counts.accepted, 1 << 40)
            refused += min(counts.refused, 1 << 40)
        }
        guard accepted + refused > 0 else { return .init("–") }
        return .init(
            "\(Figures.grouped(accepted)) let in", style: refused > 0 ? "worst" : "",
            detail: refused > 0 ? "\(Figures.grouped(refused)) refused" : "")
    }

    private static func cell(_ counts: GateLog.Counts?) -> HTMLTable.Cell {
        guard let counts, counts.tried > 0 else { return .init("–") }
        let unclear = counts.inconclusive > 0 ? "\(Figures.grouped(counts.inconclusive)) unclear" : ""
        if counts.leaked > 0 {
            let refused = counts.refused > 0 ? "\(Figures.grouped(counts.refused)) refused" : ""
            return .init(
                "✗ \(Figures.grouped(counts.leaked)) leaked", style: "worst",
                detail: [refused, unclear].filter { !$0.isEmpty }.joined(separator: ", "))
        }
        if counts.refused > 0 { return .init("✓ \(Figures.grouped(counts.refused)) refused", detail: unclear) }
        return .init("? " + unclear)
    }

    // MARK: What was not made

    private static func reasons(_ figures: GateFigures) -> String {
        var sums: [[String]: Int64] = [:]
        for (reason, count) in figures.log.reasons {
            sums[[reason.probe, reason.sentence], default: 0] += min(count, 1 << 40)
        }
        for probe in figures.untried where !figures.log.reasons.keys.contains(where: { $0.probe == probe }) {
            sums[[probe, "there was no occasion for it"]] = 0
        }
        guard !sums.isEmpty else { return "" }
        var table = HTMLTable("Probes that could not be made", ["asked with", "why not", "times"], textColumns: 2)
        for (key, count) in sums.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            table.add([.init(key[0]), .init(key[1], style: "long"), .init(Figures.grouped(count))])
        }
        return table.html
    }
}
