import Quantities
import Transport

/// What a finished transfer has in words: out of line, since records and reports are moved about by the thousand, and most of
/// them have the same words.
package final class TransferWords: Sendable, Hashable {
    /// The label of the error (``TransferError/label``), or `""` for a complete response.
    package let error: String
    /// The peer's address, or `""`.
    package let edge: String
    /// The point of presence that the response named, or `""`.
    package let pop: String
    /// The name of the step, for a step of the viewer's journey; else `""`.
    package let step: String
    /// True for a complete response.
    package let isComplete: Bool
    /// True for a step of the viewer's journey.
    package let isStep: Bool

    /// No words at all.
    package static let none = TransferWords()

    /// Creates the words of a transfer.
    package init(error: String = "", edge: String = "", pop: String = "", step: String = "") {
        self.error = error
        self.edge = edge
        self.pop = pop
        self.step = step
        isComplete = error.isEmpty
        isStep = !step.isEmpty
    }

    package static func == (left: TransferWords, right: TransferWords) -> Bool {
        left === right
            || (left.error, left.edge, left.pop, left.step) == (right.error, right.edge, right.pop, right.step)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(error)
        hasher.combine(edge)
        hasher.combine(pop)
        hasher.combine(step)
    }

    /// The same words but for those that are given.
    func replacing(
        error: String? = nil, edge: String? = nil, pop: String? = nil, step: String? = nil
    ) -> TransferWords {
        TransferWords(
            error: error ?? self.error, edge: edge ?? self.edge, pop: pop ?? self.pop, step: step ?? self.step)
    }
}

/// What has a transfer's words, and is read and changed word by word.
package protocol WordedTransfer: Sendable {
    /// The words.
    var words: TransferWords { get set }
}

extension WordedTransfer {
    /// The label of the error (``TransferError/label``), or `""`.
    package var error: String {
        get { words.error }
        set { words = words.replacing(error: newValue) }
    }
    /// The peer's address, or `""`.
    package var edge: String {
        get { words.edge }
        set { words = words.replacing(edge: newValue) }
    }
    /// The point of presence that the response named, or `""`.
    package var pop: String {
        get { words.pop }
        set { words = words.replacing(pop: newValue) }
    }
}

/// One finished transfer as measured.
///
/// Carries no URI: those may hold tokens.
package struct TransferRecord: WordedTransfer, Hashable {
    /// Its number in the session.
    package var id: TransferID
    /// What it was for.
    package var kind: TransferKind
    /// When it should have begun: what the buffer or the playlist's clock dictated.
    package var due: Instant
    /// What happened when.
    package var timings: TransferTimings
    /// The HTTP status; 0 when no response began.
    package var status: Int
    /// Body bytes that crossed the wire.
    package var bytes: ByteCount
    /// The declared bit rate of the track, for media; else zero.
    package var bitRate: BitRate
    /// The media time it carries, for media segments; else zero.
    package var mediaDuration: TimeAmount
    /// The media sequence number, for segments.
    package var sequence: Int64
    /// 0 for the first try, 1 for the first retry and so on.
    package var attempt: Int
    /// What the response said of the cache.
    package var cache: CacheStatus
    /// The version spoken.
    package var version: HTTPVersion
    /// True when an open connection was used.
    package var connectionReused: Bool
    /// Its error, edge, point of presence and step.
    package var words: TransferWords

    /// Creates a record.
    package init(
        id: TransferID, kind: TransferKind, due: Instant, timings: TransferTimings, status: Int, bytes: ByteCount,
        bitRate: BitRate = .zero, mediaDuration: TimeAmount = .zero, sequence: Int64 = 0, attempt: Int = 0,
        cache: CacheStatus = .unknown, version: HTTPVersion = .http1, connectionReused: Bool = false,
        words: TransferWords
    ) {
        self.id = id
        self.kind = kind
        self.due = due
        self.timings = timings
        self.status = status
        self.bytes = bytes
        self.bitRate = bitRate
        self.mediaDuration = mediaDuration
        self.sequence = sequence
        self.attempt = attempt
        self.cache = cache
        self.version = version
        self.connectionReused = connectionReused
        self.words = words
    }

    /// Creates a record with words of its own.
    package init(
        id: TransferID, kind: TransferKind, due: Instant, timings: TransferTimings, status: Int, error: String = "",
        bytes: ByteCount, bitRate: BitRate = .zero, mediaDuration: TimeAmount = .zero, sequence: Int64 = 0,
        attempt: Int = 0, edge: String = "", cache: CacheStatus = .unknown, pop: String = "",
        version: HTTPVersion = .http1, connectionReused: Bool = false, step: String = ""
    ) {
        self.init(
            id: id, kind: kind, due: due, timings: timings, status: status, bytes: bytes, bitRate: bitRate,
            mediaDuration: mediaDuration, sequence: sequence, attempt: attempt, cache: cache, version: version,
            connectionReused: connectionReused,
            words: TransferWords(error: error, edge: edge, pop: pop, step: step))
    }

    /// The name of the step, for a step of the viewer's journey; else `""`.
    package var step: String {
        get { words.step }
        set { words = words.replacing(step: newValue) }
    }

    /// True when it counts as failed: no complete response, or a status of 400 and above.
    ///
    /// One that its own session cancelled is neither failed nor successful.
    package var isFailed: Bool { words.isComplete ? status >= 400 : words.error != "cancelled" }
    /// True when its own session cancelled it.
    package var isCancelled: Bool { !words.isComplete && words.error == "cancelled" }
}
