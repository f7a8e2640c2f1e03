import Quantities

/// An object in an edge's cache, by stream, track and number.
struct ObjectKey: Hashable, Sendable {
    /// The stream in the upper 8 bits, its track (or 0xFFFF for the manifest) in the next 16, the number below.
    var value: UInt64

    init(stream: Int, track: Int, sequence: Int64) {
        value =
            UInt64(stream & 0xFF) << 56 | UInt64(track & 0xFFFF) << 40
            | UInt64(bitPattern: sequence) & 0xFF_FFFF_FFFF
    }
}

/// What all partitions see of the edges, as it is at the begin of an epoch.
///
/// Written by the conductor between epochs and only read within them.
struct SharedState {
    /// One edge.
    struct Edge {
        var model: EdgeModel
        /// What each transfer gets at most, in bit/s.
        var level = Double.infinity
        /// The level of the epoch before.
        var previousLevel = Double.infinity
        /// What its transfers use together at the begin of the epoch, in bit/s, and how many they are.
        var used = 0.0
        var transfers = 0
        /// How long a request that comes at the begin of the epoch waits for its turn, in nanoseconds.
        var line: Double = 0
        /// What is kept, and what is on its way.
        var cache: [ObjectKey: CachedObject] = [:]
        /// When the live playlists that it serves were got, by stream and track.
        var playlists: [ObjectKey: Int64] = [:]

        /// True where transfers have to be looked at in each epoch.
        var isCongested: Bool { level < .infinity || previousLevel < .infinity }
    }

    /// An object that an edge has or is fetching.
    struct CachedObject {
        /// When its first byte came.
        var firstByte: Int64
        /// When its last byte came; `Int64.max` while it is on its way.
        var complete: Int64
        /// When it was asked for last that anybody noticed: for forgetting what is past.
        var asked: Int64
    }

    var edges: [Edge]
    /// From an edge's request to the first byte from the origin, in nanoseconds.
    var originLatency: Int64
    /// True where the origin's own capacity matters: then objects are complete when the conductor says so.
    var originIsLimited: Bool
}

/// A request of an edge to the origin, noticed by a partition.
struct Miss {
    var key: ObjectKey
    var at: Int64
    var bytes: Int64
    /// False when a fetch of its own was made for this one request.
    var isShared: Bool
    /// Tells fetches of one object apart that are not shared: the transfer's own number; 0 for shared ones.
    var number: UInt64
}

/// A part of an edge: what one partition's viewers do there.
///
/// It lies in memory of its partition's own, so that the many small changes of its lists are made in place, without asking who
/// else holds them.
struct EdgeShare {
    /// Transfers whose bodies flow, in no order that matters.
    var flows: [EdgeFlow] = []
    /// What they could take.
    var demand = DemandHistogram()
    /// What they take, in bit/s, and since when.
    var rate = 0.0
    var since: Int64 = 0
    /// The same at the epoch's begin.
    var rateAtBegin = 0.0
    var flowsAtBegin = 0
    /// True when a transfer got less than its link would carry though there may be enough for all.
    var isProvisional = false
    /// Bits that were sent in the epoch, up to `since`.
    var sent = 0.0
    /// Requests that came in the epoch.
    var requests: Int64 = 0
    /// Objects that were asked of the origin in the epoch, and when first.
    var asked: [ObjectKey: Int64] = [:]
    /// Live playlists that were got in the epoch, and when.
    var playlists: [ObjectKey: Int64] = [:]
    var misses: [Miss] = []

    /// Counts what was sent up to an instant.
    @inline(__always)
    mutating func account(to now: Int64) {
        sent += rate * Double(now - since) * 1e-9
        since = now
    }
}
