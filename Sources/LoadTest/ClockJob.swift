import Manifests
import Quantities

/// One session's way through the clocks that its presentation names, in their order of preference.
struct ClockJob {
    /// What to do next.
    enum Step {
        /// Send this request and tell its end to ``answered(_:begun:ended:)``.
        case request(uri: String, isHead: Bool)
        /// Ask an NTP server, on a thread that may block, and settle the source of this name.
        case datagram(host: String, name: String)
        /// Look again in a moment.
        case wait
        /// Done: what to add to the local clock, or nil when no source could be used.
        case done(TimeAmount?)
    }

    private let sources: [UTCTiming]
    private let base: String
    private let registry: ClockSources
    private let allows: @Sendable (String) -> Bool
    private let margin: TimeAmount
    private var position = 0

    /// Creates a job.
    ///
    /// - Parameters:
    ///   - sources: The clocks in their order of preference.
    ///   - base: What references are relative to.
    ///   - registry: What the run's other sessions have learnt.
    ///   - margin: How far the local clock is kept behind the machine's. What is learnt is the offset from the machine's, so that
    ///     a near source, which shows the margin, does not take it away.
    ///   - allows: Whether a host may be asked.
    init(
        sources: [UTCTiming], base: String, registry: ClockSources, margin: TimeAmount = .zero,
        allows: @escaping @Sendable (String) -> Bool
    ) {
        self.margin = margin
        self.sources = sources
        self.base = base
        self.registry = registry
        self.allows = allows
    }

    /// The next step at a wall time of the local clock.
    mutating func step(at now: WallTime) -> Step {
        while position < sources.count {
            let source = sources[position]
            switch source.method {
            case .direct?:
                let value = Array(source.value.utf8)
                if let reading = source.reading(body: value, date: "") { return .done(reading - (now + margin)) }
            case .date?, .head?, .ntpOverHTTP?, .ntp?:
                switch registry.claim(name) {
                case .known(let offset?): return .done(offset)
                case .known(nil): break
                case .wait: return .wait
                case .ask:
                    if source.method == .ntp {
                        guard let host = source.value.split(separator: " ").first.map(String.init), allows(host) else {
                            registry.settle(name, nil)
                            break
                        }
                        return .datagram(host: host, name: name)
                    }
                    return .request(uri: uri, isHead: source.method == .head)
                }
            case nil: break
            }
            position += 1
        }
        return .done(nil)
    }

    /// What a request of ``Step/request(uri:isHead:)`` brought.
    ///
    /// - Parameters:
    ///   - answer: Body and `Date` header of a response of status 200; nil for anything else.
    ///   - begun: When it was sent, by the local wall clock.
    ///   - ended: When it ended.
    mutating func answered(_ answer: (body: [UInt8], date: String)?, begun: WallTime, ended: WallTime) {
        guard position < sources.count else { return }
        let reading = answer.flatMap { sources[position].reading(body: $0.body, date: $0.date) }
        // A Date header counts whole seconds: up to one more has gone by.
        let grain = sources[position].method == .head ? TimeAmount.seconds(1) : .zero
        registry.settle(
            name,
            reading.map { Self.offset(of: $0, grain: grain, begun: begun + margin, ended: ended + margin) })
    }

    /// What to add to the local clock.
    ///
    /// The source read its clock somewhere between the request and the end of the answer, so the true value lies in an
    /// interval. Where that holds zero the clocks agree as far as anybody can tell; else its lower end is taken, with
    /// which nobody asks for a segment before it is there.
    static func offset(of reading: WallTime, grain: TimeAmount, begun: WallTime, ended: WallTime) -> TimeAmount {
        let least = reading - ended
        let most = reading + grain - begun
        return least <= .zero && .zero <= most ? .zero : least
    }

    /// The session ends before its request did.
    func abandon() {
        guard position < sources.count else { return }
        registry.release(name)
    }

    /// What the source is known by in the run: the query may hold a viewer's token.
    private var name: String {
        var reference = URIReference(uri)
        reference.query = nil
        return sources[position].scheme + " " + reference.text
    }

    private var uri: String {
        // Of several servers in a list the first counts.
        let first = sources[position].value.split(separator: " ").first.map(String.init) ?? ""
        return sources[position].method == .ntp ? first : URIReference.resolve(first, against: base)
    }
}
