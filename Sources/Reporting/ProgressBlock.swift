import Measurement
import Quantities

/// What the terminal shows while a run goes on.
package struct ProgressBlock: Sendable {
    /// Time since the run began.
    package var elapsed: TimeAmount
    /// How long the plan lasts; nil when it is open-ended.
    package var planned: TimeAmount?
    /// The last second.
    package var point: SeriesPoint
    /// All sessions up to now.
    package var sessions: SessionCell
    /// Transfers that failed up to now.
    package var failedTransfers: Int64
    /// Body bytes up to now.
    package var bytes: Int64

    /// Creates the figures of a moment.
    ///
    /// - Parameters:
    ///   - elapsed: Time since the run began.
    ///   - planned: How long the plan lasts, if it says.
    ///   - point: The overall point of the last second (``IntervalSeries/points(of:endingAt:)``).
    ///   - totals: Everything up to now.
    package init(elapsed: TimeAmount, planned: TimeAmount?, point: SeriesPoint, totals: RunTotals) {
        self.elapsed = elapsed
        self.planned = planned
        self.point = point
        sessions = totals.overall
        let kinds = totals.transfers.filter { $0.key.dimension == .kind }.map(\.value)
        failedTransfers = kinds.reduce(0) { $0 + $1.tally(of: .failed).count }
        bytes = kinds.reduce(0) { $0 + $1.all.bytes }
    }

    /// Always the same five lines, to be drawn over the last ones; none is longer than the width.
    ///
    /// - Parameter width: Columns of the terminal.
    /// - Returns: The lines, without line ends.
    package func lines(width: Int) -> [String] {
        let now = point.concurrent
        let shown = [
            "time      \(clock)  \(bar(width: min(30, max(0, width - 34))))",
            "viewers   \(count(now.playing)) playing  \(count(now.starting)) starting  \(count(now.rebuffering)) rebuffering"
                + "  \(count(sessions.failed)) failed",
            "startup   p50 \(Figures.time(sessions.startup.percentile(50)))  p95 \(Figures.time(sessions.startup.percentile(95)))"
                + "   rebuffer ratio \(Figures.percent(sessions.rebufferRatio))",
            "traffic   \(throughput)  \(Figures.short(rate)) requests/s  \(Figures.bytes(bytes)) so far",
            "errors    \(count(failedTransfers)) failed transfers  \(count(sessions.outcomes.exitBeforeStart)) exits before start",
        ]
        return shown.map { String($0.prefix(max(1, width))) }
    }

    /// One line for a log.
    package var line: String {
        let now = point.concurrent
        return "\(clock) playing \(now.playing), starting \(now.starting), rebuffering \(now.rebuffering), failed"
            + " \(sessions.failed), \(throughput), \(Figures.short(rate)) requests/s, \(failedTransfers) failed transfers"
    }

    private var rate: Double { point.transfersPerSecond }
    private var throughput: String { Figures.fixed(point.throughput.bitsPerSecond / 1e9, 3) + " Gbit/s" }
    private func count(_ value: Int64) -> String { Figures.grouped(value) }

    private var clock: String {
        planned.map { "\(Self.clock(elapsed)) of \(Self.clock($0))" } ?? Self.clock(elapsed)
    }

    private static func clock(_ amount: TimeAmount) -> String {
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let seconds = max(0, amount.nanoseconds / 1_000_000_000)
        let minutes = "\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        return seconds >= 3_600 ? "\(seconds / 3_600):\(minutes)" : minutes
    }

    private func bar(width: Int) -> String {
        guard let planned, planned > .zero, width > 0 else { return "" }
        let part = min(1, max(0, elapsed.seconds / planned.seconds))
        let full = Int((part * Double(width)).rounded())
        return String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
    }
}
