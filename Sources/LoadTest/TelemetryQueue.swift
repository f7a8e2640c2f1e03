import Playback
import Quantities

/// What a session still has to tell its collector: reports that wait, and the post in progress.
struct TelemetryQueue {
    private(set) var waiting: [CMCDReport] = []
    /// The post in progress, and how many reports it holds.
    var post: (id: TransferID, reports: Int)?
    /// True once the collector has said that it wants no more (status 410), or cannot be reached at all.
    private(set) var isClosed = false

    /// The most reports that wait: a collector that does not answer must not fill the memory.
    static let limit = 256
    /// The most reports in one post.
    static let batchLimit = 100

    /// Adds reports.
    ///
    /// - Returns: How many had to go for them, the oldest first.
    mutating func add(_ reports: [CMCDReport]) -> Int {
        guard !isClosed else { return 0 }
        waiting += reports
        let surplus = max(0, waiting.count - Self.limit)
        waiting.removeFirst(surplus)
        return surplus
    }

    /// Takes out what goes with the next post; empty when it is not time for one.
    ///
    /// - Parameters:
    ///   - batch: How many reports are waited for.
    ///   - isLast: True when nothing will follow.
    mutating func takeBatch(of batch: Int, isLast: Bool) -> [CMCDReport] {
        guard post == nil, !waiting.isEmpty, isLast || waiting.count >= batch else { return [] }
        let taken = Array(waiting.prefix(Self.batchLimit))
        waiting.removeFirst(taken.count)
        return taken
    }

    /// Forgets what waits, and takes nothing more.
    mutating func close() {
        isClosed = true
        waiting = []
    }

    /// True when nothing waits to be told.
    var isDone: Bool { post == nil && waiting.isEmpty }
}
