import Measurement
import Playback
import Quantities
import Transport

/// Reads `targets`.
enum TargetsReader {
    static func read(_ node: ProfileNode?) -> (allow: [String]?, data: ByteCount?, throughput: BitRate?) {
        guard let node else { return (nil, nil, nil) }
        let entries = node.entries("a mapping", allowed: ProfileVocabulary.targets)
        let allow = entries["allow"]?.items().compactMap {
            $0.value("a host or host:port, without scheme and path", host)
        }
        let limits = entries["limits"]?.entries("a mapping", allowed: ProfileVocabulary.limits) ?? [:]
        return (
            allow, limits["data"]?.value(Amounts.sizeExpected, Amounts.size),
            limits["throughput"]?.value(Amounts.bitRateExpected, Amounts.bitRate)
        )
    }

    /// A host in lower case, perhaps with a port; wildcards are none.
    private static func host(_ text: String) -> String? {
        let isPlain = text.allSatisfy { $0.isLetter || $0.isNumber || "-._:".contains($0) }
        return isPlain ? text.lowercased() : nil
    }
}

/// Reads `http`.
enum HTTPReader {
    static func read(_ node: ProfileNode?) -> RunProfile.HTTP {
        var http = RunProfile.HTTP()
        guard let node else { return http }
        let entries = node.entries(
            "a mapping", allowed: ProfileVocabulary.http)
        if let version = entries["version"] {
            http.version = version.value("one of: 1.1, 2, 3", HTTPVersion.init(rawValue:)) ?? .http1
        }
        http.certificateAuthorities = entries["certificate authorities"]?.text("the path of a PEM file")
        if let verify = entries["verify"] {
            http.verifiesCertificates = verify.value("true or false", Bool.init) ?? true
        }
        if let agent = entries["user agent"] {
            http.userAgent =
                agent.value("printable characters") { text in
                    text.utf8.allSatisfy { (0x20...0x7E).contains($0) } ? text : nil
                } ?? http.userAgent
        }
        if let parallel = entries["parallel transfers"] {
            http.parallelTransfers = parallel.whole(1...64) ?? http.parallelTransfers
        }
        return http
    }
}

/// Reads `player`.
enum PlayerReader {
    /// Reads a player's constants over those of another.
    ///
    /// - Parameters:
    ///   - node: What stands in the profile; nil where nothing does.
    ///   - base: The player whose constants hold where nothing is written.
    ///   - allowed: The settings that may stand there.
    /// - Returns: The constants.
    static func read(
        _ node: ProfileNode?, base: PlayerSettings = PlayerSettings(), allowed: [String] = ProfileVocabulary.player
    ) -> PlayerSettings {
        var player = base
        guard let node else { return player }
        let entries = node.entries("a mapping", allowed: allowed)
        if let adaptation = entries["adaptation"] {
            player.adaptation = AdaptationReader.read(adaptation) ?? player.adaptation
        }
        player.startThreshold = entries["start buffer"]?.duration() ?? player.startThreshold
        player.resumeThreshold = entries["resume buffer"]?.duration() ?? player.resumeThreshold
        player.forwardTarget = entries["forward buffer"]?.duration(orZero: false) ?? player.forwardTarget
        checkBuffers(player, entries, node)
        if let segments = entries["live edge segments"] {
            player.liveEdgeSegments =
                segments.value("a number from 1 to 20") { Double($0).flatMap { (1...20).contains($0) ? $0 : nil } }
                ?? player.liveEdgeSegments
        }
        if let stuck = entries["stuck after"] {
            player.stuckAfterTargetDurations =
                stuck.value("a number of target durations from 1 to 1000") { text in
                    Double(text).flatMap { (1...1_000).contains($0) ? $0 : nil }
                }
        }
        if let leaving = entries["leaving"] {
            player.leaving = leaving.value("one of: finish, abort", LeavingRule.init(rawValue:)) ?? .finish
        }
        if let attempts = entries["attempts"] {
            let count = attempts.whole(1...20)
            player.manifestRetry.attempts = count ?? player.manifestRetry.attempts
            player.segmentRetry.attempts = count ?? player.segmentRetry.attempts
        }
        if let timeouts = entries["timeouts"] { player.timeouts = self.timeouts(timeouts, base: player.timeouts) }
        readRenditions(entries, &player)
        PacingReader.read(entries, &player)
        player.locationPenalty = entries["location penalty"]?.duration() ?? player.locationPenalty
        player.trackPenalty = entries["track penalty"]?.duration() ?? player.trackPenalty
        return player
    }

    /// Which renditions are played, and what only some players can.
    private static func readRenditions(_ entries: [String: ProfileNode], _ player: inout PlayerSettings) {
        let expected = "a language tag such as en or nb-NO"
        player.audioLanguage = entries["audio language"]?.value(expected, language) ?? player.audioLanguage
        if let subtitles = entries["subtitles"] {
            player.subtitleLanguage = subtitles.value(expected + ", any, or none") { text in
                text == "any" ? "*" : text == "none" ? "" : language(text)
            }
            if player.subtitleLanguage == "" { player.subtitleLanguage = nil }
        }
        if let lowLatency = entries["low latency"] {
            player.usesLowLatency = lowLatency.value("true or false", Bool.init) ?? true
        }
        if let interstitials = entries["interstitials"] {
            player.playsInterstitials = interstitials.value("true or false", Bool.init) ?? true
        }
    }

    /// A language tag by its letters (RFC 5646): parts of one to eight letters or digits.
    private static func language(_ text: String) -> String? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let isTag = parts.allSatisfy { part in
            (1...8).contains(part.count)
                && part.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"):
                        true
                    default: false
                    }
                }
        }
        return isTag && (2...8).contains(parts.first?.count ?? 0) ? text : nil
    }

    /// A player that waits for more than it fetches would wait for ever.
    private static func checkBuffers(_ player: PlayerSettings, _ entries: [String: ProfileNode], _ node: ProfileNode) {
        let names = ["start buffer", "resume buffer", "forward buffer"]
        guard names.contains(where: { entries[$0] != nil }) else { return }
        for (name, threshold) in [("start buffer", player.startThreshold), ("resume buffer", player.resumeThreshold)]
        where threshold > player.forwardTarget {
            (entries[name] ?? entries["forward buffer"] ?? node).problem(
                "'\(name)' (\(threshold)) is longer than 'forward buffer' (\(player.forwardTarget)): play would never begin"
            )
        }
    }

    private static func timeouts(_ node: ProfileNode, base: TransferTimeouts) -> TransferTimeouts {
        var timeouts = base
        let entries = node.entries("a mapping", allowed: ProfileVocabulary.timeouts)
        timeouts.connect = entries["connect"]?.duration(orZero: false) ?? timeouts.connect
        timeouts.firstByte = entries["first byte"]?.duration(orZero: false) ?? timeouts.firstByte
        timeouts.stalled = entries["stalled"]?.duration(orZero: false) ?? timeouts.stalled
        timeouts.total = entries["total"]?.duration(orZero: false) ?? timeouts.total
        return timeouts
    }
}

/// Reads `run`.
enum RunReader {
    static func read(_ node: ProfileNode?, seed: UInt64) -> RunProfile.Run {
        var run = RunProfile.Run()
        guard let node else { return run }
        let entries = node.entries("a mapping", allowed: ProfileVocabulary.run)
        run.loops = entries["loops"]?.whole(1...256)
        run.limit = entries["limit"]?.duration(orZero: false)
        run.grace = entries["grace"]?.duration() ?? run.grace
        run.stopFile = entries["stop file"]?.text("a path")
        if let transfers = entries["transfers"] {
            run.sampling =
                transfers.value("none, all, or a share of the sessions such as 1%") { text in
                    switch text {
                    case "none": TransferSampling.none
                    case "all": .all
                    default:
                        Amounts.share(text).flatMap { (0...1).contains($0) ? .sessions(share: $0, seed: seed) : nil }
                    }
                } ?? .none
        }
        return run
    }
}
