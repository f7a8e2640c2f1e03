import Quantities

@testable import Manifests

/// A media playlist made up for a watch: 4 s segments `s<number>.ts`, dated from 2026-11-22T16:00:00Z on.
struct WatchedPlaylist {
    static let epoch = WallTime.seconds(1_795_363_200.0)

    var first: Int64 = 100
    var count: Int64 = 6
    var target = 4.0
    var duration = 4.0
    var kind = MediaPlaylist.Kind.live
    var isEnded = false
    var hasDates = true
    var dateShift = 0.0
    /// So much is added to the date of each segment, times its number.
    var dateStep = 0.0
    var discontinuities: [Int64: Int64] = [:]
    var uri: (Int64) -> String = { "s\($0).ts" }
    var durations: [Int64: Double] = [:]
    var extras = MediaPlaylist.Extras()
    var findings: [Finding] = []

    var playlist: MediaPlaylist {
        var start = MediaTime.zero
        var discontinuity: Int64 = 0
        var segments: [Segment] = []
        for sequence in first..<first + count {
            discontinuity = discontinuities[sequence] ?? discontinuity
            let seconds = durations[sequence] ?? duration
            let date = Double(sequence) * (duration + dateStep) + dateShift
            segments.append(
                Segment(
                    sequence: sequence, start: start, duration: .seconds(seconds), uri: uri(sequence),
                    discontinuity: discontinuity, programDateTime: hasDates ? Self.epoch + .seconds(date) : nil))
            start = start + .seconds(seconds)
        }
        return MediaPlaylist(
            targetDuration: .seconds(target), kind: kind, isEnded: isEnded, segments: SegmentList(segments),
            duration: start - .zero, extras: extras, findings: findings)
    }

    /// With parts of 1 s: all of the last two segments, and so many of the one after the last.
    func withParts(open: Int, hint: String? = nil, partURI: (Int64, Int) -> String = { "s\($0).\($1).ts" })
        -> MediaPlaylist
    {
        var copy = self
        copy.extras.partTarget = .seconds(1.0)
        copy.extras.serverControl.canBlockReload = true
        for sequence in first + count - 2...first + count {
            let number = sequence == first + count ? open : 4
            for index in 0..<number {
                copy.extras.parts.append(
                    Part(
                        sequence: sequence, index: index,
                        start: .seconds(Double(sequence - first) * duration + Double(index)), duration: .seconds(1.0),
                        uri: partURI(sequence, index)))
            }
        }
        if let hint { copy.extras.preloadHints = [PreloadHint(kind: .part, uri: hint)] }
        return copy.playlist
    }
}

extension DocumentAnswer {
    /// An answer that was begun at a second of the run and came a tenth later; the clock reads as if segment 106 had just
    /// ended when the run began.
    static func at(
        _ second: Double, took: Double = 0.1, asked: PlaylistPosition? = nil, age: Double? = nil
    ) -> DocumentAnswer {
        DocumentAnswer(
            begun: .seconds(second), answered: .seconds(second + took),
            wall: WatchedPlaylist.epoch + .seconds(106 * 4 + second + took), age: age.map { .seconds($0) },
            asked: asked)
    }
}

extension [Finding] {
    /// The identifiers, sorted.
    var ids: [String] { map(\.id).sorted() }
}

/// A dynamic MPD made up for a watch: one video track with a timeline of 2 s segments from the epoch on.
struct WatchedMPD {
    struct Stretch {
        var id = "1"
        var start = 0.0
        var first: Int64 = 100
        var count: Int64 = 10
        var shift = 0.0
    }

    var published: Double? = 220
    var updatePeriod: Double? = 2
    var periods = [Stretch()]
    var isDynamic = true
    var findings: [Finding] = []

    var presentation: Presentation {
        let made = periods.map { stretch in
            let segments = (stretch.first..<stretch.first + stretch.count).map { number in
                Segment(
                    sequence: number, start: .seconds(Double(number) * 2 + stretch.shift), duration: .seconds(2.0),
                    uri: "v\(number).m4s")
            }
            let track = Track(
                id: "v1", bitRate: .megabits(3), media: .segments(SegmentList(segments)), locations: [])
            return Period(
                id: stretch.id, start: .seconds(stretch.start),
                switchingSets: [SwitchingSet(kind: .video, tracks: [track])])
        }
        let timing = DynamicTiming(
            availabilityStart: WatchedPlaylist.epoch, minimumUpdatePeriod: updatePeriod.map { .seconds($0) },
            publishTime: published.map { WatchedPlaylist.epoch + .seconds($0) })
        return Presentation(
            format: .dash, periods: made, isDynamic: isDynamic, dynamicTiming: isDynamic ? timing : nil,
            findings: findings)
    }

    /// The version that comes so many segments later.
    func advanced(by count: Int64) -> WatchedMPD {
        var next = self
        next.published = published.map { $0 + Double(count) * 2 }
        next.periods[next.periods.count - 1].first += count
        return next
    }
}
