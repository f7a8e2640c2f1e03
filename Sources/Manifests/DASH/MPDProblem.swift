/// Why a part of an MPD cannot be played; the part is left out and the problem becomes a finding.
struct MPDProblem: Error, Hashable {
    var id: String
    var severity = Finding.Severity.error
    var message: String
    var clause: String
}

extension FindingCollector {
    /// Adds a problem as a finding.
    mutating func add(_ problem: MPDProblem, line: Int) {
        add(problem.id, problem.severity, clause: problem.clause, line: line, problem.message)
    }
}
