import Manifests
import Quantities

extension InspectionText {
    /// What it is, and what holds for all of it.
    mutating func addHeader() {
        lines.line(lines.emphasised(URIText.shortened(shownSource, to: lines.style.width), .strong))
        if let uri = report.uri, report.source.contains("://"), uri != report.source {
            lines.line("→ " + URIText.shortened(URIText.masked(uri), to: lines.style.width - 2))
        }
        for part in TextLines.wrapped(kindLine, to: lines.style.width) { lines.line(part) }
        if let title = report.title { lines.row("title", title) }
        if let duration = report.duration { lines.row("duration", Amount.duration(duration)) }
        addWindow()
        addLatency()
        addTiming()
        if let start = report.startOffset {
            lines.row("start", "\(Amount.duration(start.offset))\(start.isPrecise ? ", precise" : "") (EXT-X-START)")
        }
        lines.row("encryption", encryption)
        addSteering()
        addBreaks()
        if !report.sessionData.isEmpty {
            lines.row("session data", Self.list(report.sessionData.map(\.id)))
        }
        if !report.variables.isEmpty { lines.row("variables", Self.list(report.variables.map(\.name))) }
        addTransfers()
    }

    private var shownSource: String {
        report.source == "-" ? "standard input" : URIText.masked(report.source)
    }

    private var kindLine: String {
        let kind =
            switch report.documentType {
            case .multivariant: "HLS multivariant playlist"
            case .media: "HLS media playlist"
            case .mpd: "DASH MPD"
            }
        var parts = [kind]
        switch report.presentationType {
        case .vod: parts.append("on demand")
        case .live: parts.append("live")
        case .event: parts.append("live event, nothing is removed")
        case .unknown: parts.append("media playlists not read")
        }
        if report.isLowLatency { parts.append("low latency") }
        if let version = report.version { parts.append("version \(version)") }
        if report.hasIndependentSegments { parts.append("independent segments") }
        if let profiles = report.profiles {
            let names = profiles.split(separator: ",").map { $0.split(separator: ":").suffix(2).joined(separator: ":") }
            parts.append(Self.list(names))
        }
        return parts.joined(separator: " · ")
    }

    private mutating func addWindow() {
        guard let window = report.window else { return }
        var text = Amount.duration(window.duration)
        if let start = window.startTime, let end = window.endTime {
            text += ", \(start.shortText) – \(end.text.dropFirst(11).prefix(8)) UTC"
            let age = Seconds(report.inspectedAt.time - end.time)
            if age.nanoseconds >= 0 {
                text += ", edge \(Amount.duration(age)) old"
            } else {
                text += ", edge \(Amount.duration(Seconds(end.time - report.inspectedAt.time))) ahead of this clock"
            }
        }
        if let first = window.firstSequence, let last = window.lastSequence {
            text += ", segments \(first) to \(last)"
        }
        lines.row("window", text)
    }

    private mutating func addLatency() {
        var parts: [String] = []
        if let latency = report.latency {
            if let target = latency.target {
                parts.append("target \(Amount.duration(target)) (\(latency.origin?.rawValue ?? ""))")
            }
            if let shortest = latency.shortest { parts.append("at least \(Amount.duration(shortest))") }
            if let longest = latency.longest { parts.append("at most \(Amount.duration(longest))") }
            if latency.slowestRate != nil || latency.fastestRate != nil {
                let rates = [latency.slowestRate, latency.fastestRate].map { $0.map { Amount.rounded($0, 3) } ?? "1" }
                parts.append("playback rate \(rates.joined(separator: " to "))")
            }
        }
        if let playlist = report.playlists.first(where: \.isLive) {
            if let target = playlist.partTarget { parts.append("parts of \(Amount.duration(target))") }
            if playlist.serverControl?.canBlockReload == true { parts.append("blocking reload") }
            if let skip = playlist.serverControl?.canSkipUntil {
                parts.append("delta updates to \(Amount.duration(skip))")
            }
        }
        if !parts.isEmpty { lines.row("latency", parts.joined(separator: ", ")) }
    }

    private mutating func addTiming() {
        if let buffer = report.minimumBufferTime {
            lines.row("buffer", "\(Amount.duration(buffer)) at least (minBufferTime)")
        }
        guard let timing = report.dynamic else { return }
        var parts = ["available since \(timing.availabilityStartTime.shortText) UTC"]
        parts.append(timing.timeShiftBufferDepth.map { "\(Amount.duration($0)) back" } ?? "back to the begin")
        parts.append(timing.minimumUpdatePeriod.map { "updated every \(Amount.duration($0))" } ?? "not updated")
        if let published = timing.publishTime { parts.append("published \(published.shortText) UTC") }
        lines.row("timing", parts.joined(separator: ", "))
        if !timing.clocks.isEmpty {
            lines.row(
                "clock", Self.list(timing.clocks.map { "\(Self.tail(of: $0.scheme)) \(URIText.masked($0.value))" }))
        }
        if !timing.locations.isEmpty {
            lines.row("updates at", Self.list(timing.locations.map { URIText.masked($0.uri) }))
        }
        if !timing.patchLocations.isEmpty {
            lines.row("patches at", Self.list(timing.patchLocations.map { URIText.masked($0.uri) }))
        }
    }

    private var encryption: String {
        var names: [String] = []
        func add(_ name: String) { if !names.contains(name) { names.append(name) } }
        let keys = report.sessionKeys + report.playlists.flatMap { $0.segments.flatMap(\.keys) }
        for key in keys { add(key.method + (key.format == "identity" ? "" : " (\(Self.system(key.format)))")) }
        for protection in report.periods.flatMap(\.switchingSets).flatMap(\.protections) {
            let isCommon = protection.scheme == "urn:mpeg:dash:mp4protection:2011"
            add(isCommon ? "common encryption \(protection.value ?? "")" : Self.system(protection.scheme))
        }
        if !names.isEmpty { return Self.list(names) }
        return report.presentationType == .unknown ? "none in this document" : "none"
    }

    /// The licence systems by their registered identifiers (DASH-IF, Apple).
    private static func system(_ scheme: String) -> String {
        let names = [
            "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed": "Widevine", "9a04f079-9840-4286-ab92-e65be0885f95": "PlayReady",
            "94ce86fb-07ff-4f43-adb8-93d2fa968ca2": "FairPlay", "com.apple.streamingkeydelivery": "FairPlay",
            "e2719d58-a985-b3c9-781a-b030af78d30e": "Clear Key", "com.microsoft.playready": "PlayReady",
            "1077efec-c0b2-4d02-ace3-3c1e52e2fb4b": "W3C Common PSSH",
        ]
        let key = scheme.lowercased().split(separator: ":").last.map(String.init) ?? ""
        return names[key] ?? scheme
    }

    private mutating func addSteering() {
        guard let steering = report.steering else { return }
        let first = steering.initialLocations.isEmpty ? "" : ", first \(Self.list(steering.initialLocations))"
        let server = URIText.shortened(URIText.masked(steering.serverURI), to: 60)
        lines.row("steering", server + first + (steering.asksBeforeStart ? ", asked before the start" : ""))
    }

    private mutating func addTransfers() {
        guard !report.transfers.isEmpty else { return }
        let bytes = report.transfers.reduce(0) { $0 + $1.bytes }
        var text = Amount.count(Int64(report.transfers.count), "document") + ", \(Amount.bytes(bytes))"
        if let slowest = report.transfers.map(\.total).max(by: { $0.nanoseconds < $1.nanoseconds }) {
            text += ", the slowest in \(Amount.duration(slowest))"
        }
        var addresses: [String] = []
        for address in report.transfers.compactMap(\.address) where !addresses.contains(address) {
            addresses.append(address)
        }
        if !addresses.isEmpty { text += ", from \(Self.list(addresses))" }
        lines.row("fetched", text)
    }

    /// Names by commas, of many the first few.
    static func list(_ names: [String]) -> String {
        names.count <= 8
            ? names.joined(separator: ", ") : names.prefix(6).joined(separator: ", ") + " and \(names.count - 6) more"
    }

    /// What tells a scheme's URN apart, the word before its year: `http-iso` of `urn:mpeg:dash:utc:http-iso:2014`.
    static func tail(of scheme: String) -> String {
        let parts = scheme.split(separator: ":")
        guard let year = parts.lastIndex(where: { $0.count == 4 && $0.allSatisfy(\.isNumber) }), year > 1 else {
            return scheme
        }
        return String(parts[year - 1])
    }
}
