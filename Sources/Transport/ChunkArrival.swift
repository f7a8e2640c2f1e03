import Quantities

/// A CMAF chunk that arrived while its segment was still being made.
package struct ChunkArrival: Sendable, Hashable {
    /// Its position in the segment, from 0.
    package var index: Int
    /// When it was complete.
    package var at: Instant

    /// Creates an arrival.
    package init(index: Int, at: Instant) {
        self.index = index
        self.at = at
    }
}

/// How the chunks of one response arrived, the waits between them left out: what is known of the link when the response
/// as a whole is as slow as the encoder (dash.md section 5).
package struct ChunkArrivals: Sendable, Hashable {
    /// How many chunks were complete.
    package var count: Int
    /// From the request to the end of the first one.
    package var first: TimeAmount
    /// The bytes of chunks that took measurable time.
    package var bytes: ByteCount
    /// The time from the first to the last byte of each of these chunks, added up.
    package var activeTime: TimeAmount

    /// Creates an account.
    package init(count: Int, first: TimeAmount, bytes: ByteCount, activeTime: TimeAmount) {
        self.count = count
        self.first = first
        self.bytes = bytes
        self.activeTime = activeTime
    }
}
