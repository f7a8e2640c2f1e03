import Playback
import Quantities

/// A rule within Sabre's model: the rules of the papers get the model's own figures, others a situation made of them.
struct SabreRule {
    private enum Kind {
        case numeric(any NumericRule)
        case general(any AdaptationRule)
    }

    private var kind: Kind
    /// The track of the last whole segment.
    private var current: Int?
    private let ladder: LadderFigures
    private let tracks: [BitRate]

    init(_ rule: any AdaptationRule, ladder: LadderFigures) {
        kind = (rule as? any NumericRule).map(Kind.numeric) ?? .general(rule)
        self.ladder = ladder
        tracks = ladder.bitRates.map { .kilobits($0) }
    }

    /// Whether it is to be asked about segments in progress.
    var canGiveUp: Bool {
        switch kind {
        case .numeric(let rule): rule.canGiveUp
        case .general(let rule): rule.progressInterval != nil
        }
    }

    mutating func decide(_ figures: DecisionFigures, at time: Double) -> (track: Int, wait: Double) {
        switch kind {
        case .numeric(var rule):
            let choice = rule.decide(figures)
            kind = .numeric(rule)
            return (ladder.clamp(choice.track), choice.wait)
        case .general(var rule):
            let choice = rule.choose(situation(figures, at: time))
            kind = .general(rule)
            return (ladder.clamp(choice.track), choice.wait.milliseconds)
        }
    }

    mutating func gives(up progress: ProgressFigures, buffer: Double, at time: Double) -> Int? {
        switch kind {
        case .numeric(var rule):
            let track = rule.gives(up: progress, buffer: buffer, ladder: ladder)
            kind = .numeric(rule)
            return track
        case .general(var rule):
            let figures = DecisionFigures(ladder: ladder, buffer: buffer, segmentIndex: 0)
            let track = rule.abandons(
                SegmentProgress(
                    track: progress.track, received: Self.bytes(progress.received), expected: Self.bytes(progress.size),
                    elapsed: Self.span(progress.time), firstByte: Self.span(progress.firstByte),
                    duration: Self.span(ladder.segmentDuration)), situation(figures, at: time))
            kind = .general(rule)
            return track.map(ladder.clamp)
        }
    }

    /// Takes in that the first segment is there, of which the model tells rules nothing but its measurement.
    mutating func hasBegun() { current = 0 }

    /// Takes in that a transfer ended; the measured link is told by ``measured(_:begun:)``.
    mutating func ended(_ download: DownloadFigures, buffer: Double) {
        if download.abandonedTo == nil { current = download.track }
        guard case .numeric(var rule) = kind else { return }
        rule.ended(download, buffer: buffer, ladder: ladder)
        kind = .numeric(rule)
    }

    mutating func measured(_ download: DownloadFigures, begun: Double) {
        switch kind {
        case .numeric(var rule):
            rule.measured(download, segmentDuration: ladder.segmentDuration)
            kind = .numeric(rule)
        case .general(var rule):
            rule.transferEnded(
                TransferSample(
                    bytes: Self.bytes(download.received), firstByte: Self.span(download.firstByte),
                    total: Self.span(download.time), duration: Self.span(ladder.segmentDuration),
                    track: download.track, begun: .zero + Self.span(begun)))
            kind = .general(rule)
        }
    }

    mutating func idled(_ time: Double) {
        guard case .numeric(var rule) = kind else { return }
        rule.idled(time)
        kind = .numeric(rule)
    }

    private func situation(_ figures: DecisionFigures, at time: Double) -> AdaptationSituation {
        var situation = AdaptationSituation(
            ladder: tracks, current: current, buffer: Self.span(figures.buffer),
            bufferTarget: Self.span(ladder.maximumBuffer - ladder.segmentDuration),
            segmentDuration: Self.span(ladder.segmentDuration), now: .zero + Self.span(time))
        situation.segmentIndex = figures.segmentIndex
        situation.segmentsLeft = figures.segmentsLeft
        situation.sizes = figures.sizes.first
        situation.laterSizes = Array(figures.sizes.dropFirst())
        situation.hasStarted = true
        situation.isStalled = figures.buffer <= 0
        return situation
    }

    private static func span(_ milliseconds: Double) -> TimeAmount { .seconds(milliseconds / 1_000) }
    private static func bytes(_ bits: Double) -> ByteCount { ByteCount(Int64(clampingRounded: bits / 8)) }
}
