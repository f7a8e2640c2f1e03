import Playback
import Quantities

/// Reads the settings of `player` that make it fetch, wait and keep up as a certain player does.
enum PacingReader {
    static func read(_ entries: [String: ProfileNode], _ player: inout PlayerSettings) {
        player.startDelay = entries["start delay"]?.duration() ?? player.startDelay
        player.checkInterval = entries["check interval"]?.duration() ?? player.checkInterval
        player.refillLevel = entries["refill level"]?.duration() ?? player.refillLevel
        player.forwardBytes = entries["forward bytes"]?.value(Amounts.sizeExpected, Amounts.size) ?? player.forwardBytes
        player.longestForwardTarget =
            entries["longest forward buffer"]?.duration(orZero: false) ?? player.longestForwardTarget
        player.topForwardTarget = entries["top forward buffer"]?.duration(orZero: false) ?? player.topForwardTarget
        player.longFormForwardTarget =
            entries["long form forward buffer"]?.duration(orZero: false) ?? player.longFormForwardTarget
        player.leadOverMain = entries["audio lead"]?.duration() ?? player.leadOverMain
        player.leadOverMainSegments =
            entries["audio lead segments"]?.value("a number of segments from 0 to 20") { text in
                Double(text).flatMap { (0...20).contains($0) ? $0 : nil }
            } ?? player.leadOverMainSegments
        if let loading = entries["loading"] {
            let names = LoadingOrder.allCases.map(\.rawValue).joined(separator: ", ")
            player.loading = loading.value("one of: \(names)", LoadingOrder.init(rawValue:)) ?? player.loading
        }
        player.replacesLowerTracks = flag(entries["fast switching"]) ?? player.replacesLowerTracks
        if let screen = entries["screen"] { player.screen = screen.value(ScreenSize.expected, ScreenSize.init) }
        readCatchUp(entries, &player)
        if let node = entries["manifest retry"] { player.manifestRetry = retry(node, player.manifestRetry) }
        if let node = entries["segment retry"] { player.segmentRetry = retry(node, player.segmentRetry) }
    }

    private static func flag(_ node: ProfileNode?) -> Bool? { node?.value("true or false", Bool.init) }

    private static let catchUps: [(name: String, settings: CatchUpSettings?)] = [
        ("none", nil), ("hls.js", .hlsJS(.init())), ("dash.js", .dashJS(.init())), ("shaka", .shaka(.init())),
        ("exoplayer", .media3(.init())), ("lol+", .loLPlus(.init())),
    ]

    private static func readCatchUp(_ entries: [String: ProfileNode], _ player: inout PlayerSettings) {
        if let node = entries["catch up"] {
            let names = catchUps.map(\.name)
            let position = node.value("one of: \(names.joined(separator: ", "))") { names.firstIndex(of: $0) }
            if let position { player.catchUp = catchUps[position].settings }
        }
        if let always = flag(entries["catch up always"]) { player.catchesUpInLowLatencyOnly = !always }
        player.holdBackPerStall = entries["hold-back per stall"]?.duration() ?? player.holdBackPerStall
    }

    private static func retry(_ node: ProfileNode, _ base: RetryPolicy) -> RetryPolicy {
        var policy = base
        let entries = node.entries("a mapping", allowed: ProfileVocabulary.retry)
        policy.attempts = entries["attempts"]?.whole(1...20) ?? policy.attempts
        policy.firstDelay = entries["first delay"]?.duration() ?? policy.firstDelay
        policy.longestDelay = entries["longest delay"]?.duration() ?? policy.longestDelay
        policy.increment = entries["increment"]?.duration() ?? policy.increment
        policy.factor = number(entries["factor"], 1...10) ?? policy.factor
        policy.fuzz = number(entries["fuzz"], 0...1) ?? policy.fuzz
        policy.timeoutAttempts = entries["timeout attempts"]?.whole(0...20) ?? policy.timeoutAttempts
        if let errors = entries["client errors"] {
            let words = ["retry": false, "give up": true]
            policy.givesUpOnClientErrors = errors.value("one of: retry, give up") { words[$0] } ?? false
        }
        return policy
    }

    private static func number(_ node: ProfileNode?, _ range: ClosedRange<Double>) -> Double? {
        node?.value("a number from \(range.lowerBound) to \(range.upperBound)") {
            Double($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}
