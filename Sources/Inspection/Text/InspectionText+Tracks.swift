import Manifests

extension InspectionText {
    /// The tracks of each period as a table.
    mutating func addTracks() {
        let periods = report.periods
        let shown = lines.style.showsAll ? periods.count : 4
        for (index, period) in periods.prefix(shown).enumerated() {
            lines.heading(periods.count == 1 ? "Tracks" : Self.title(of: period, index))
            addTable(of: period)
        }
        if periods.count > shown { lines.line("  … \(periods.count - shown) more periods; --all lists them") }
    }

    private static func title(of period: ReportPeriod, _ index: Int) -> String {
        let name = period.id.map { " '\($0)'" } ?? ""
        let length = period.duration.map { ", \(Amount.duration($0))" } ?? ""
        return "Period \(index + 1)\(name) at \(Amount.duration(period.start))\(length)"
    }

    private mutating func addTable(of period: ReportPeriod) {
        var columns = [
            TextLines.Column(title: "kind"), TextLines.Column(title: "id", limit: 20),
            TextLines.Column(title: "codecs", limit: 24), TextLines.Column(title: "picture"),
            TextLines.Column(title: "fps", isRight: true), TextLines.Column(title: "kbit/s", isRight: true),
            TextLines.Column(title: "average", isRight: true), TextLines.Column(title: "lang", limit: 10),
            TextLines.Column(title: "more", limit: 60),
        ]
        let rows = period.switchingSets.flatMap { set in set.tracks.map { (set, $0) } }
        let limit = lines.style.showsAll ? rows.count : 40
        for (set, track) in rows.prefix(limit) {
            let picture = track.width.flatMap { width in track.height.map { "\(width)×\($0)" } } ?? ""
            let cells = [
                set.isTrickPlay ? "trick" : Self.kind(of: set, track), track.id, track.codecs ?? "", picture,
                track.frameRate.map { Amount.rounded($0, 3) } ?? "", Amount.kilobits(track.bitRate),
                Amount.kilobits(track.averageBitRate), set.language ?? "",
                more(of: track, set).joined(separator: ", "),
            ]
            for index in columns.indices { columns[index].cells.append(cells[index]) }
        }
        lines.table(columns)
        if rows.count > limit { lines.line("  … \(rows.count - limit) more tracks; --all lists them") }
    }

    private static func kind(of set: ReportSwitchingSet, _ track: ReportTrack) -> String {
        set.kind == .other ? track.type?.lowercased() ?? track.mimeType ?? "other" : set.kind.rawValue
    }

    private func more(of track: ReportTrack, _ set: ReportSwitchingSet) -> [String] {
        var words: [String] = []
        if let group = set.id, track.media == .playlist || track.media == .muxed { words.append("group \(group)") }
        if let name = track.name, name != track.id { words.append(name) }
        if set.isDefault, set.tracks.count == 1 || report.manifestFormat == .dash { words.append("default") }
        if track.isForced { words.append("forced") }
        words += set.roles.filter { $0 != "main" }
        if let channels = track.channels { words.append("\(channels) ch") }
        if let rate = track.sampleRate { words.append(Amount.rounded(Double(rate) / 1_000, 1) + " kHz") }
        if let group = track.audioGroup { words.append("audio \(group)") }
        if let group = track.subtitleGroup { words.append("subtitles \(group)") }
        if let group = track.closedCaptionsGroup, group != "NONE" { words.append("captions \(group)") }
        if let range = track.videoRange, range != "SDR" { words.append(range) }
        if let level = track.hdcpLevel, level != "NONE" { words.append("HDCP \(level)") }
        if let codecs = track.supplementalCodecs { words.append("also \(codecs)") }
        if let id = track.instreamID { words.append(id) }
        if track.media == .muxed, track.instreamID == nil { words.append("inside the video") }
        if !set.protections.isEmpty { words.append("protected") }
        if let continuity = set.continuity {
            words.append("\(continuity.isContinuous ? "continues" : "connects to") period \(continuity.period)")
        }
        if track.locations.count > 1 { words.append("at " + Self.list(track.locations.map(\.name))) }
        return words
    }
}
