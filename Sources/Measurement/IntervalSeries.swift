import Quantities

/// What happened in one second of the run, for one set of sessions and transfers.
package struct SeriesPoint: Sendable, Equatable {
    /// The number of the second: 0 is the first of the run.
    package var second: Int
    /// How long the interval was: about a second, and shorter at the end; rates are per this time.
    package var duration: TimeAmount
    /// Sessions in each state at its end.
    package var concurrent = PerState<Int64>()
    /// Nanoseconds that sessions spent in each state.
    package var stateTime = PerState<Int64>()
    /// Sessions that began.
    package var arrivals: Int64 = 0
    /// First frames.
    package var plays: Int64 = 0
    /// Sessions that finished without failure.
    package var ended: Int64 = 0
    /// Sessions that failed.
    package var failed: Int64 = 0
    /// Rebuffers that began.
    package var rebuffers: Int64 = 0
    /// Transfers that completed.
    package var completedTransfers: Int64 = 0
    /// Transfers that failed.
    package var failedTransfers: Int64 = 0
    /// Transfers that their sessions cancelled.
    package var cancelledTransfers: Int64 = 0
    /// Body bytes of the transfers that ended, counted at their end.
    package var bytes: Int64 = 0
    /// Bits of video rendered: Σ declared bit rate × time.
    package var renderedBits = 0.0
    /// Nanoseconds of video rendered.
    package var renderedTime: Int64 = 0
    /// Startup times of the first frames of this second.
    package var startup = LogHistogram()
    /// Times to first byte of the complete responses of this second.
    package var firstByte = LogHistogram()

    /// Creates an empty point.
    package init(second: Int, duration: TimeAmount) {
        self.second = second
        self.duration = duration
    }

    /// Adds the same second of another loop, shard or machine.
    package mutating func merge(parallel other: SeriesPoint) {
        add(counts: other)
        concurrent += other.concurrent
        duration = max(duration, other.duration)
    }

    /// Adds a later part of the same second.
    package mutating func merge(later other: SeriesPoint) {
        add(counts: other)
        concurrent = other.concurrent
        duration += other.duration
    }

    private mutating func add(counts other: SeriesPoint) {
        stateTime += other.stateTime
        arrivals += other.arrivals
        plays += other.plays
        ended += other.ended
        failed += other.failed
        rebuffers += other.rebuffers
        completedTransfers += other.completedTransfers
        failedTransfers += other.failedTransfers
        cancelledTransfers += other.cancelledTransfers
        bytes = bytes.addingClamped(other.bytes)
        renderedBits += other.renderedBits
        renderedTime = renderedTime.addingClamped(other.renderedTime)
        startup.merge(other.startup)
        firstByte.merge(other.firstByte)
    }

    /// Transfers that ended in whatever way.
    package var transfers: Int64 { completedTransfers + failedTransfers + cancelledTransfers }
    /// Body bits per second.
    package var throughput: BitRate { BitRate(ByteCount(bytes), over: duration) }
    /// Rebuffer time ÷ (rebuffer time + playing time); nil when none played.
    package var rebufferRatio: Double? {
        let whole = stateTime.rebuffering.addingClamped(stateTime.playing)
        return whole > 0 ? Double(stateTime.rebuffering) / Double(whole) : nil
    }
    /// The mean declared bit rate of the video rendered; nil when none was.
    package var meanBitRate: BitRate? {
        renderedTime > 0 ? BitRate(bitsPerSecond: renderedBits / (Double(renderedTime) / 1e9)) : nil
    }
}

/// The run second by second: overall, by stream, region and edge.
package struct IntervalSeries: Sendable, Equatable {
    /// The points of each set in rising order of seconds; a second in which a set had nothing and nobody is left out.
    package var points: [CellKey: [SeriesPoint]] = [:]

    /// Creates an empty series.
    package init() {}

    /// The points of a set; none when it has none.
    package subscript(key: CellKey) -> [SeriesPoint] { points[key] ?? [] }

    /// Adds one second's points, not before those already there.
    package mutating func append(_ second: [CellKey: SeriesPoint]) {
        for (key, point) in second { points[key, default: []].append(second: point) }
    }

    /// What all loops measured in one interval, as the points of one second.
    ///
    /// - Parameters:
    ///   - deltas: One of each loop.
    ///   - end: When the interval ended; the second is the one that this instant ends or lies in.
    /// - Returns: A point for each set in which anything happened or anybody was.
    package static func points(of deltas: [IntervalDelta], endingAt end: Instant) -> [CellKey: SeriesPoint] {
        let second = Int(max(0, end.nanoseconds - 1) / 1_000_000_000)
        var result: [CellKey: SeriesPoint] = [:]
        for delta in deltas {
            for (key, point) in points(of: delta, second: second) {
                result[key, default: SeriesPoint(second: second, duration: .zero)].merge(parallel: point)
            }
        }
        return result
    }

    private static func points(of delta: IntervalDelta, second: Int) -> [CellKey: SeriesPoint] {
        let empty = SeriesPoint(second: second, duration: max(.zero, delta.to - delta.from))
        var result: [CellKey: SeriesPoint] = [:]
        for part in delta.sessions where part.key.dimension != .device {
            result[part.key, default: empty].take(part)
        }
        // Those of steps are among those of their kind.
        for part in delta.transfers where part.key.dimension != .step {
            let key = part.key.dimension == .kind ? .overall : CellKey(part.key.dimension, part.key.name)
            result[key, default: empty].take(part.cell)
        }
        return result
    }
}

extension SeriesPoint {
    fileprivate mutating func take(_ part: IntervalDelta.Sessions) {
        concurrent = part.concurrent
        stateTime = part.cell.stateTime
        arrivals = part.cell.arrivals
        plays = part.cell.plays
        failed = part.cell.failed
        ended = part.cell.outcomes.sum - part.cell.failed
        rebuffers = part.cell.rebuffers
        renderedBits = part.cell.renderedBits
        renderedTime = part.cell.renderedTime
        startup = part.cell.startup
    }

    fileprivate mutating func take(_ cell: TransferCell) {
        for entry in cell.statuses {
            switch entry.outcome {
            case .completed: completedTransfers += entry.tally.count
            case .failed: failedTransfers += entry.tally.count
            case .cancelled: cancelledTransfers += entry.tally.count
            }
            bytes = bytes.addingClamped(entry.tally.bytes)
        }
        firstByte.merge(cell.firstByte)
    }
}

extension [SeriesPoint] {
    fileprivate mutating func append(second point: SeriesPoint) {
        if let last, last.second == point.second {
            self[count - 1].merge(later: point)
        } else {
            append(point)
        }
    }
}
