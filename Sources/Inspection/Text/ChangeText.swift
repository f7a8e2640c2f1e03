/// What a reload brought, as a line for people.
package enum ChangeText {
    /// A document is told about as stale from so many target durations on (rfc8216bis section 6.2.1).
    private static let stale = 1.5

    /// True when a load is worth a line: it brought something, it failed, or the document is overdue.
    package static func isWorthTelling(_ change: ReportChange) -> Bool {
        change.isChanged || change.error != nil || (change.ageInUpdatePeriods ?? 0) >= stale
    }

    /// The line.
    package static func render(_ change: ReportChange, style: InspectionText.Style) -> String {
        let lines = TextLines(style)
        let head = lines.emphasised("\(change.time.clockText)  ", .dim) + padded(change.track, 12)
        var parts: [String] = []
        if let error = change.error {
            parts.append(lines.emphasised("failed: \(error)", .bad))
        } else if !change.isChanged {
            parts.append(lines.emphasised("no change", .doubtful))
        } else {
            parts += news(change, lines)
        }
        parts.append("window \(Amount.duration(change.window))")
        parts.append(age(change, lines))
        if change.isEnded { parts.append(lines.emphasised("ended", .strong)) }
        return "\(head)  \(parts.joined(separator: " · "))"
    }

    private static func news(_ change: ReportChange, _ lines: TextLines) -> [String] {
        var parts: [String] = []
        if let first = change.firstAdded, let last = change.lastAdded {
            parts.append(first == last ? "+1 segment \(first)" : "+\(last - first + 1) segments \(first)…\(last)")
        }
        if change.addedParts > 0 { parts.append("+" + Amount.count(Int64(change.addedParts), "part")) }
        if parts.isEmpty { parts.append("changed, no new segment") }
        if change.removedSegments > 0 { parts.append("−\(change.removedSegments)") }
        if change.discontinuities > 0 {
            parts.append(
                lines.emphasised(
                    change.discontinuities == 1 ? "discontinuity" : "\(change.discontinuities) discontinuities", .strong
                ))
        }
        for range in change.dateRanges.prefix(4) {
            let name = range.rangeClass.map { " (\($0))" } ?? ""
            parts.append("date range \(range.id)\(name)")
        }
        if change.dateRanges.count > 4 { parts.append("and \(change.dateRanges.count - 4) more date ranges") }
        return parts
    }

    private static func age(_ change: ReportChange, _ lines: TextLines) -> String {
        var text = (change.isChanged ? "after " : "unchanged for ") + Amount.duration(change.age)
        guard let ratio = change.ageInUpdatePeriods else { return text }
        text += " (\(Amount.rounded(ratio, 2))×)"
        return ratio >= stale ? lines.emphasised(text, .doubtful) : text
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// What following came to: a line, and the findings.
    package static func render(_ result: ReportFindings, style: InspectionText.Style) -> String {
        let loads = Amount.count(Int64(result.loads), "load")
        let head =
            "\n\(loads), \(result.changes) with news, \(result.failures) failed; the longest time without a change"
            + " was \(Amount.duration(result.longestAge))\n"
        return head + InspectionText.render(result.findings, title: "Findings while following", style: style)
    }
}
