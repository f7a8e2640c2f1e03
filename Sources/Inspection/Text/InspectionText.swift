import Manifests

/// A report as text for people.
package struct InspectionText {
    /// How it is laid out.
    package struct Style: Sendable, Hashable {
        /// Characters a line; long URIs are cut, other text is wrapped.
        package var width: Int
        /// True to list every track and every segment.
        package var showsAll: Bool
        /// True for colours, as on a terminal.
        package var usesColours: Bool

        /// Creates a style.
        ///
        /// - Parameters:
        ///   - width: Below 60 counts as 60.
        ///   - showsAll: True to list every track and segment.
        ///   - usesColours: True for colours.
        package init(width: Int = 100, showsAll: Bool = false, usesColours: Bool = false) {
            self.width = max(60, width)
            self.showsAll = showsAll
            self.usesColours = usesColours
        }
    }

    let report: InspectionReport
    var lines: TextLines

    /// The text of a report, with a line feed at its end.
    package static func render(_ report: InspectionReport, style: Style = Style()) -> String {
        var text = InspectionText(report: report, lines: TextLines(style))
        text.addHeader()
        text.addTracks()
        text.addSegments()
        text.addFindings(report.findings, title: "Findings")
        return text.lines.text
    }

    /// The findings alone, such as those made while following.
    package static func render(_ findings: [ReportFinding], title: String, style: Style) -> String {
        var lines = TextLines(style)
        addFindings(findings, title: title, to: &lines)
        return lines.text
    }

    private mutating func addFindings(_ findings: [ReportFinding], title: String) {
        Self.addFindings(findings, title: title, to: &lines)
    }

    private static func addFindings(_ findings: [ReportFinding], title: String, to lines: inout TextLines) {
        lines.heading(title + ": " + summary(of: findings))
        for group in grouped(findings) {
            let finding = group.finding
            let severity = lines.emphasised(finding.severity.rawValue, emphasis(finding.severity))
            lines.line("  \(severity)  \(lines.emphasised(finding.id, .strong))")
            for part in TextLines.wrapped(finding.message, to: lines.style.width - 4) { lines.line("    " + part) }
            var place = finding.clause
            if let uri = finding.uri { place += " · " + URIText.masked(uri) }
            if let line = finding.line { place += " · line \(line)" }
            if group.others > 0 { place += " · and \(group.others) more like it" }
            lines.line(lines.emphasised("    " + URIText.shortened(place, to: lines.style.width - 4), .dim))
        }
    }

    private static func emphasis(_ severity: Finding.Severity) -> TextLines.Emphasis {
        switch severity {
        case .error: .bad
        case .warning: .doubtful
        case .information: .dim
        }
    }

    private static func summary(of findings: [ReportFinding]) -> String {
        func count(_ severity: Finding.Severity) -> Int64 { Int64(findings.filter { $0.severity == severity }.count) }
        let parts = [
            (count(.error), "error"), (count(.warning), "warning"), (count(.information), "note"),
        ].filter { $0.0 > 0 }.map { Amount.count($0.0, $0.1) }
        return parts.isEmpty ? "none" : parts.joined(separator: ", ")
    }

    /// Findings that say the same of several documents become one.
    private static func grouped(_ findings: [ReportFinding]) -> [(finding: ReportFinding, others: Int)] {
        struct Key: Hashable {
            var id: String
            var message: String
        }
        var groups: [(finding: ReportFinding, others: Int)] = []
        var positions: [Key: Int] = [:]
        for finding in findings {
            let key = Key(id: finding.id, message: finding.message)
            if let position = positions[key] {
                groups[position].others += 1
            } else {
                positions[key] = groups.count
                groups.append((finding, 0))
            }
        }
        return groups
    }
}
