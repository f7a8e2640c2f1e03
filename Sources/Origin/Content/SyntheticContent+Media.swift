import Quantities

/// Segments, their parts and files.
extension SyntheticContent {
    /// A segment, part or file; nil when it does not exist at the instant.
    func media(at address: ContentAddress, now: WallTime) -> ContentObject? {
        let grid = grid(of: address.kind)
        switch address.item {
        case .segment(let track, let index):
            guard grid.available(at: now).contains(index) else { return nil }
            return segment(index, of: allTracks[track], address)
        case .segmentAt(let track, let ticks):
            guard let index = grid.index(startingAt: ticks, in: allTracks[track]),
                grid.available(at: now).contains(index)
            else { return nil }
            return segment(index, of: allTracks[track], address)
        case .part(let track, let number):
            let track = allTracks[track]
            let available = grid.available(at: now)
            guard (available.lowerBound...available.upperBound).contains(number.segment),
                now >= grid.completion(of: number)
            else { return nil }
            return ContentObject(mediaType: mediaType(of: track), parts: part(number, of: track, grid).parts)
        case .file(let track):
            let track = allTracks[track]
            return layouts.layout(of: track, address.kind, in: self)?.object(mediaType: mediaType(of: track))
        default: return nil
        }
    }

    private func segment(_ index: Int64, of track: ContentTrack, _ address: ContentAddress) -> ContentObject? {
        let grid = grid(of: address.kind)
        let type = mediaType(of: track)
        switch address.kind.feature {
        case .gaps where isGap(index, in: track): return nil
        case .encrypted:
            let plain = fragment(index, of: track, address.kind).parts.bytes
            let bytes = Encryption(settings: settings).encrypted(plain, segment: index, of: track)
            return ContentObject(mediaType: type, bytes: bytes)
        case .lowLatency:
            let parts = (0..<grid.partCount).flatMap {
                part(PartNumber(segment: index, part: $0), of: track, grid).parts
            }
            return ContentObject(mediaType: type, parts: parts)
        case .ads where address.isAd, .periods where address.isAd:
            guard let begin = BreakPattern(address.kind, settings)?.begin(ofBreakAt: index) else { return nil }
            var fragment = fragment(index, of: track, address.kind)
            fragment.firstSample -= track.firstSample(ofSegment: begin, duration: grid.duration)
            return ContentObject(mediaType: type, parts: fragment.parts)
        case .extras:
            var fragment = fragment(index, of: track, address.kind)
            if track.kind != .audio, index % 5 == 0 {
                let ticks = fragment.firstSample * track.sampleTicks
                fragment.events = EventMessage.bytes(time: ticks, timescale: track.timescale, id: index)
            }
            return ContentObject(mediaType: type, parts: fragment.parts)
        default: return ContentObject(mediaType: type, parts: fragment(index, of: track, address.kind).parts)
        }
    }

    /// Whether a segment is missing in `gaps`: two of seven of the second video track, or the only one.
    func isGap(_ index: Int64, in track: ContentTrack) -> Bool {
        track.name == videoTracks.prefix(2).last?.name && (3..<5).contains(index % 7)
    }

    /// A whole segment as one fragment.
    func fragment(_ index: Int64, of track: ContentTrack, _ kind: AssetKind) -> MediaFragment {
        let samples = grid(of: kind).samples(of: index, in: track)
        let count = min(samples.count, track.samples.capacity)
        return MediaFragment(
            track: track, sequence: index, firstSample: samples.lowerBound, samples: count,
            size: size(of: index, samples: count, in: track))
    }

    /// A part of a segment; the parts share its size by their samples.
    func part(_ number: PartNumber, of track: ContentTrack, _ grid: SegmentGrid) -> MediaFragment {
        let whole = grid.samples(of: number.segment, in: track)
        let samples = grid.samples(of: number, in: track)
        let total = size(of: number.segment, samples: whole.count, in: track)
        let offset = Int(samples.lowerBound - whole.lowerBound)
        func share(_ count: Int) -> Int { total * count / max(1, whole.count) }
        return MediaFragment(
            track: track, sequence: grid.ordinal(of: number), firstSample: samples.lowerBound, offset: offset,
            samples: max(1, samples.count), size: share(offset + samples.count) - share(offset))
    }

    /// The wanted size of a segment in bytes: bit rate times duration, varied by the seed, track and index.
    func size(of index: Int64, samples: Int, in track: ContentTrack) -> Int {
        var generator = SeededGenerator(
            seed: settings.seed, stream: UInt64(bitPattern: index), purpose: 0x5125 &+ track.number)
        let factor = 1 + settings.sizeVariation * (2 * generator.unit() - 1)
        let bytes = track.bitRate.bitsPerSecond / 8 * track.seconds(ofSamples: Int64(samples)) * factor
        return Int(Int64(clampingRounded: bytes))
    }

    /// The parts of a low-latency segment that is being made, each with the instant from which it exists; nil for a
    /// segment that is complete, that has no part yet, or of another kind.
    func progress(of address: ContentAddress, now: WallTime) -> [(due: WallTime, parts: [BodyPart])]? {
        guard address.kind.feature == .lowLatency else { return nil }
        let grid = grid(of: address.kind)
        let open = grid.listed(at: now).upperBound
        let track: ContentTrack
        switch address.item {
        case .segment(let number, open): track = allTracks[number]
        case .segmentAt(let number, let ticks):
            guard grid.index(startingAt: ticks, in: allTracks[number]) == open else { return nil }
            track = allTracks[number]
        default: return nil
        }
        let numbers = (0..<grid.partCount).map { PartNumber(segment: open, part: $0) }
        guard let first = numbers.first, now >= grid.completion(of: first) else { return nil }
        return numbers.map { (grid.completion(of: $0), part($0, of: track, grid).parts) }
    }

    /// What a low-latency request has to wait for.
    enum Waiting: Equatable {
        /// Nothing.
        case none
        /// Until this instant.
        case until(WallTime)
        /// It asks for too much.
        case refused(String)
    }

    /// What a request has to wait for at an instant, as the content that answers it sees it.
    ///
    /// A playlist waits for the segment or part that its directives name (draft-pantos-hls-rfc8216bis section 6.2.5.2),
    /// a part that playlists hint at waits for itself.
    func waiting(for address: ContentAddress, _ directives: PlaylistDirectives, now: WallTime) -> Waiting {
        guard address.kind.feature == .lowLatency else { return .none }
        let grid = grid(of: address.kind)
        switch address.item {
        case .mediaPlaylist:
            if directives.isMalformed { return .refused("The delivery directives are not right.") }
            guard let segment = directives.mediaSequenceNumber else { return .none }
            let complete = grid.listed(at: now).upperBound
            guard segment <= complete + 1 else { return .refused("That segment is too far ahead.") }
            guard let wanted = directives.part else {
                let ready = grid.begin(of: segment + 1)
                return ready > now ? .until(ready) : .none
            }
            var number = PartNumber(segment: segment, part: wanted)
            if wanted >= grid.partCount { number = PartNumber(segment: segment + 1, part: 0) }
            let newest = grid.newestPart(at: now).map(grid.ordinal) ?? -1
            let target = grid.partTarget(of: tracks).seconds
            let limit = Int64((target < 1 ? 3 / target : 3).rounded(.up))
            guard grid.ordinal(of: number) - newest <= limit else { return .refused("That part is too far ahead.") }
            let ready = grid.completion(of: number)
            return ready > now ? .until(ready) : .none
        case .part(_, let number):
            let hinted = grid.newestPart(at: now).map(grid.next) ?? PartNumber(segment: 0, part: 0)
            return number == hinted ? .until(grid.completion(of: number)) : .none
        default: return .none
        }
    }
}
