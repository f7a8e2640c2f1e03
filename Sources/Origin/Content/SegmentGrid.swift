import Quantities

/// The cuts of an asset: which segments there are at an instant.
struct SegmentGrid: Sendable {
    /// The nominal duration of a segment.
    let duration: TimeAmount
    /// The whole duration; nil for live.
    let total: TimeAmount?
    /// The instant at which live segment 0 began; on demand, the date of the recording.
    let start: WallTime
    /// The number of segments in a live window.
    let window: Int64
    /// The parts of every segment in low latency: as many as the wanted part duration asks for, all alike.
    let partCount: Int64

    init(
        duration: TimeAmount, total: TimeAmount?, start: WallTime, window: Int64, partDuration: TimeAmount
    ) {
        self.duration = duration
        self.total = total
        self.start = start
        self.window = window
        let part = max(1, partDuration.nanoseconds)
        partCount = max(1, (duration.nanoseconds + part - 1) / part)
    }

    /// The segments that playlists list at an instant; empty before the first one is complete.
    func listed(at now: WallTime) -> Range<Int64> {
        guard total == nil else { return 0..<count }
        let end = max(0, floorDivide((now - start).nanoseconds, duration.nanoseconds))
        return max(0, end - window)..<end
    }

    /// The number of segments of an asset on demand.
    var count: Int64 {
        guard let total else { return 0 }
        return max(1, (total.nanoseconds + duration.nanoseconds - 1) / duration.nanoseconds)
    }

    /// The segments that can be fetched at an instant.
    ///
    /// A segment is there from its nominal end, for all tracks alike, and stays after it has left the playlist for its
    /// duration and that of the longest playlist with it (RFC 8216 section 6.2.2).
    func available(at now: WallTime) -> Range<Int64> {
        let listed = listed(at: now)
        guard total == nil else { return listed }
        return max(0, listed.upperBound - 2 * window - 1)..<listed.upperBound
    }

    /// The instant at which a segment begins.
    func begin(of index: Int64) -> WallTime { start + span(index) }

    /// So many nominal durations.
    func span(_ segments: Int64) -> TimeAmount {
        let (product, overflow) = duration.nanoseconds.multipliedReportingOverflow(by: segments)
        return overflow ? .max : TimeAmount(nanoseconds: product)
    }

    /// The samples of a segment of a track.
    func samples(of index: Int64, in track: ContentTrack) -> Range<Int64> {
        let first = track.firstSample(ofSegment: index, duration: duration)
        if let total, index == count - 1 {
            return first..<max(first + 1, track.firstSample(at: Int128(total.nanoseconds)))
        }
        return first..<track.firstSample(ofSegment: index + 1, duration: duration)
    }

    /// The segment whose first sample begins at a time of the track, or nil.
    func index(startingAt ticks: Int64, in track: ContentTrack) -> Int64? {
        guard ticks >= 0, ticks % track.sampleTicks == 0 else { return nil }
        let nanoseconds = Int128(ticks) * 1_000_000_000 / Int128(track.timescale)
        let near = Int64(clamping: nanoseconds / Int128(duration.nanoseconds))
        return (max(0, near - 1)...near + 1).first { index in
            track.firstSample(ofSegment: index, duration: duration) * track.sampleTicks == ticks
        }
    }
}

/// A part of a segment (a CMAF chunk) by its place.
struct PartNumber: Hashable, Sendable {
    var segment: Int64
    var part: Int64
}

/// The parts of segments in low latency.
extension SegmentGrid {
    /// The nominal duration of a part.
    var partDuration: TimeAmount { TimeAmount(nanoseconds: duration.nanoseconds / partCount) }

    /// The part after another one.
    func next(after number: PartNumber) -> PartNumber {
        number.part + 1 < partCount
            ? PartNumber(segment: number.segment, part: number.part + 1)
            : PartNumber(segment: number.segment + 1, part: 0)
    }

    /// The parts from the beginning up to this one, exclusive.
    func ordinal(of number: PartNumber) -> Int64 { number.segment &* partCount &+ number.part }

    /// The instant from which a part exists: its nominal end.
    func completion(of number: PartNumber) -> WallTime {
        guard number.part + 1 < partCount else { return begin(of: number.segment + 1) }
        return begin(of: number.segment) + TimeAmount(nanoseconds: partDuration.nanoseconds * (number.part + 1))
    }

    /// The newest part at an instant; nil before the first.
    func newestPart(at now: WallTime) -> PartNumber? {
        let complete = listed(at: now).upperBound
        let within = (now - begin(of: complete)).nanoseconds
        let parts = within < 0 ? 0 : min(partCount - 1, within / partDuration.nanoseconds)
        if parts > 0 { return PartNumber(segment: complete, part: parts - 1) }
        return complete > 0 ? PartNumber(segment: complete - 1, part: partCount - 1) : nil
    }

    /// The samples of a part of a track.
    func samples(of number: PartNumber, in track: ContentTrack) -> Range<Int64> {
        let whole = samples(of: number.segment, in: track)
        let base = Int128(number.segment) * Int128(duration.nanoseconds)
        func cut(_ part: Int64) -> Int64 {
            guard part > 0 else { return whole.lowerBound }
            guard part < partCount else { return whole.upperBound }
            let sample = track.firstSample(at: base + Int128(part) * Int128(partDuration.nanoseconds))
            return min(max(sample, whole.lowerBound), whole.upperBound)
        }
        return cut(number.part)..<cut(number.part + 1)
    }

    /// The duration that no part of these tracks exceeds, in whole milliseconds: parts are cut at whole samples.
    func partTarget(of tracks: [ContentTrack]) -> TimeAmount {
        let longest =
            tracks.map { track -> Double in
                let sample = track.seconds(ofSamples: 1)
                return (partDuration.seconds / sample - 1e-9).rounded(.up) * sample
            }.max() ?? partDuration.seconds
        return .milliseconds(Int64(clampingRounded: (max(longest, partDuration.seconds) * 1_000 - 1e-6).rounded(.up)))
    }
}
