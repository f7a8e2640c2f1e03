import Manifests

extension InspectionText {
    /// Advertisement breaks and interstitials, a line each.
    mutating func addBreaks() {
        let all = breaks
        guard !all.isEmpty else { return }
        let limit = lines.style.showsAll ? all.count : 5
        for (index, text) in all.prefix(limit).enumerated() { lines.row(index == 0 ? "ad breaks" : "", text) }
        if all.count > limit { lines.row("", "… \(all.count - limit) more") }
    }

    private var breaks: [String] {
        // The media playlists of a presentation have the same date ranges: those of the first that has any.
        if let playlist = report.playlists.first(where: { !$0.dateRanges.isEmpty || !$0.adMarkers.isEmpty }) {
            return playlist.dateRanges.compactMap(Self.describe) + playlist.adMarkers.compactMap(Self.describe)
        }
        return report.periods.flatMap(\.eventStreams).flatMap(Self.describe)
    }

    private static func describe(_ range: ReportDateRange) -> String? {
        var what: String
        if let interstitial = range.interstitial {
            let uri = interstitial.assetURI ?? interstitial.assetListURI ?? ""
            what = "interstitial \(URIText.shortened(URIText.masked(uri), to: 40))"
        } else if let name = range.attributes.first(where: { $0.name.hasPrefix("SCTE35-") })?.name {
            what = name
        } else {
            what = range.rangeClass ?? "date range"
        }
        what = "\(range.id): \(what)"
        if let start = range.startDate { what += " at \(start.text)" }
        if let duration = range.duration ?? range.plannedDuration {
            what += ", \(range.duration == nil ? "planned " : "")\(Amount.duration(duration))"
        }
        return range.cues.isEmpty ? what : what + ", \(range.cues.joined(separator: " "))"
    }

    private static func describe(_ marker: ReportAdMarker) -> String? {
        let duration = marker.duration.map { ", \(Amount.duration($0))" } ?? ""
        switch marker.kind {
        case .out: return "out before segment \(marker.sequence)\(duration)"
        case .in: return "in before segment \(marker.sequence)"
        case .continued: return nil
        }
    }

    private static func describe(_ stream: ReportEventStream) -> [String] {
        stream.events.map { event in
            let name = event.id.map { " \($0)" } ?? ""
            let duration = event.duration.map { ", \(Amount.duration($0))" } ?? ""
            return "\(tail(of: stream.scheme))\(name) at \(Amount.duration(event.start))\(duration)"
        }
    }
}
