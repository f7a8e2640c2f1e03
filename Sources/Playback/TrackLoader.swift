import Manifests
import Quantities

/// Which track of the presentation a loader takes its segments from, and where.
struct TrackSelection: Sendable, Hashable {
    var period: Int
    var set: Int
    /// The position in the set as the document lists it.
    var track: Int
    var location = LocationChoice()
}

/// One of a track's locations, or a clone that a steering server made of one.
struct LocationChoice: Sendable, Hashable {
    /// The position in ``Track/locations``.
    var index = 0
    /// The position among the steering server's clones, from 1; 0 for the location itself.
    var clone = 0
}

/// The segments of the selected track, laid on the session's timeline: shared, and never changed.
final class LoadedMedia: Sendable {
    let selection: TrackSelection
    let segments: SegmentList
    /// The media playlist they stand in; nil for DASH.
    let playlist: MediaPlaylist?
    /// Session time = segment time + offset.
    let offset: TimeAmount
    /// What segment URIs are relative to.
    let base: String
    /// True while the list may still grow by being fetched again.
    let isLive: Bool
    /// HLS target duration; zero for DASH.
    let targetDuration: TimeAmount
    /// True when parts or chunks of it can be had as they are made.
    let isLowLatency: Bool

    init(
        selection: TrackSelection, segments: SegmentList, playlist: MediaPlaylist?, offset: TimeAmount, base: String,
        isLive: Bool, targetDuration: TimeAmount
    ) {
        self.selection = selection
        self.segments = segments
        self.playlist = playlist
        self.offset = offset
        self.base = base
        self.isLive = isLive
        self.targetDuration = targetDuration
        isLowLatency = playlist?.isLowLatency == true || !segments.isAvailableComplete
    }

    /// The same segments, where another selection names their track.
    func selected(as selection: TrackSelection) -> LoadedMedia {
        LoadedMedia(
            selection: selection, segments: segments, playlist: playlist, offset: offset, base: base, isLive: isLive,
            targetDuration: targetDuration)
    }
}

/// The part that a playlist announced and that is being fetched, or has been.
struct PreloadedPart: Sendable {
    var uri: String
    var rangeStart: Int64
    var sequence: Int64
    var part: Int
    /// The report, out of line: it is large and there for a moment only.
    private var reports: [TransferReport] = []

    init(uri: String, rangeStart: Int64, sequence: Int64, part: Int) {
        self.uri = uri
        self.rangeStart = rangeStart
        self.sequence = sequence
        self.part = part
    }

    /// The report of the finished transfer; nil while it is in progress.
    var report: TransferReport? {
        get { reports.first }
        set { reports = newValue.map { [$0] } ?? [] }
    }
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
    /// Whether that is audio apart, or subtitles: asked with every input, where comparing kinds is a call into another room.
    let isAudio: Bool
    let isSubtitles: Bool
    var selection: TrackSelection { didSet { noteMedia() } }
    /// Nil until the selected track's segments are known.
    var media: LoadedMedia? { didSet { noteMedia() } }
    /// True while there is `media`, while it is that of `selection`, and while it may still grow: asked with every input.
    private(set) var hasMedia = false
    /// Rises with every change of `media` or `selection`: while it is the same, the list has not been renumbered.
    private(set) var mediaNumber: UInt32 = 0
    private(set) var hasSelectedMedia = false
    private(set) var isMediaLive = false
    /// True when parts or chunks of it can be had as they are made.
    private(set) var isMediaLowLatency = false
    var buffer: MediaBuffer
    /// The number of the segment to fetch next; nil when it must be found by time.
    var nextSequence: Int64?
    /// The part of that segment to fetch next; 0 for all of it.
    var nextPart = 0
    var preload: PreloadedPart?
    /// The track that is used because another one has a gap here.
    var gapEscape: GapEscape?
    /// The period, and the track in it, whose initialization section is that of the period before.
    var continued: TrackSelection?
    var activity: Activity = .idle
    /// When the next segment falls due by the buffer; nil when it is due as soon as it is there.
    var plannedDue: Instant?
    /// Nothing more will come.
    var isComplete = false
    /// How many segments have come.
    var storedSegments = 0
    var reload = PlaylistReload()
    /// Fingerprints of initialization sections and keys that have been fetched, newest last.
    private var fetched: [UInt64] = []
    /// The last of them that was asked for: mostly the next one, too.
    private var lastFound: UInt64?
    /// Tracks (positions in the set) that failed for good, and until when each is left out.
    var excluded: [ExcludedTrack] = []
    private var steps = Ladder.empty
    /// True once the track of the next segment has been chosen.
    var isDecided = false
    /// From where on buffered segments are fetched again in a better track; nil to go on at the buffer's end.
    var replacing: MediaTime?
    /// Segment lists of tracks used before that cannot change: going back to one needs no fetch.
    var known: [LoadedMedia] = []

    /// A track that is used until the gaps in others are past.
    struct GapEscape: Sendable {
        var until: MediaTime
        var track: Int
        /// The tracks that have a gap there.
        var tried: [Int]
    }

    /// A track that is left out for a while.
    struct ExcludedTrack: Sendable {
        var track: Int
        var until: Instant
    }

    init(kind: MediaKind, selection: TrackSelection, start: MediaTime) {
        self.kind = kind
        isAudio = kind == .audio
        isSubtitles = kind == .subtitles
        self.selection = selection
        buffer = MediaBuffer(at: start)
    }

    private mutating func noteMedia() {
        mediaNumber &+= 1
        hasMedia = media != nil
        hasSelectedMedia = hasMedia && media?.selection == selection
        isMediaLive = media?.isLive == true
        isMediaLowLatency = media?.isLowLatency == true
    }

    var isIdle: Bool {
        switch activity {
        case .idle: true
        case .fetching: false
        }
    }

    /// Leaves a track out until an instant.
    mutating func exclude(_ track: Int, until: Instant) {
        excluded.removeAll { $0.track == track }
        // A set has few tracks that fail at the same time; a hostile one with thousands must not cost more.
        if excluded.count >= 64 { excluded.removeFirst() }
        excluded.append(ExcludedTrack(track: track, until: until))
    }

    /// Lets tracks in again whose time is over; true when there were any.
    mutating func readmit(at now: Instant) -> Bool {
        guard excluded.contains(where: { $0.until <= now }) else { return false }
        excluded.removeAll { $0.until <= now }
        return true
    }

    /// Computes the ladder of a set anew, without the tracks that are left out and those too large for the screen.
    mutating func setLadder(_ tracks: [Track], _ context: PlayerSession.Context) {
        let screen = kind == .video ? context.settings.screen : nil
        steps =
            excluded.isEmpty
            ? context.ladders.ladder(of: tracks, screen: screen)
            : Ladder(of: tracks, excluded: excluded.map(\.track), screen: screen)
    }

    /// The positions of the set's tracks by rising bit rate, and those bit rates; failed tracks left out.
    var ladder: [Int] { steps.positions }
    var ladderRates: [BitRate] { steps.rates }
    /// Their average bit rates, the declared one where no average is.
    var ladderAverages: [BitRate] { steps.averages }

    /// Whether an initialization section or a key has been fetched, by its fingerprint.
    mutating func has(_ fingerprint: UInt64) -> Bool {
        if lastFound == fingerprint { return true }
        guard fetched.contains(fingerprint) else { return false }
        lastFound = fingerprint
        return true
    }

    mutating func remember(_ fingerprint: UInt64) {
        if fetched.count >= 16 {
            fetched.removeFirst()
            lastFound = nil
        }
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
    /// What a blocking request was last asked to wait for.
    var asked: PlaylistPosition?
    /// True after an update could not be applied: ask for the whole, plainly.
    var asksPlainly = false
    /// True once the server has refused delivery directives that its playlist offers: it is polled.
    var isRefused = false
}
