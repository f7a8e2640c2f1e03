import Manifests
import Measurement
import Quantities

/// What was found wrong with streams, documents and responses.
enum HTMLFindings {
    /// Beyond this an edge lets playlists grow so old that players notice (rfc8216bis section 6.2.1).
    private static let staleAge = 1.5

    static func render(_ report: RunReport) -> String {
        var text = "<h2>Findings</h2>\n"
        guard report.storesFindings else {
            return text + "<p>This run was stored by an older version, which kept no findings.</p>\n"
        }
        let log = report.totals.findings
        text += "<p>\(Escaping.markup(FindingGroup.sentence(log.counts())))</p>\n"
        let groups = FindingGroup.groups(of: log)
        for (severity, title) in [
            (Finding.Severity.error, "Errors"), (.warning, "Warnings"), (.information, "Notes"),
        ] {
            text += table(groups.filter { $0.severity == severity }, title)
        }
        if log.others.sum > 0 {
            text +=
                "<p class=\"note\">\(Figures.grouped(log.others.sum)) more were of further kinds, which are not told apart.</p>\n"
        }
        text += ages(log)
        guard !groups.isEmpty else { return text }
        return text
            + "<p class=\"note\">A finding is counted each time it was noted: once for each version of a document on each"
            + " event loop, once for each response. <code>findings.csv</code> has them by stream, edge and kind;"
            + " docs/FINDINGS.md says what each means.</p>\n"
    }

    private static func table(_ groups: [FindingGroup], _ title: String) -> String {
        guard !groups.isEmpty else { return "" }
        var table = HTMLTable(title, ["finding", "what", "where", "times", "first seen"], textColumns: 3)
        for group in groups {
            let streams = group.streams.sorted().prefix(4).joined(separator: ", ")
            table.add([
                .init(group.id, detail: group.clause),
                .init(
                    group.meaning.isEmpty ? plain(group.example) : group.meaning, style: "long",
                    detail: example(group)),
                .init(
                    group.shownEdges(), style: "long",
                    detail: "\(streams): \(group.kinds.sorted().joined(separator: ", "))"),
                .init(Figures.grouped(group.count)), .init(Figures.time(group.firstSeen)),
            ])
        }
        return table.html
    }

    /// What the first one was about; its words too, where the meaning stands above.
    private static func example(_ group: FindingGroup) -> String {
        let parts = [group.meaning.isEmpty ? "" : plain(group.example), plain(group.resource)]
        return parts.filter { !$0.isEmpty }.joined(separator: " – ")
    }

    /// Without the schemes of URIs, which nobody should click on.
    private static func plain(_ text: String) -> String {
        text.replacing("https://", with: "").replacing("http://", with: "")
    }

    /// How old playlists grew, where there were live ones.
    private static func ages(_ log: FindingLog) -> String {
        guard !log.ages.isEmpty else { return "" }
        var table = HTMLTable(
            "Age of live playlists, in target durations", ["stream", "edge", "versions", "p50", "p95", "max"],
            textColumns: 2)
        func number(_ value: Double?) -> String { value.map(Figures.short) ?? "–" }
        for (place, ages) in log.ages.sorted(by: { $0.key < $1.key }).prefix(200) {
            table.add([
                .init(place.stream), .init(place.edge.isEmpty ? "unknown" : place.edge),
                .init(Figures.grouped(ages.count)), .init(number(ages.percentile(50))),
                .init(number(ages.percentile(95)), style: (ages.percentile(95) ?? 0) > staleAge ? "worst" : ""),
                .init(number(ages.maximum), style: ages.maximum > staleAge ? "worst" : ""),
            ])
        }
        return table.html
    }
}
