import Quantities

// What a viewer is going to do in how much playing time, and all that is drawn for it.
extension ViewerMind {
    /// Playing times of the visit at which the viewer will do something; `.max` for never.
    struct Agenda: Sendable {
        var pause = TimeAmount.max
        var seek = TimeAmount.max
        var rewind = TimeAmount.max
        var toTheEdge = TimeAmount.max
        var zap = TimeAmount.max
        /// How often each was planned; they number the draws.
        var pauses: UInt16 = 0
        var seeks: UInt16 = 0
        var rewinds: UInt16 = 0
        var zaps: UInt16 = 0
        var tries: UInt16 = 0

        /// Something to do.
        enum Item: Sendable {
            case pause
            case seek
            case rewind
            case toTheEdge
            case zap
        }

        /// What comes first; a rewind only where the stream is live.
        func next(isLive: Bool) -> (item: Item, due: TimeAmount)? {
            var best: (item: Item, due: TimeAmount) = (.zap, zap)
            if toTheEdge < best.due { best = (.toTheEdge, toTheEdge) }
            if isLive, rewind < best.due { best = (.rewind, rewind) }
            if seek < best.due { best = (.seek, seek) }
            if pause < best.due { best = (.pause, pause) }
            return best.due == .max ? nil : best
        }
    }

    /// What is drawn; the numbers are part of the plan and never change.
    enum Concern: UInt64, Sendable {
        case startup = 0
        case rebuffering
        case pauseGap
        case pause
        case seekGap
        case seek
        case rewindGap
        case rewind
        case staying
        case zapGap
        case zap
        case rejoin
    }

    /// The generator of one draw, apart from every other one's and from those of the plan.
    private func generator(_ concern: Concern, _ count: UInt16 = 0) -> SeededGenerator {
        SeededGenerator(
            seed: seed, stream: id.number, purpose: 0x1_0000 + (UInt64(count) << 8) + concern.rawValue)
    }

    /// How patient the viewer is, at least 0 and below 1: the same in all its playbacks and visits.
    func rank(_ concern: Concern) -> Double {
        var generator = SeededGenerator(seed: seed, stream: id.viewer, purpose: 0x1_0000 + concern.rawValue)
        return generator.unit()
    }

    /// The playing time from one event of a Poisson process to the next.
    private func gap(_ rate: Double, _ concern: Concern, _ count: UInt16) -> TimeAmount {
        guard rate > 0 else { return .max }
        var generator = generator(concern, count)
        // A gap of no length at all would let a viewer act without end at one instant.
        return max(.milliseconds(1), .seconds(TimeDistribution.unitExponential(generator.unit()) * 3_600 / rate))
    }

    mutating func fillAgenda() {
        planPause(after: .zero)
        planSeek(after: .zero)
        planRewind(after: .zero)
        planZap(after: .zero)
    }

    mutating func planPause(after played: TimeAmount) {
        guard let pauses = behaviour.settings.pauses else { return }
        agenda.pause = played + gap(pauses.rate, .pauseGap, agenda.pauses)
    }

    mutating func pauseLength() -> TimeAmount {
        var generator = generator(.pause, agenda.pauses)
        agenda.pauses &+= 1
        agenda.pause = .max
        return max(.zero, behaviour.settings.pauses?.length.draw(&generator) ?? .zero)
    }

    private mutating func planSeek(after played: TimeAmount) {
        guard let seeks = behaviour.settings.seeks else { return }
        agenda.seek = played + gap(seeks.rate, .seekGap, agenda.seeks)
    }

    mutating func nextSeek(after played: TimeAmount) -> TimeAmount {
        guard let seeks = behaviour.settings.seeks else { return .zero }
        var generator = generator(.seek, agenda.seeks)
        agenda.seeks &+= 1
        planSeek(after: played)
        let isBack = generator.unit() < seeks.back
        let distance = min(seeks.distance.draw(&generator), Self.toTheEdge)
        return isBack ? -distance : distance
    }

    private mutating func planRewind(after played: TimeAmount) {
        guard let rewinds = behaviour.settings.rewinds else { return }
        agenda.rewind = played + gap(rewinds.rate, .rewindGap, agenda.rewinds)
    }

    mutating func nextRewind(after played: TimeAmount) -> TimeAmount {
        guard let rewinds = behaviour.settings.rewinds else { return .zero }
        var distance = generator(.rewind, agenda.rewinds)
        var staying = generator(.staying, agenda.rewinds)
        agenda.rewinds &+= 1
        agenda.rewind = .max
        agenda.toTheEdge = played + rewinds.staying.draw(&staying)
        return -min(rewinds.distance.draw(&distance), Self.toTheEdge)
    }

    /// Back at the live edge, or gone to another playback.
    mutating func forgetRewind(after played: TimeAmount) {
        guard agenda.toTheEdge < .max else { return }
        agenda.toTheEdge = .max
        planRewind(after: played)
    }

    private mutating func planZap(after played: TimeAmount) {
        guard let zapping = behaviour.settings.zapping else { return }
        agenda.zap = played + gap(zapping.rate, .zapGap, agenda.zaps)
        if let first = zapping.first, agenda.zap >= first { agenda.zap = .max }
    }

    /// The stream that is zapped to, by the weights of all but the present one; nil when there is no other.
    mutating func nextStream(after played: TimeAmount) -> Int? {
        guard let zapping = behaviour.settings.zapping else { return nil }
        var generator = generator(.zap, agenda.zaps)
        agenda.zaps &+= 1
        let weights = zapping.weights
        func weight(_ position: Int) -> Double {
            guard position != Int(stream) else { return 0 }
            guard !weights.isEmpty else { return max(0, streams[position].weight) }
            return weights.indices.contains(position) ? max(0, weights[position]) : 0
        }
        let total = streams.indices.reduce(0) { $0 + weight($1) }
        guard total > 0, total.isFinite else {
            agenda.zap = .max
            return nil
        }
        planZap(after: played)
        var rest = generator.unit() * total
        var last: Int?
        for position in streams.indices where weight(position) > 0 {
            rest -= weight(position)
            last = position
            if rest < 0 { break }
        }
        return last
    }

    /// How long the viewer waits before trying again; nil when it has had enough.
    mutating func nextTry() -> TimeAmount? {
        guard let rejoin = behaviour.settings.rejoin, Int(agenda.tries) < rejoin.attempts else { return nil }
        var generator = generator(.rejoin, agenda.tries)
        agenda.tries &+= 1
        guard generator.unit() < rejoin.share else { return nil }
        return max(.zero, rejoin.delay.draw(&generator))
    }
}
