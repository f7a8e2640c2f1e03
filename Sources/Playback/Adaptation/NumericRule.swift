import Quantities

/// A rule of the papers: it reckons in ``DecisionFigures``, and is an ``AdaptationRule`` for sessions by that.
///
/// One value type serves both drivers: the model of Sabre calls the functions of this protocol with its own figures, and a
/// session those of ``AdaptationRule``, which are written here in terms of them.
package protocol NumericRule: AdaptationRule {
    /// What a session's calls have told so far.
    var journal: RuleJournal { get set }
    /// The measured link.
    var history: LinkHistory { get set }
    /// The track for a segment, and how many milliseconds to wait before it is asked for; asked only once something is
    /// known of the link.
    mutating func decide(_ figures: DecisionFigures) -> (track: Int, wait: Double)
    /// Whether a segment in progress should be given up for a lower track; some of it has arrived and some is missing.
    mutating func gives(up progress: ProgressFigures, buffer: Double, ladder: LadderFigures) -> Int?
    /// Takes in that a transfer ended, whole or given up.
    ///
    /// - Parameters:
    ///   - download: The transfer.
    ///   - buffer: The level after it, in milliseconds, the segment included when it is whole.
    ///   - ladder: The stream.
    mutating func ended(_ download: DownloadFigures, buffer: Double, ladder: LadderFigures)
    /// Takes in that so many milliseconds passed without a transfer, because the buffer was full or nothing was there yet.
    mutating func idled(_ time: Double)
    /// Takes a whole segment's figures into the measured link.
    mutating func measured(_ download: DownloadFigures, segmentDuration: Double)
    /// Takes in that the viewer jumped to a segment outside of the buffer.
    mutating func sought(to segmentIndex: Int)
    /// Takes in that the buffer ran out.
    mutating func emptied()
    /// Whether ``gives(up:buffer:ladder:)`` is ever to be asked.
    var canGiveUp: Bool { get }
    /// Whether enough is known of the link to choose.
    var isInformed: Bool { get }
}

extension NumericRule {
    package mutating func gives(up progress: ProgressFigures, buffer: Double, ladder: LadderFigures) -> Int? { nil }
    package mutating func ended(_ download: DownloadFigures, buffer: Double, ladder: LadderFigures) {}
    package mutating func idled(_ time: Double) {}
    package mutating func sought(to segmentIndex: Int) {}
    package mutating func emptied() {}
    package var canGiveUp: Bool { false }
    package var isInformed: Bool { history.throughput != nil }

    /// Adds to the history.
    package mutating func measured(_ download: DownloadFigures, segmentDuration: Double) {
        history.add(
            bits: download.received, time: download.time - download.firstByte, wait: download.firstByte,
            segmentDuration: segmentDuration)
    }
}

/// What the calls of a session have told a ``NumericRule`` that matters later.
package struct RuleJournal: Sendable, Hashable {
    /// The last whole segment, until the buffer level behind it is known: at the next choice.
    var arrival: DownloadFigures?
    /// When the last transfer ended.
    var lastEnd: Instant?
    /// The track that was chosen with a wait: it holds when the wait is over, and is not chosen anew.
    var held: Int?
    /// True between a seek and the choice behind it.
    var hasSought = false

    /// Creates an empty journal.
    package init() {}
}

extension NumericRule {
    /// Every tenth of a second for rules that can give up, as often as browsers tell of progress in a busy page.
    package var progressInterval: TimeAmount? { canGiveUp ? .milliseconds(100) : nil }

    package var estimate: BitRate? { history.throughput.map { .kilobits($0) } }

    /// Takes main segments in: bits over the time from the first to the last byte; of a segment that was fetched while it
    /// was made, over the time in which bytes flowed.
    package mutating func transferEnded(_ sample: TransferSample) {
        guard sample.isMain, sample.duration > .zero else { return }
        var figures = DownloadFigures(
            track: sample.track, received: Double(sample.bytes.count) * 8, time: sample.total.milliseconds,
            firstByte: sample.firstByte.milliseconds)
        journal.arrival = figures
        journal.lastEnd = sample.begun + sample.total
        journal.held = nil
        if let active = sample.active, active.time > .zero, active.bytes > .zero {
            figures.received = Double(active.bytes.count) * 8
            figures.firstByte = sample.wasHeld ? 0 : figures.firstByte
            figures.time = active.time.milliseconds + figures.firstByte
        } else if sample.wasHeld {
            figures.time -= figures.firstByte
            figures.firstByte = 0
        }
        measured(figures, segmentDuration: sample.duration.milliseconds)
    }

    /// The lowest track until the link is measured.
    package mutating func choose(_ situation: AdaptationSituation) -> AdaptationChoice {
        let figures = DecisionFigures(situation)
        settle(figures, situation)
        guard isInformed else { return AdaptationChoice(track: 0) }
        if let held = journal.held {
            journal.held = nil
            return AdaptationChoice(track: figures.ladder.clamp(held))
        }
        let choice = decide(figures)
        let wait = TimeAmount.seconds(max(0, choice.wait) / 1_000)
        if wait > .zero { journal.held = choice.track }
        return AdaptationChoice(track: figures.ladder.clamp(choice.track), wait: wait)
    }

    /// Tells the rule what happened since the last choice.
    private mutating func settle(_ figures: DecisionFigures, _ situation: AdaptationSituation) {
        if journal.hasSought {
            journal.hasSought = false
            sought(to: situation.segmentIndex)
        }
        guard let arrival = journal.arrival else { return }
        journal.arrival = nil
        let idle = journal.lastEnd.map { max(0, (situation.now - $0).milliseconds) } ?? 0
        let isPlaying = situation.hasStarted && !situation.isStalled
        ended(arrival, buffer: figures.buffer + (isPlaying ? idle : 0), ladder: figures.ladder)
        if idle > 0 { idled(idle) }
    }

    package mutating func abandons(_ progress: SegmentProgress, _ situation: AdaptationSituation) -> Int? {
        guard canGiveUp, let firstByte = progress.firstByte else { return nil }
        let figures = ProgressFigures(
            track: progress.track, size: Double(progress.expected.count) * 8,
            received: Double(progress.received.count) * 8, time: progress.elapsed.milliseconds,
            firstByte: firstByte.milliseconds)
        let ladder = LadderFigures(situation)
        guard figures.track < ladder.bitRates.count, figures.track >= 0, figures.received > 0,
            figures.received < figures.size, figures.time > figures.firstByte
        else { return nil }
        let buffer = situation.buffer.milliseconds
        guard let track = gives(up: figures, buffer: buffer, ladder: ladder) else { return nil }
        let given = DownloadFigures(
            track: figures.track, received: figures.received, time: figures.time, firstByte: figures.firstByte,
            abandonedTo: track)
        ended(given, buffer: buffer, ladder: ladder)
        return track
    }

    package mutating func playbackChanged(_ change: PlaybackChange, _ situation: AdaptationSituation) {
        switch change {
        case .started, .resumed: break
        case .stalled: emptied()
        case .sought:
            journal.arrival = nil
            journal.held = nil
            journal.hasSought = true
        }
    }
}
