import Access

/// The names of all settings by where they stand; docs/PROFILE-FORMAT.md explains each one.
enum ProfileVocabulary {
    static let root = [
        "name", "description", "seed", "targets", "streams", "access", "audience", "player", "http", "run",
        "thresholds", "simulation",
    ]
    static let simulation = ["edges", "origin", "content"]
    static let simulatedEdge = [
        "capacity", "requests", "response rate", "latency", "delay", "cache", "collapse", "regions",
    ]
    static let simulatedOrigin = ["capacity", "latency"]
    static let simulatedContent = ["format", "segment", "ladder", "audio", "window", "duration", "variation"]
    static let targets = ["allow", "limits"]
    static let limits = ["data", "throughput"]
    static let stream = ["uri", "weight"]
    static let access = ["token", "probes", "journey", "viewers", "manifest"]
    /// Settings of probes, and their kinds.
    static let probes = ["all", "every", "leeway", "refused", "redirects"] + GateProbe.allCases.map(\.rawValue)
    static let token = [
        "scheme", "key", "key format", "options", "name", "paths", "fields", "placement", "on", "hosts", "lifetime",
        "refresh", "refresh every", "when refused", "renewal header", "clock shift", "session", "address", "data",
        "start",
    ]
    static let step = [
        "name", "when", "get", "post", "put", "delete", "head", "headers", "json", "form", "body", "file",
        "content type", "expect", "keep", "on refusal", "timeout", "signed",
    ]
    static let keep = ["json", "header", "cookie", "pattern"]
    static let refusal = ["attempts", "first delay", "factor", "longest delay", "then"]
    static let viewers = ["file", "reuse"]
    static let audience = ["viewers", "arrivals", "over", "rate", "watch", "streams", "regions"]
    static let watch = ["uniform", "exponential", "lognormal"]
    static let uniform = ["from", "to"]
    static let exponential = ["mean"]
    static let lognormal = ["median", "sigma"]
    static let region = ["share", "edges"]
    static let player = [
        "adaptation", "start buffer", "resume buffer", "forward buffer", "live edge segments", "leaving", "stuck after",
        "attempts", "timeouts", "audio language", "subtitles", "low latency", "interstitials", "location penalty",
        "track penalty",
    ]
    static let timeouts = ["connect", "first byte", "stalled", "total"]
    static let http = ["version", "certificate authorities", "verify", "user agent", "parallel transfers"]
    static let run = ["loops", "limit", "grace", "stop file", "transfers"]

    /// Every list with the path of its parent; `NAME` stands for a name of the user's.
    static let all: [(parent: String, names: [String])] = [
        ("", root), ("targets", targets), ("targets.limits", limits), ("streams.NAME", stream), ("access", access),
        ("access.token", token), ("access.probes", probes), ("access.journey", step), ("access.journey.keep", keep),
        ("access.journey.on refusal", refusal), ("access.viewers", viewers), ("audience", audience),
        ("audience.watch", watch), ("audience.watch.uniform", uniform),
        ("audience.watch.exponential", exponential), ("audience.watch.lognormal", lognormal),
        ("audience.regions.NAME", region), ("player", player), ("player.timeouts", timeouts), ("http", http),
        ("run", run), ("simulation", simulation), ("simulation.edges.NAME", simulatedEdge),
        ("simulation.origin", simulatedOrigin), ("simulation.content", simulatedContent),
    ]
}
