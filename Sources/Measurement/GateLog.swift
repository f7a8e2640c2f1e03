import Manifests
import Quantities

/// What gates did with requests that they must refuse; bounded, whatever a server sends, and without any token.
///
/// Logs of loops, intervals and shards are merged by addition.
package struct GateLog: Sendable, Equatable {
    /// So many combinations of probe, stream, edge and kind are told apart; further ones are counted together.
    package static let limit = 10_000
    /// So many reasons are kept why a probe could not be made.
    static let reasonLimit = 500

    /// Why a probe was not made.
    package struct Reason: Hashable, Sendable, Comparable {
        /// The kind of probe.
        package var probe: String
        /// The stream's name in the profile; `""` for all.
        package var stream: String
        /// One sentence without a full stop and without a token.
        package var sentence: String

        /// Creates a reason.
        package init(probe: String, stream: String, sentence: String) {
            self.probe = probe
            self.stream = stream
            self.sentence = sentence
        }

        package static func < (left: Reason, right: Reason) -> Bool {
            (left.probe, left.stream, left.sentence) < (right.probe, right.stream, right.sentence)
        }
    }

    /// How many probes had each verdict.
    package struct Counts: Hashable, Sendable {
        /// All that were made.
        package var tried: Int64 = 0
        /// Refused, as they must be.
        package var refused: Int64 = 0
        /// Let in.
        package var leaked: Int64 = 0
        /// Neither.
        package var inconclusive: Int64 = 0
        /// Body bytes that they received.
        package var bytes: Int64 = 0

        /// Creates zeros.
        package init() {}

        /// Those that say something of the gate.
        package var answered: Int64 { refused.addingClamped(leaked) }

        /// Adds a tally.
        package mutating func add(_ tally: GateTally) {
            tried = tried.addingClamped(tally.tried)
            refused = refused.addingClamped(tally.count(.refused))
            leaked = leaked.addingClamped(tally.count(.leaked))
            inconclusive = inconclusive.addingClamped(tally.count(.inconclusive))
            bytes = bytes.addingClamped(tally.bytes)
        }
    }

    /// What came of each kind of probe in each place.
    package private(set) var tallies: [GateKey: GateTally] = [:]
    /// What honest viewers got in each place; those that carry probes alone.
    package private(set) var honest: [GatePlace: GateHonesty] = [:]
    /// How often a probe could not be made, and why.
    package private(set) var reasons: [Reason: Int64] = [:]

    /// Creates an empty log.
    package init() {}

    /// Creates a log from what was stored of one.
    package init(tallies: [GateKey: GateTally], honest: [GatePlace: GateHonesty], reasons: [Reason: Int64]) {
        self.tallies = tallies
        self.honest = honest
        self.reasons = reasons
    }

    /// True when no probe was made, nor found impossible, and no request was followed.
    package var isEmpty: Bool { tallies.isEmpty && reasons.isEmpty && honest.isEmpty }

    // MARK: - Noting

    /// Notes what came of a probe.
    ///
    /// - Parameters:
    ///   - answer: The answer.
    ///   - key: Which probe it was, and where.
    ///   - uri: What was asked for; tokens are left out of what is kept.
    ///   - words: What the request came with, such as `no token`.
    ///   - bytes: Body bytes that were received.
    ///   - now: When it was answered.
    package mutating func note(
        _ answer: GateAnswer, _ key: GateKey, uri: String, words: String, bytes: Int64, at now: Instant
    ) {
        var tally = GateTally(
            bytes: bytes, first: now, last: now, sentence: Self.sentence(answer, key.kind, words),
            resource: PublicName.of(uri))
        tally.add(answer, 1)
        add(tally, to: key)
    }

    private static func sentence(_ answer: GateAnswer, _ kind: String, _ words: String) -> String {
        switch answer.verdict {
        case .leaked: "the \(kind) was given out (\(answer.word)) to a request with \(words)"
        case .refused: "the \(kind) was refused (\(answer.word)) to a request with \(words)"
        case .inconclusive: "the \(kind) was neither given nor refused (\(answer.word)) to a request with \(words)"
        }
    }

    /// Notes that an honest viewer was let in, or refused.
    package mutating func noteHonest(_ place: GatePlace, isAccepted: Bool) {
        add(GateHonesty(accepted: isAccepted ? 1 : 0, refused: isAccepted ? 0 : 1), to: place)
    }

    /// Notes why a probe was not made.
    package mutating func note(_ reason: Reason) { add(1, to: reason) }

    /// Adds the log of another loop, interval or shard.
    package mutating func merge(_ other: GateLog) {
        for (key, tally) in other.tallies.sorted(by: { $0.key < $1.key }) { add(tally, to: key) }
        for (place, counts) in other.honest { add(counts, to: place) }
        for (reason, count) in other.reasons { add(count, to: reason) }
    }

    /// Beyond the limit the place is not told apart, but a leak still counts.
    private mutating func add(_ tally: GateTally, to key: GateKey) {
        var key = key
        if tallies[key] == nil, tallies.count >= Self.limit {
            key = GateKey(probe: key.probe, stream: "", edge: "", kind: "")
        }
        if tallies[key] == nil { tallies[key] = tally } else { tallies[key]?.merge(tally) }
    }

    private mutating func add(_ counts: GateHonesty, to place: GatePlace) {
        guard honest[place] != nil || honest.count < Self.limit else { return }
        honest[place, default: GateHonesty()].merge(counts)
    }

    private mutating func add(_ count: Int64, to reason: Reason) {
        guard reasons[reason] != nil || reasons.count < Self.reasonLimit else { return }
        reasons[reason] = (reasons[reason] ?? 0).addingClamped(count)
    }

    // MARK: - Counting

    /// The counts of everything, or of one stream, edge or kind of request.
    package func counts(of scope: CellKey = .overall) -> Counts {
        var counts = Counts()
        for (key, tally) in tallies {
            let isMeant =
                switch scope.dimension {
                case .overall: true
                case .stream: key.stream == scope.name
                case .edge: key.edge == scope.name
                case .kind: key.kind == scope.name
                case .region, .device, .step, .phase, .network: false
                }
            if isMeant { counts.add(tally) }
        }
        return counts
    }
}
