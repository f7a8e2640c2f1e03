import Measurement
import Quantities

/// What gates did with requests that they must refuse, in words and in the order of reports.
struct GateFigures {
    /// The log.
    let log: GateLog
    /// The kinds that the run tried, by their names, in the profile's order.
    let probes: [String]
    /// Everything together.
    let counts: GateLog.Counts

    /// The figures of a run; nil for one that tried nothing.
    init?(_ report: RunReport) {
        log = report.totals.gate
        guard !report.metadata.probes.isEmpty || !log.tallies.isEmpty else { return nil }
        let listed = report.metadata.probes
        probes = listed + Set(log.tallies.keys.map(\.probe)).subtracting(listed).sorted()
        counts = log.counts()
    }

    /// The counts of one kind of probe.
    func counts(of probe: String) -> GateLog.Counts {
        log.tallies.reduce(into: GateLog.Counts()) { if $1.key.probe == probe { $0.add($1.value) } }
    }

    /// The kinds that were never made.
    var untried: [String] { probes.filter { counts(of: $0).tried == 0 } }

    /// The edges that let something in, by how often, the worst first.
    var leakingEdges: [(name: String, leaks: Int64)] {
        var edges: [String: Int64] = [:]
        for leak in leaks { edges[leak.key.edge, default: 0] += min(leak.tally.count(.leaked), .max / 1_000) }
        return edges.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }

    /// What was let in, the most frequent first.
    var leaks: [(key: GateKey, tally: GateTally)] {
        log.tallies.filter { $0.value.count(.leaked) > 0 }
            .sorted { ($1.value.count(.leaked), $0.key) < ($0.value.count(.leaked), $1.key) }
            .map { ($0.key, $0.value) }
    }

    /// The verdict in one or two sentences.
    var sentence: String {
        let edges = Set(log.tallies.keys.map(\.edge)).count
        var text: String
        if counts.leaked > 0 {
            let bad = leakingEdges
            let names = bad.prefix(3).map { Self.shown($0.name) }.joined(separator: ", ")
            let rest = bad.count > 3 ? " and \(bad.count - 3) more" : ""
            let number = counts.leaked == 1 ? "1 request" : "\(Figures.grouped(counts.leaked)) requests"
            text =
                "The gate leaks: \(number) of \(Figures.grouped(counts.answered)) that had to be refused"
                + " \(counts.leaked == 1 ? "was" : "were") let in, at \(bad.count) of \(edges)"
                + " \(edges == 1 ? "edge" : "edges") (\(names)\(rest))."
        } else if counts.answered == 0 {
            text = "Nothing is known of the gate: no request that had to be refused got an answer."
        } else {
            text =
                "The gate held: all \(Figures.grouped(counts.answered)) requests that had to be refused were refused."
        }
        if counts.inconclusive > 0 {
            text += " \(Figures.grouped(counts.inconclusive)) got no clear answer."
        }
        let missing = untried
        if !missing.isEmpty { text += " Never made: \(missing.joined(separator: ", "))." }
        return text
    }

    /// Whether it is good news.
    var tone: Verdicts.Tone {
        if counts.leaked > 0 { return .bad }
        return counts.answered == 0 || counts.inconclusive > 0 || !untried.isEmpty ? .caution : .good
    }

    /// An edge's name for people.
    static func shown(_ edge: String) -> String { edge.isEmpty ? "unknown" : edge }
}
