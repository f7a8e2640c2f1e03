/// Gathers findings while a document is decoded, a bounded number of each kind.
struct FindingCollector {
    /// How many findings of one identifier are kept one by one; the rest is only counted.
    static let keptPerIdentifier = 5

    private var kept: [Finding] = []
    private var counts: [String: Int] = [:]

    /// True when nothing was found.
    var isEmpty: Bool { kept.isEmpty }

    /// Adds a finding.
    ///
    /// The message is only made when it is kept.
    mutating func add(
        _ id: String, _ severity: Finding.Severity, clause: String, line: Int? = nil,
        _ message: @autoclosure () -> String
    ) {
        let count = counts[id, default: 0] + 1
        counts[id] = count
        guard count <= Self.keptPerIdentifier else { return }
        kept.append(Finding(id: id, severity: severity, message: message(), clause: clause, line: line))
    }

    /// The findings in the order they were made, with a last one for each kind of which more were seen than are kept.
    func finished() -> [Finding] {
        var result = kept
        for (id, count) in counts.sorted(by: { $0.key < $1.key }) where count > Self.keptPerIdentifier {
            guard let example = kept.first(where: { $0.id == id }) else { continue }
            let message = "and \(count - Self.keptPerIdentifier) more like it"
            result.append(Finding(id: id, severity: example.severity, message: message, clause: example.clause))
        }
        return result
    }
}
