import Quantities

/// What a gate did with a request that it must refuse.
package enum GateVerdict: String, Hashable, Sendable, CaseIterable {
    /// It said no.
    case refused
    /// It gave what was asked for: a leak.
    case leaked
    /// It said neither: there was no answer, or one that tells nothing of the gate, such as 404 or 503.
    case inconclusive
}

/// What probes are counted by.
package struct GateKey: Hashable, Sendable, Comparable {
    /// The kind of probe, by its name in the profile.
    package var probe: String
    /// The stream's name in the profile.
    package var stream: String
    /// The address of the peer that the honest request had, or `""`.
    package var edge: String
    /// What was asked for: the label of a transfer kind, or `part`.
    package var kind: String

    /// Creates a key.
    package init(probe: String, stream: String, edge: String, kind: String) {
        self.probe = probe
        self.stream = stream
        self.edge = edge
        self.kind = kind
    }

    /// Where the probe was made, whatever it was.
    package var place: GatePlace { GatePlace(stream: stream, edge: edge, kind: kind) }

    package static func < (left: GateKey, right: GateKey) -> Bool {
        (left.probe, left.stream, left.edge, left.kind) < (right.probe, right.stream, right.edge, right.kind)
    }
}

/// What the honest requests that probes follow are counted by.
package struct GatePlace: Hashable, Sendable, Comparable {
    /// The stream's name in the profile.
    package var stream: String
    /// The peer's address, or `""`.
    package var edge: String
    /// What was asked for: the label of a transfer kind, or `part`.
    package var kind: String

    /// Creates a place.
    package init(stream: String, edge: String, kind: String) {
        self.stream = stream
        self.edge = edge
        self.kind = kind
    }

    package static func < (left: GatePlace, right: GatePlace) -> Bool {
        (left.stream, left.edge, left.kind) < (right.stream, right.edge, right.kind)
    }
}

/// One answer to a probe, or the want of one.
package struct GateAnswer: Hashable, Sendable, Comparable {
    /// What it means.
    package var verdict: GateVerdict
    /// The status, or a short word for the error: `403`, `timeout`.
    package var word: String

    /// Creates an answer.
    package init(_ verdict: GateVerdict, _ word: String) {
        self.verdict = verdict
        self.word = word
    }

    package static func < (left: GateAnswer, right: GateAnswer) -> Bool {
        (left.verdict.rawValue, left.word) < (right.verdict.rawValue, right.word)
    }
}

/// What came of the probes of one kind in one place.
package struct GateTally: Hashable, Sendable {
    /// So many words are told apart; further ones are `other`.
    static let limit = 20

    /// How often each answer came.
    package private(set) var answers: [GateAnswer: Int64] = [:]
    /// Body bytes that were received.
    package var bytes: Int64 = 0
    /// When the first one was made.
    package var first: Instant
    /// When the last one was made.
    package var last: Instant
    /// What the first leak was or, without one, the first answer: one sentence without a token.
    package var sentence: String
    /// Which resource that was about: its URI without tokens.
    package var resource: String

    /// Creates a tally.
    package init(
        answers: [GateAnswer: Int64] = [:], bytes: Int64 = 0, first: Instant, last: Instant, sentence: String,
        resource: String
    ) {
        self.bytes = bytes
        self.first = first
        self.last = last
        self.sentence = sentence
        self.resource = resource
        for (answer, count) in answers.sorted(by: { $0.key < $1.key }) { add(answer, count) }
    }

    /// How many were made.
    package var tried: Int64 { answers.values.reduce(0) { $0.addingClamped($1) } }

    /// How many had this verdict.
    package func count(_ verdict: GateVerdict) -> Int64 {
        answers.reduce(0) { $1.key.verdict == verdict ? $0.addingClamped($1.value) : $0 }
    }

    mutating func add(_ answer: GateAnswer, _ count: Int64) {
        var key = answer
        if answers[key] == nil, answers.count >= Self.limit { key.word = "other" }
        answers[key] = (answers[key] ?? 0).addingClamped(count)
    }

    /// Adds another tally of the same probe and place; the example is the earlier leak or else the earlier answer.
    mutating func merge(_ other: GateTally) {
        let (leaks, others) = (count(.leaked) > 0, other.count(.leaked) > 0)
        let isEarlier = (other.first, other.sentence, other.resource) < (first, sentence, resource)
        if others != leaks ? others : isEarlier {
            sentence = other.sentence
            resource = other.resource
        }
        for (answer, count) in other.answers.sorted(by: { $0.key < $1.key }) { add(answer, count) }
        bytes = bytes.addingClamped(other.bytes)
        first = min(first, other.first)
        last = max(last, other.last)
    }
}

/// What became of the requests of honest viewers in one place, by which the answers to probes are judged.
package struct GateHonesty: Hashable, Sendable {
    /// Answered with what was asked for.
    package var accepted: Int64 = 0
    /// Refused: 401, 403 or 410.
    package var refused: Int64 = 0

    /// Creates counts.
    package init(accepted: Int64 = 0, refused: Int64 = 0) {
        self.accepted = accepted
        self.refused = refused
    }

    mutating func merge(_ other: GateHonesty) {
        accepted = accepted.addingClamped(other.accepted)
        refused = refused.addingClamped(other.refused)
    }
}
