import Manifests
import Quantities

/// Which track of the presentation a loader takes its segments from.
struct TrackSelection: Sendable, Hashable {
    var period: Int
    var set: Int
    /// The position in the set as the document lists it.
    var track: Int
}

/// The segments of the selected track, laid on the session's timeline.
struct LoadedMedia: Sendable {
    var selection: TrackSelection
    var segments: SegmentList
    /// Session time = segment time + offset.
    var offset: TimeAmount
    /// What segment URIs are relative to.
    var base: String
    /// True while the list may still grow by being fetched again.
    var isLive: Bool
    /// HLS target duration; zero for DASH.
    var targetDuration: TimeAmount
}

/// What is being fetched for one segment, one thing after another: key, initialization section, the segment itself.
struct SegmentJob: Sendable {
    enum Stage: Sendable, Hashable {
        case key
        case initialization
        case segment
    }

    var segment: Segment
    /// Where the segment ends on the session's timeline.
    var end: MediaTime
    var base: String
    var bitRate: BitRate
    var due: Instant
    var stage: Stage
}

/// Fetches the segments of one kind of media, one at a time, and keeps the playlist that lists them fresh.
struct TrackLoader: Sendable {
    /// What the loader is doing.
    enum Activity: Sendable {
        /// The buffer is full enough, or nothing can be fetched yet.
        case idle
        /// The segment's parts are being fetched.
        case fetching(SegmentJob)
    }

    let kind: MediaKind
    var selection: TrackSelection
    /// Nil until the selected track's segments are known.
    var media: LoadedMedia?
    var buffer: MediaBuffer
    /// The number of the segment to fetch next; nil when it must be found by time.
    var nextSequence: Int64?
    var activity: Activity = .idle
    /// When the next segment falls due by the buffer; nil when it is due as soon as it is there.
    var plannedDue: Instant?
    /// Nothing more will come.
    var isComplete = false
    var reload = PlaylistReload()
    /// Fingerprints of initialization sections and keys that have been fetched, newest last.
    var fetched: [UInt64] = []
    /// Tracks (positions in the set) that failed for good and are left out.
    var excludedTracks: UInt64 = 0
    /// The positions of the set's tracks by rising bit rate, and those bit rates; failed tracks left out.
    var ladder: [Int] = []
    var ladderRates: [BitRate] = []
    /// Segment lists of tracks used before that cannot change: going back to one needs no fetch.
    var known: [LoadedMedia] = []

    init(kind: MediaKind, selection: TrackSelection, start: MediaTime) {
        self.kind = kind
        self.selection = selection
        buffer = MediaBuffer(at: start)
    }

    var isIdle: Bool {
        switch activity {
        case .idle: true
        case .fetching: false
        }
    }

    func isExcluded(_ track: Int) -> Bool { track < 64 && excludedTracks & (1 << UInt64(track)) != 0 }

    mutating func exclude(_ track: Int) {
        if track < 64 { excludedTracks |= 1 << UInt64(track) }
    }

    /// Computes the ladder of a set anew, without the tracks that failed for good.
    mutating func setLadder(_ tracks: [Track]) {
        ladder = tracks.indices.filter { !isExcluded($0) }.sorted { tracks[$0].bitRate < tracks[$1].bitRate }
        ladderRates = ladder.map { tracks[$0].bitRate }
    }

    func hasFetched(_ fingerprint: UInt64) -> Bool { fetched.contains(fingerprint) }

    mutating func remember(_ fingerprint: UInt64) {
        if fetched.count >= 16 { fetched.removeFirst() }
        fetched.append(fingerprint)
    }
}

/// When a live playlist is fetched again (rfc8216bis section 6.3.4).
struct PlaylistReload: Sendable {
    /// When the next reload is due; nil when none is planned or one is in progress.
    var due: Instant?
    /// When the last request for the playlist was begun.
    var lastBegun: Instant = .zero
    /// When the playlist was last seen to have changed.
    var lastChanged: Instant = .zero
    /// True while a request for the playlist is in progress or waits for its retry.
    var isPending = false
}
