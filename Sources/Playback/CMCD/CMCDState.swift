import Manifests
import Quantities

/// What a session keeps for telling servers about itself.
struct CMCDState: Sendable {
    /// `sid`.
    let sessionID: String
    /// True for the player of an interstitial's asset: its session tells of events.
    let isAsset: Bool
    /// The numbers of the last report with requests, and of the last event.
    var requests: Int64 = 0
    var events: Int64 = 0
    /// The kinds of media that ran dry since their last request: a bit for each.
    private var dry: UInt8 = 0
    /// True from the start, a seek or a rebuffer until the buffer has reached its target.
    var isStartup = true
    /// How often the buffer ran out, and for how long; times that are over, and since when it is out now.
    private(set) var starvations: Int64 = 0
    private var starvedTime = TimeAmount.zero
    private var starvedSince: Instant?
    /// The starved time that has been told, by requests and by events, in milliseconds.
    private var told: (requests: Int64, events: Int64) = (0, 0)
    /// When the player was told to play, and how long the first frame took.
    var started: Instant?
    private(set) var startDelay: TimeAmount?
    private var startDelayIsTold = (requests: false, events: false)
    /// When the next report of the interval is due.
    var nextInterval: Instant?
    /// Reports for the collector, oldest first.
    private(set) var queue: [CMCDReport] = []
    /// How many did not fit into the queue.
    private(set) var dropped = 0

    /// The most reports that wait to be taken.
    static let queueLimit = 256

    init(seed: UInt64, isAsset: Bool) {
        sessionID = Self.uuid(seed: seed, purpose: Self.sessionPurpose)
        self.isAsset = isAsset
    }

    /// Keeps what chance decides here apart from what it decides elsewhere in a session.
    static let sessionPurpose: UInt64 = 0xC3CD

    /// A random UUID (RFC 9562 section 5.4, version 4) of a seed, in lower case.
    static func uuid(seed: UInt64, purpose: UInt64) -> String {
        var generator = SeededGenerator(seed: seed, stream: 0, purpose: purpose)
        let high = generator.next() & ~0xF000 | 0x4000
        let low = generator.next() & ~(0xC0 << 56) | 0x80 << 56
        let digits = Array((hexadecimal(high) + hexadecimal(low)).utf8)
        var text = ""
        for (position, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(position) { text += "-" }
            text.unicodeScalars.append(Unicode.Scalar(digit))
        }
        return text
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    // MARK: Starvation

    mutating func ranDry(_ kind: MediaKind) { dry |= Self.bit(kind) }

    /// Whether a kind ran dry since it was last asked about.
    mutating func takeDry(_ kind: MediaKind) -> Bool {
        defer { dry &= ~Self.bit(kind) }
        return dry & Self.bit(kind) != 0
    }

    private static func bit(_ kind: MediaKind) -> UInt8 {
        switch kind {
        case .video, .other: 1
        case .audio: 2
        case .subtitles: 4
        }
    }

    /// Takes a change of state in.
    mutating func changed(from old: PlaybackState, to new: PlaybackState, at now: Instant) {
        if let since = starvedSince {
            starvedTime += max(.zero, now - since)
            starvedSince = nil
        }
        switch new {
        case .rebuffering:
            starvations += 1
            starvedSince = now
            isStartup = true
        case .starting, .seeking: isStartup = true
        case .playing:
            if startDelay == nil, old == .starting, let started { startDelay = now - started }
        case .paused, .ended, .failed, .quit: break
        }
    }

    /// All the time for which the buffer was out.
    func starvedTime(at now: Instant) -> TimeAmount {
        starvedTime + (starvedSince.map { max(.zero, now - $0) } ?? .zero)
    }

    /// The starved time since the last report of the same kind in milliseconds, so that all of them make up the whole.
    mutating func takeStarvedTime(isEvent: Bool, at now: Instant) -> Int64 {
        let total = PlayerSession.milliseconds(starvedTime(at: now))
        let last = isEvent ? told.events : told.requests
        if isEvent { told.events = total } else { told.requests = total }
        return total - last
    }

    /// How long the start took, once for requests and once for events.
    mutating func takeStartDelay(isEvent: Bool) -> TimeAmount? {
        guard let startDelay, !(isEvent ? startDelayIsTold.events : startDelayIsTold.requests) else { return nil }
        if isEvent { startDelayIsTold.events = true } else { startDelayIsTold.requests = true }
        return startDelay
    }

    // MARK: Events

    mutating func add(_ report: CMCDReport) {
        if queue.count >= Self.queueLimit {
            queue.removeFirst()
            dropped += 1
        }
        queue.append(report)
    }

    mutating func takeQueue() -> (reports: [CMCDReport], dropped: Int) {
        defer {
            queue = []
            dropped = 0
        }
        return (queue, dropped)
    }
}
