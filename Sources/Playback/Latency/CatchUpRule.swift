import Quantities

/// Sets the rate at which a live playhead moves, so that its latency comes to the target: a value without clock or I/O.
package protocol CatchUpRule: Sendable {
    /// The playback rate from now on.
    mutating func rate(_ situation: LatencySituation) -> Double
    /// The latency beyond the target at which the player jumps to the target instead; nil never.
    ///
    /// The session asks for it before the rate.
    var jumpDrift: TimeAmount? { get }
    /// Takes in that the buffer ran out.
    mutating func stalled(_ situation: LatencySituation)
    /// What the rule adds to the latency that is aimed at, because of past stalls.
    var targetShift: TimeAmount { get }
    /// How often the rate is wanted.
    var interval: TimeAmount { get }
}

extension CatchUpRule {
    package var jumpDrift: TimeAmount? { nil }
    package mutating func stalled(_ situation: LatencySituation) {}
    package var targetShift: TimeAmount { .zero }
    package var interval: TimeAmount { .milliseconds(250) }
}

/// What a catch-up rule is told.
package struct LatencySituation: Sendable, Hashable {
    /// The distance from the live edge.
    package var latency: TimeAmount
    /// The one that is aimed at, ``CatchUpRule/targetShift`` not included.
    package var target: TimeAmount
    /// Media time complete ahead of the playhead, of the kind with the least.
    package var buffer: TimeAmount
    /// The rate at which the playhead moves.
    package var rate: Double
    /// The instant of the question.
    package var now: Instant
    /// True while the buffer is empty and the picture stands.
    package var isStalled: Bool
    /// How long a segment plays.
    package var segmentDuration: TimeAmount
    /// How much later than expected the playlist shows a new segment or part; zero when in time.
    package var edgeDelay: TimeAmount

    /// Creates a situation.
    package init(
        latency: TimeAmount, target: TimeAmount, buffer: TimeAmount, rate: Double = 1, now: Instant = .zero,
        isStalled: Bool = false, segmentDuration: TimeAmount = .seconds(4), edgeDelay: TimeAmount = .zero
    ) {
        self.latency = latency
        self.target = target
        self.buffer = buffer
        self.rate = rate
        self.now = now
        self.isStalled = isStalled
        self.segmentDuration = segmentDuration
        self.edgeDelay = edgeDelay
    }

    /// The latency beyond the target in seconds; negative when it is below.
    var drift: Double { (latency - target).seconds }
}

/// The catch-up rules, each with its constants.
package enum CatchUpSettings: Sendable, Hashable {
    /// dash.js's default.
    case dashJS(DashJSCatchUp.Settings)
    /// LoL+'s.
    case loLPlus(LoLPlusCatchUp.Settings)
    /// hls.js's.
    case hlsJS(HLSJSCatchUp.Settings)
    /// Shaka's.
    case shaka(ShakaCatchUp.Settings)
    /// Media3's.
    case media3(Media3CatchUp.Settings)

    /// A rule with these constants that has seen nothing yet.
    package func makeRule() -> any CatchUpRule {
        switch self {
        case .dashJS(let settings): DashJSCatchUp(settings)
        case .loLPlus(let settings): LoLPlusCatchUp(settings)
        case .hlsJS(let settings): HLSJSCatchUp(settings)
        case .shaka(let settings): ShakaCatchUp(settings)
        case .media3(let settings): Media3CatchUp(settings)
        }
    }
}
