import Manifests
import Quantities

/// Makes content for a simulation from what was read of a real stream.
struct RecordedContent {
    let documents: StreamDocuments
    /// What the documents do not say.
    let others: ContentSettings
    /// What was assumed, and what is left out.
    var notes: [String] = []
    private var shapes: [LiveShape] = []
    private var timings: [RecordedTiming: RecordedTiming] = [:]
    /// How many segments there are, and of how many the size is known.
    var segments: (all: Int, known: Int) = (0, 0)
    /// What the round of a live stream is like; nil on demand.
    private var round: Round?
    /// The bit rates of HLS audio renditions that are not in the variants' segments, by group.
    var audioRates: [String: BitRate] = [:]

    /// The round that a live stream repeats: that of its main track.
    private struct Round {
        var track: RecordedTrack
        var timing: RecordedTiming
        /// Rounds that are over at the run's zero.
        var before: Int64
    }

    init(_ documents: StreamDocuments, others: ContentSettings) {
        self.documents = documents
        self.others = others
    }

    /// So long ago a live stream began: a player may ask for what is behind its window.
    private static let past = TimeAmount.seconds(400_000 as Int64)

    mutating func parts(wallStart: WallTime) throws(StreamProblem) -> SimulatedContent.Parts {
        let presentation = documents.presentation
        let (main, positions) = try main(of: presentation)
        noteWhatIsLeftOut(main)
        let isLive = isLive(main)
        if isLive { round = try round(of: main) }
        noteAudioRates()
        var periods: [Period] = []
        var models: [[[SimulatedContent.TrackModel]]] = []
        for position in positions {
            let (period, tracks) = try period(position)
            periods.append(period)
            models.append(tracks)
        }
        noteSizes()
        return SimulatedContent.Parts(
            presentation: Presentation(
                format: presentation.format, periods: periods, isDynamic: presentation.isDynamic,
                dynamicTiming: dynamicTiming(wallStart), duration: isLive ? nil : presentation.duration,
                minimumBufferTime: presentation.minimumBufferTime, startOffset: presentation.startOffset),
            isLive: isLive, tracks: models, shapes: shapes, segmentDuration: others.segmentDuration, lastSegment: nil,
            variation: others.variation, manifestBytes: documents.manifestBytes, notes: notes)
    }

    // MARK: The whole

    /// The track that a player would take first among those that could be read, and the periods that are taken over: all on
    /// demand, the last of a live stream.
    private func main(
        of presentation: Presentation
    ) throws(StreamProblem) -> (main: StreamDocuments.Place, periods: [Int]) {
        let playable = presentation.periods.indices.filter { Self.mainSet(of: presentation.periods[$0]) != nil }
        guard let first = presentation.isDynamic ? playable.last : playable.first,
            let set = Self.mainSet(of: presentation.periods[first])
        else { throw .nothingToPlay("it declares no track with video or audio") }
        let tracks = presentation.periods[first].switchingSets[set].tracks
        for track in tracks.indices {
            let place = StreamDocuments.Place(period: first, set: set, track: track)
            guard let list = list(at: place), !list.isEmpty else { continue }
            return (place, presentation.isDynamic ? [first] : playable)
        }
        let lists = presentation.format == .hls ? "media playlists" : "segment lists"
        throw .nothingToPlay("none of the main track's \(lists) could be read, or they list no segments")
    }

    private static func mainSet(of period: Period) -> Int? {
        func first(_ kind: MediaKind) -> Int? {
            let candidates = period.switchingSets.indices.filter { index in
                let set = period.switchingSets[index]
                if case .muxed? = set.tracks.first?.media { return false }
                return set.kind == kind && !set.isTrickPlay && !set.tracks.isEmpty
            }
            return candidates.first { period.switchingSets[$0].isDefault } ?? candidates.first
        }
        return first(.video) ?? first(.audio)
    }

    private func track(at place: StreamDocuments.Place) -> Track {
        documents.presentation.periods[place.period].switchingSets[place.set].tracks[place.track]
    }

    private func facts(at place: StreamDocuments.Place) -> StreamDocuments.TrackFacts {
        documents.tracks[place] ?? StreamDocuments.TrackFacts()
    }

    private func list(at place: StreamDocuments.Place) -> SegmentList? {
        facts(at: place).segments(of: track(at: place))
    }

    private func isLive(_ main: StreamDocuments.Place) -> Bool {
        documents.presentation.isDynamic || facts(at: main).playlist?.isLive == true
    }

    func name(_ place: StreamDocuments.Place) -> String {
        let set = documents.presentation.periods[place.period].switchingSets[place.set]
        return "\(set.kind) \(set.tracks[place.track].id)"
    }

    func recorded(_ place: StreamDocuments.Place) throws(StreamProblem) -> RecordedTrack? {
        guard let list = list(at: place), !list.isEmpty else { return nil }
        return try RecordedTrack(list, facts(at: place), name: name(place))
    }

    mutating func note(_ sentence: String) {
        if !notes.contains(sentence) { notes.append(sentence) }
    }

    // MARK: Live

    private func round(of main: StreamDocuments.Place) throws(StreamProblem) -> Round {
        if case .indexed = track(at: main).media {
            throw .implausible(
                track: name(main), detail: "a live MPD whose segments stand in an index has no live edge")
        }
        guard let track = try recorded(main) else { throw .nothingToPlay("it lists no segments yet") }
        // A hostile list must not make events without end.
        guard track.length / Int64(track.count) >= 100_000_000 else {
            throw .implausible(track: name(main), detail: "its segments play less than 100 ms on average")
        }
        let before = Self.past.nanoseconds / track.length + 1
        return Round(
            track: track, timing: RecordedTiming(durations: track.durations, traits: track.traits), before: before)
    }

    private func dynamicTiming(_ wallStart: WallTime) -> DynamicTiming? {
        guard var timing = documents.presentation.dynamicTiming, let round else { return nil }
        timing.availabilityStart = wallStart - TimeAmount(nanoseconds: round.before * round.timing.total)
        timing.availabilityEnd = nil
        timing.publishTime = nil
        timing.locations = []
        timing.patchLocations = []
        timing.clocks = []
        return timing
    }

    /// A live track as one round: of the main track's course where it has the same, else fitted to its length.
    private mutating func fit(_ recorded: RecordedTrack, to round: Round) -> (timing: RecordedTiming, sizes: [Int64]) {
        var track = recorded
        let shift = recorded.firstSequence - round.track.firstSequence
        if recorded.count == round.track.count, abs(shift) < Int64(recorded.count) {
            track = recorded.turned(by: Int(RepeatedSegments.split(-shift, Int64(recorded.count)).rest))
            let isSame = zip(track.durations, round.track.durations).allSatisfy { abs($0 - $1) <= 1_000_000 }
            if isSame, track.traits == round.track.traits { return (round.timing, track.sizes) }
        }
        let fitted = track.round(lasting: round.timing.total)
        return (shared(RecordedTiming(durations: fitted.durations, traits: fitted.traits)), fitted.sizes)
    }

    /// The same course as another track's, if there is one.
    private mutating func shared(_ timing: RecordedTiming) -> RecordedTiming {
        if let known = timings[timing] { return known }
        timings[timing] = timing
        return timing
    }

    private mutating func shape(
        _ timing: RecordedTiming, _ recorded: RecordedTrack, _ playlist: MediaPlaylist, before: Int64
    ) -> Int {
        let shape = LiveShape(
            timing: timing, window: Int64(recorded.count), targetDuration: playlist.targetDuration,
            roundsBefore: before,
            hasDates: recorded.hasDates, holdBack: playlist.holdBack, startOffset: playlist.startOffset)
        if let known = shapes.firstIndex(of: shape) { return known }
        shapes.append(shape)
        return shapes.count - 1
    }

    // MARK: Periods and tracks

    private mutating func period(
        _ position: Int
    ) throws(StreamProblem) -> (Period, [[SimulatedContent.TrackModel]]) {
        var period = documents.presentation.periods[position]
        var models: [[SimulatedContent.TrackModel]] = []
        for set in period.switchingSets.indices {
            models.append([])
            for index in period.switchingSets[set].tracks.indices {
                let place = StreamDocuments.Place(period: position, set: set, track: index)
                let (track, model) = try model(place)
                period.switchingSets[set].tracks[index] = track
                models[set].append(model)
            }
        }
        period.eventStreams = []
        if round != nil, documents.presentation.isDynamic {
            period.start = .zero
            period.duration = nil
        }
        return (period, models)
    }

    private mutating func model(
        _ place: StreamDocuments.Place
    ) throws(StreamProblem) -> (Track, SimulatedContent.TrackModel) {
        var track = track(at: place)
        let set = documents.presentation.periods[place.period].switchingSets[place.set]
        let facts = facts(at: place)
        // One place is enough: that from which it was read, with the renditions that go with it there.
        let location = track.locations.indices.contains(facts.location) ? track.locations[facts.location] : nil
        track.locations = [
            TrackLocation(
                references: [""], audioGroup: location?.audioGroup, subtitleGroup: location?.subtitleGroup)
        ]
        track.query = nil
        let isPlayed = !set.isTrickPlay && set.kind != .other
        guard isPlayed, let recorded = try recorded(place) else {
            if isPlayed { noteMissing(track, place) }
            // Whoever asks for its document all the same gets none.
            if case .segments = track.media { track.media = .segments(SegmentList([])) }
            return (track, SimulatedContent.TrackModel(rate: .zero))
        }
        noteChanges(recorded)
        segments.all += recorded.count
        segments.known += recorded.sizes.count { $0 > 0 }
        var model = SimulatedContent.TrackModel(rate: rate(of: track, set, recorded))
        model.initializationBytes =
            facts.initializationBytes ?? recorded.initializationRange ?? SimulatedContent.typicalInitializationBytes
        let list: SegmentList
        if let round {
            let (timing, sizes) = fit(recorded, to: round)
            (model.timing, model.sizes) = (timing, sizes)
            list = SegmentList(
                RepeatedSegments(timing: timing, firstSequence: 0, lastSequence: nil, origin: 0, date: nil),
                availabilityOffset: Self.offset(of: track))
        } else {
            let timing = shared(recorded.timing)
            (model.timing, model.sizes, model.firstSequence) = (timing, recorded.sizes, recorded.firstSequence)
            let isPlaylist = documents.presentation.format == .hls
            list = SegmentList(
                RecordedSegments(
                    timing: timing, firstSequence: recorded.firstSequence, origin: isPlaylist ? 0 : recorded.origin,
                    discontinuity: Int64(place.period)))
        }
        offer(list, recorded, facts, to: &track, &model)
        return (track, model)
    }

    /// Puts a track's segments where a player looks for them.
    private mutating func offer(
        _ list: SegmentList, _ recorded: RecordedTrack, _ facts: StreamDocuments.TrackFacts, to track: inout Track,
        _ model: inout SimulatedContent.TrackModel
    ) {
        switch track.media {
        case .segments: track.media = .segments(list)
        case .indexed:
            model.index = list
            model.documentBytes = facts.documentBytes ?? 32 + 12 * Int64(recorded.count)
        case .playlist:
            model.documentBytes =
                facts.documentBytes ?? SimulatedContent.typicalPlaylistBytes(segments: Int64(recorded.count))
            guard let playlist = facts.playlist else { return }
            if let round, let timing = model.timing {
                model.shape = shape(timing, recorded, playlist, before: round.before)
            } else {
                model.playlist = MediaPlaylist(
                    targetDuration: playlist.targetDuration, kind: .vod, isEnded: true, segments: list,
                    duration: playlist.duration, startOffset: playlist.startOffset)
            }
        case .muxed: return
        }
    }

    /// How long before its end a segment is there as a whole.
    private static func offset(of track: Track) -> TimeAmount {
        guard case .segments(let list) = track.media, list.isAvailableComplete else { return .zero }
        return list.availabilityOffset
    }
}
