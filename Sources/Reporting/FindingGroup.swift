import Manifests
import Measurement
import Quantities

/// All findings of one identifier, for reports.
struct FindingGroup {
    let id: String
    let severity: Finding.Severity
    let clause: String
    /// What it means, where it is one of those that are made while watching; else `""`.
    let meaning: String
    private(set) var count: Int64 = 0
    /// How often on each edge.
    private(set) var edges: [String: Int64] = [:]
    private(set) var streams: Set<String> = []
    private(set) var kinds: Set<String> = []
    private(set) var first = Instant.distantFuture
    private(set) var last = Instant.zero
    /// What the first one said, and about what.
    private(set) var example = ""
    private(set) var resource = ""

    private init(_ key: FindingKey, _ tally: FindingTally) {
        id = key.id
        severity = tally.severity
        clause = tally.clause
        meaning = FindingRule.named(key.id)?.meaning ?? ""
    }

    private mutating func add(_ key: FindingKey, _ tally: FindingTally) {
        count += min(tally.count, .max - count)
        edges[key.edge, default: 0] += min(tally.count, .max - edges[key.edge, default: 0])
        streams.insert(key.stream)
        kinds.insert(key.kind.label)
        last = max(last, tally.last)
        guard tally.first < first else { return }
        first = tally.first
        example = tally.message
        resource = tally.resource
    }

    /// How long after the run began it was seen first.
    var firstSeen: TimeAmount { first - Instant.zero }

    /// The groups of a log: errors first, then by how often, then by name.
    static func groups(of log: FindingLog) -> [FindingGroup] {
        var groups: [String: FindingGroup] = [:]
        for (key, tally) in log.tallies.sorted(by: { $0.key < $1.key }) {
            groups[key.id, default: FindingGroup(key, tally)].add(key, tally)
        }
        return groups.values.sorted { left, right in
            (rank(left.severity), right.count, left.id) < (rank(right.severity), left.count, right.id)
        }
    }

    private static func rank(_ severity: Finding.Severity) -> Int {
        switch severity {
        case .error: 0
        case .warning: 1
        case .information: 2
        }
    }

    /// One sentence with the counts, such as “Found: 3 errors and 12 warnings”.
    static func sentence(_ counts: FindingCounts) -> String {
        func part(_ count: Int64, _ word: String) -> String? {
            count == 0 ? nil : "\(Figures.grouped(count)) \(count == 1 ? word : word + "s")"
        }
        let parts = [part(counts.errors, "error"), part(counts.warnings, "warning")].compactMap { $0 }
        let all = parts + [part(counts.information, "note")].compactMap { $0 }
        guard let last = all.last else { return "Nothing was found wrong with the streams." }
        let list = all.count > 1 ? all.dropLast().joined(separator: ", ") + " and " + last : last
        return "Found: \(list)."
    }

    /// The edges with how often, the worst first, at most four.
    func shownEdges() -> String {
        let sorted = edges.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let shown = sorted.prefix(4).map { "\($0.key.isEmpty ? "unknown" : $0.key) (\(Figures.grouped($0.value)))" }
        return shown.joined(separator: ", ") + (sorted.count > 4 ? ", and \(sorted.count - 4) more" : "")
    }
}
