import Access
import Measurement
import Playback
import Quantities
import Transport

/// Reads `targets`.
enum TargetsReader {
    static func read(_ node: ProfileNode?) -> (allow: [String]?, data: ByteCount?, throughput: BitRate?) {
        guard let node else { return (nil, nil, nil) }
        let entries = node.entries("a mapping", allowed: ["allow", "limits"])
        let allow = entries["allow"]?.items().compactMap { item in
            item.value("a host name, without scheme and path") {
                $0.contains("/") || $0.isEmpty ? nil : $0.lowercased()
            }
        }
        let limits = entries["limits"]?.entries("a mapping", allowed: ["data", "throughput"]) ?? [:]
        return (
            allow, limits["data"]?.value(Amounts.sizeExpected, Amounts.size),
            limits["throughput"]?.value(Amounts.bitRateExpected, Amounts.bitRate)
        )
    }
}

/// Reads `http`.
enum HTTPReader {
    static func read(_ node: ProfileNode?) -> RunProfile.HTTP {
        var http = RunProfile.HTTP()
        guard let node else { return http }
        let entries = node.entries(
            "a mapping", allowed: ["version", "certificate authorities", "verify", "user agent", "parallel transfers"])
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
            http.parallelTransfers =
                parallel.value("a whole number from 1 to 64") { Int($0).flatMap { (1...64).contains($0) ? $0 : nil } }
                ?? 6
        }
        return http
    }
}

/// Reads `player`.
enum PlayerReader {
    static func read(_ node: ProfileNode?) -> PlayerSettings {
        var player = PlayerSettings()
        guard let node else { return player }
        let entries = node.entries(
            "a mapping",
            allowed: [
                "adaptation", "start buffer", "resume buffer", "forward buffer", "live edge segments", "leaving",
                "stuck after", "attempts", "timeouts",
            ])
        if let adaptation = entries["adaptation"] {
            player.adaptation = self.adaptation(adaptation) ?? player.adaptation
        }
        func time(_ name: String, _ path: WritableKeyPath<PlayerSettings, TimeAmount>) {
            if let time = entries[name]?.value(Amounts.durationExpected, Amounts.duration) {
                player[keyPath: path] = time
            }
        }
        time("start buffer", \.startThreshold)
        time("resume buffer", \.resumeThreshold)
        time("forward buffer", \.forwardTarget)
        if player.forwardTarget <= .zero { entries["forward buffer"]?.problem("must be longer than zero") }
        if let segments = entries["live edge segments"] {
            player.liveEdgeSegments =
                segments.value("a number from 1 to 20") { Double($0).flatMap { (1...20).contains($0) ? $0 : nil } } ?? 3
        }
        if let stuck = entries["stuck after"] {
            player.stuckAfterTargetDurations =
                stuck.value("a number of target durations, at least 1") { Double($0).flatMap { $0 >= 1 ? $0 : nil } }
        }
        if let leaving = entries["leaving"] {
            player.leaving = leaving.value("one of: finish, abort", LeavingRule.init(rawValue:)) ?? .finish
        }
        if let attempts = entries["attempts"] {
            let count = attempts.value("a whole number from 1 to 20") {
                Int($0).flatMap { (1...20).contains($0) ? $0 : nil }
            }
            player.manifestRetry.attempts = count ?? player.manifestRetry.attempts
            player.segmentRetry.attempts = count ?? player.segmentRetry.attempts
        }
        if let timeouts = entries["timeouts"] { player.timeouts = self.timeouts(timeouts) }
        return player
    }

    private static func duration(_ node: ProfileNode?, or usual: TimeAmount) -> TimeAmount {
        node?.value(Amounts.durationExpected, Amounts.duration) ?? usual
    }

    private static let adaptationExpected =
        "one of: throughput, lowest, highest, or a bit rate that is not to be passed"

    private static func adaptation(_ node: ProfileNode) -> AdaptationMode? {
        node.value(adaptationExpected) { text in
            switch text {
            case "throughput": .throughput(ThroughputRule.Settings())
            case "lowest": .fixed(.lowest)
            case "highest": .fixed(.highest)
            default: Amounts.bitRate(text).map { .fixed(.atMost($0)) }
            }
        }
    }

    private static func timeouts(_ node: ProfileNode) -> TransferTimeouts {
        var timeouts = TransferTimeouts()
        let entries = node.entries("a mapping", allowed: ["connect", "first byte", "stalled", "total"])
        for child in entries.values where duration(child, or: .seconds(1)) <= .zero {
            child.problem("must be longer than zero")
        }
        timeouts.connect = duration(entries["connect"], or: timeouts.connect)
        timeouts.firstByte = duration(entries["first byte"], or: timeouts.firstByte)
        timeouts.stalled = duration(entries["stalled"], or: timeouts.stalled)
        timeouts.total = duration(entries["total"], or: timeouts.total)
        return timeouts
    }
}

/// Reads `access`.
enum TokenReader {
    static func read(_ node: ProfileNode?) -> RunProfile.Token? {
        guard let node else { return nil }
        let access = node.entries("a mapping", allowed: ["token"])
        guard let child = access["token"] else {
            node.problem("the setting 'token' is missing")
            return nil
        }
        let entries = child.entries(
            "a mapping", allowed: ["scheme", "key", "paths", "name", "lifetime", "refresh", "placement", "on"])
        for name in ["scheme", "key", "paths", "lifetime"] where entries[name] == nil {
            child.problem("the setting '\(name)' is missing")
        }
        let scheme = entries["scheme"]?.value("one of: akamai-edge-auth") { $0 == "akamai-edge-auth" ? $0 : nil }
        // What stands here may be the key itself, so it is not repeated in the message.
        let reference = entries["key"].flatMap { key -> SecretReference? in
            guard let text = key.text("env:NAME or file:PATH") else { return nil }
            if let reference = SecretReference(text) { return reference }
            key.problem("expected env:NAME or file:PATH; a key itself does not belong in a profile")
            return nil
        }
        let paths = entries["paths"]?.items().compactMap { item in
            item.value("a path with wildcards such as /live/*") { $0.hasPrefix("/") ? $0 : nil }
        }
        let lifetime = entries["lifetime"]?.value(Amounts.durationExpected, Amounts.duration)
        let refresh = entries["refresh"]?.value(Amounts.durationExpected, Amounts.duration) ?? .seconds(5)
        let placement = entries["placement"]?.value("one of: query, header") {
            ["query", "header"].contains($0) ? $0 : nil
        }
        let on = entries["on"]?.value("one of: every request, manifest") {
            ["every request", "manifest"].contains($0) ? $0 : nil
        }
        guard let scheme, let reference, let paths, let lifetime else { return nil }
        return RunProfile.Token(
            scheme: scheme, key: reference, paths: paths,
            name: entries["name"]?.text("a name such as hdnts") ?? "hdnts", lifetime: lifetime, refresh: refresh,
            inHeader: placement == "header", onManifestOnly: on == "manifest")
    }
}

/// Reads `run`.
enum RunReader {
    static func read(_ node: ProfileNode?, seed: UInt64) -> RunProfile.Run {
        var run = RunProfile.Run()
        guard let node else { return run }
        let entries = node.entries("a mapping", allowed: ["loops", "limit", "grace", "stop file", "transfers"])
        run.loops = entries["loops"]?.value("a whole number from 1 to 256") {
            Int($0).flatMap { (1...256).contains($0) ? $0 : nil }
        }
        run.limit = entries["limit"]?.value(Amounts.durationExpected, Amounts.duration)
        run.grace = entries["grace"]?.value(Amounts.durationExpected, Amounts.duration) ?? run.grace
        run.stopFile = entries["stop file"]?.text("a path")
        if let transfers = entries["transfers"] {
            run.sampling =
                transfers.value("one of: none, all, or a share of the sessions such as 1%") { text in
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
