import Access

/// The names of all settings by where they stand; docs/PROFILE-FORMAT.md explains each one.
enum ProfileVocabulary {
    static let root = [
        "name", "description", "seed", "targets", "streams", "access", "audience", "player", "http", "run",
        "thresholds", "simulation",
    ]
    static let simulation = ["edges", "origin", "content"]
    static let simulatedEdge = [
        "capacity", "requests", "response rate", "latency", "delay", "cache", "playlist lifetime", "collapse",
        "regions",
    ]
    static let simulatedOrigin = ["capacity", "latency"]
    static let simulatedContent = [
        "manifest", "format", "segment", "ladder", "audio", "window", "duration", "variation",
    ]
    static let targets = ["allow", "limits"]
    static let limits = ["data", "throughput"]
    static let stream = ["uri", "weight", "bitrates"]
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
    static let audience =
        ["viewers", "arrivals", "over", "rate", "watch", "streams", "regions", "devices", "networks"] + crowd
    /// Settings of the audience beside its size and mixes.
    static let crowd = ["script", "behaviour", "popularity"]
    static let popularity = ["zipf"]
    static let arrivals = ["ramp", "steps", "spike", "median", "sigma", "curve"]
    static let arrivalRamp = ["from", "to"]
    static let phase = [
        "phase", "at", "for", "arrivals", "share", "rate", "viewers", "leave", "return", "drop", "reconnect",
    ]
    static let comingBack = ["within", "share"] + watch
    static let drop = ["share", "region", "edge"]
    static let behaviour = [
        "pauses", "seeks", "live rewinds", "zapping", "startup patience", "rebuffer patience", "rejoin",
    ]
    static let pauses = ["rate", "length"]
    static let seeks = ["rate", "distance", "back"]
    static let rewinds = ["rate", "distance", "for"]
    static let zapping = ["rate", "first", "popularity"]
    static let startupPatience = ["grace", "per second", "until"]
    static let rebufferPatience = ["grace", "per second"]
    static let rejoin = ["attempts", "share", "delay"]
    static let watch = ["uniform", "exponential", "lognormal", "weibull"]
    static let weibull = ["scale", "shape"]
    static let uniform = ["from", "to"]
    static let exponential = ["mean"]
    static let lognormal = ["median", "sigma"]
    static let region = ["share", "edges", "resolver", "label", "source addresses", "networks"]
    /// Settings of a device beside those of `player`.
    static let device = [
        "share", "preset", "http version", "user agent", "headers", "parallel transfers", "cmcd",
    ]
    static let cmcd = ["version", "by", "collector", "keys", "content id", "custom keys"]
    static let collector = ["uri", "events", "interval", "batch"]
    static let network = ["share", "rate", "trace", "preset", "process", "delay", "outages", "household"]
    static let process = ["ar1", "markov"]
    static let autoregressive = ["mean", "sigma", "correlation"]
    static let markov = ["good", "bad", "good for", "bad for"]
    static let outage = ["at", "for"]
    static let household = ["size"]
    static let player = [
        "adaptation", "start buffer", "resume buffer", "forward buffer", "live edge segments", "leaving", "stuck after",
        "attempts", "timeouts", "audio language", "subtitles", "low latency", "interstitials", "location penalty",
        "track penalty", "start delay", "loading", "check interval", "refill level", "forward bytes",
        "longest forward buffer", "top forward buffer", "long form forward buffer", "audio lead",
        "audio lead segments", "fast switching", "screen", "catch up", "catch up always", "hold-back per stall",
        "manifest retry", "segment retry",
    ]
    static let retry = [
        "attempts", "first delay", "factor", "longest delay", "increment", "fuzz", "timeout attempts", "client errors",
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
        ("audience.watch.weibull", weibull), ("audience.popularity", popularity),
        ("audience.arrivals", arrivals), ("audience.arrivals.ramp", arrivalRamp), ("audience.script", phase),
        ("audience.script.return", comingBack), ("audience.script.drop", drop),
        ("audience.behaviour", behaviour), ("audience.behaviour.pauses", pauses),
        ("audience.behaviour.seeks", seeks), ("audience.behaviour.live rewinds", rewinds),
        ("audience.behaviour.zapping", zapping), ("audience.behaviour.startup patience", startupPatience),
        ("audience.behaviour.rebuffer patience", rebufferPatience), ("audience.behaviour.rejoin", rejoin),
        ("audience.regions.NAME", region), ("audience.devices.NAME", device),
        ("audience.devices.NAME.cmcd", cmcd), ("audience.devices.NAME.cmcd.collector", collector),
        ("audience.networks.NAME", network), ("audience.networks.NAME.process", process),
        ("audience.networks.NAME.process.ar1", autoregressive),
        ("audience.networks.NAME.process.markov", markov), ("audience.networks.NAME.outages", outage),
        ("audience.networks.NAME.household", household), ("player", player), ("player.timeouts", timeouts),
        ("player.manifest retry", retry), ("player.segment retry", retry),
        ("http", http),
        ("run", run), ("simulation", simulation), ("simulation.edges.NAME", simulatedEdge),
        ("simulation.origin", simulatedOrigin), ("simulation.content", simulatedContent),
    ]
}
