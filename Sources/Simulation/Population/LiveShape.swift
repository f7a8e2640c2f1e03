import Manifests
import Quantities

/// What the live playlists of a track look like: its segments over and over, and how many of them are listed.
struct LiveShape: Sendable, Hashable {
    var timing: RecordedTiming
    /// How many segments are listed; at least 1.
    var window: Int64
    var targetDuration: TimeAmount
    /// Rounds that are over at the run's zero, so that there is a past.
    var roundsBefore: Int64
    /// True where the playlists say when segments were taken.
    var hasDates = true
    /// EXT-X-SERVER-CONTROL HOLD-BACK.
    var holdBack: TimeAmount?
    /// EXT-X-START.
    var startOffset: StartOffset?

    /// How many segments are complete at an instant; the number behind the last of them.
    func edge(at now: Instant) -> Int64 {
        let (rounds, rest) = RepeatedSegments.split(now.nanoseconds, timing.total)
        return (roundsBefore + rounds) * Int64(timing.count) + Int64(timing.ended(by: rest))
    }

    /// The wall time at which segment 0 begins.
    func zero(_ wallStart: WallTime) -> WallTime {
        wallStart - TimeAmount(nanoseconds: roundsBefore &* timing.total)
    }

    /// The playlist that ends before a segment.
    func playlist(endingBefore edge: Int64, wallStart: WallTime) -> MediaPlaylist {
        let first = edge - window
        let begin = RepeatedSegments.start(of: first, timing)
        let segments = RepeatedSegments(
            timing: timing, firstSequence: first, lastSequence: edge - 1, origin: -begin,
            date: hasDates ? zero(wallStart) : nil)
        var extras = MediaPlaylist.Extras()
        extras.serverControl.holdBack = holdBack
        return MediaPlaylist(
            targetDuration: targetDuration, kind: .live, isEnded: false, segments: SegmentList(segments),
            duration: TimeAmount(nanoseconds: RepeatedSegments.start(of: edge, timing) - begin),
            startOffset: startOffset, extras: extras)
    }
}
