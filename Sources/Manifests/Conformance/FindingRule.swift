/// A kind of finding that is made while a stream is watched: what it is called, how bad it is, and which clause says so.
///
/// What one document alone shows is told by the decoders; these rules need successive versions, several edges or the
/// responses themselves. docs/FINDINGS.md lists them in words.
package struct FindingRule: Sendable, Hashable {
    /// The stable identifier, such as `hls-stale-playlist`.
    package let id: String
    /// How bad it is.
    package let severity: Finding.Severity
    /// The clause that says so, such as `rfc8216bis 6.2.1`.
    package let clause: String
    /// What it means, without naming anything: half a sentence for tables.
    package let meaning: String

    init(_ id: String, _ severity: Finding.Severity, _ clause: String, _ meaning: String) {
        self.id = id
        self.severity = severity
        self.clause = clause
        self.meaning = meaning
    }

    /// A finding of this kind.
    func finding(_ message: String) -> Finding {
        Finding(id: id, severity: severity, message: message, clause: clause)
    }

    /// All rules, in the order of docs/FINDINGS.md.
    package static let all: [FindingRule] = playlistRules + presentationRules + transferRules

    /// The rule of an identifier; nil for findings that decoders make.
    package static func named(_ id: String) -> FindingRule? { byID[id] }

    private static let byID = Dictionary(all.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
}
