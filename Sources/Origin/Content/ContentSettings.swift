import Quantities

/// What the synthetic content is made of; the same settings, path and instant always give the same bytes.
package struct ContentSettings: Sendable, Hashable {
    /// One video track of the ladder.
    package struct VideoTrack: Sendable, Hashable {
        /// The average bit rate, container included.
        package var bitRate: BitRate
        /// The width of the picture in pixels: even, 16 to 8 192.
        package var width: Int
        /// The height of the picture in pixels: even, 16 to 8 192.
        package var height: Int

        /// Creates a track.
        package init(bitRate: BitRate, width: Int, height: Int) {
            self.bitRate = bitRate
            self.width = width
            self.height = height
        }
    }

    /// Where a dynamic MPD sends its players for the time.
    package enum UTCTiming: Sendable, Hashable {
        /// `urn:mpeg:dash:utc:http-iso:2014` with this URL; `/time` is served by every edge and never cached.
        case httpISO(url: String)
        /// `urn:mpeg:dash:utc:http-xsdate:2014`; `/time?format=xsdate` of every edge answers so.
        case httpXSDate(url: String)
        /// `urn:mpeg:dash:utc:http-head:2014`: the `Date` header of the answer to HEAD.
        case httpHead(url: String)
        /// `urn:mpeg:dash:utc:http-ntp:2014`: 64 bits of an NTP timestamp; `/time?format=ntp` of every edge.
        case httpNTP(url: String)
        /// `urn:mpeg:dash:utc:direct:2014`: the time in the MPD itself, so as old as the copy that an edge serves.
        case direct
        /// No element.
        case none
    }

    /// The video ladder, at least one track; default 400, 1 200, 3 000 and 6 000 kbit/s.
    package var videoTracks: [VideoTrack] = [
        VideoTrack(bitRate: .kilobits(400), width: 426, height: 240),
        VideoTrack(bitRate: .kilobits(1_200), width: 640, height: 360),
        VideoTrack(bitRate: .kilobits(3_000), width: 1_280, height: 720),
        VideoTrack(bitRate: .kilobits(6_000), width: 1_920, height: 1_080),
    ]
    /// The average bit rate of the audio track, default 96 kbit/s; nil for no audio.
    package var audioBitRate: BitRate? = .kilobits(96)
    /// How long a video on demand is, rounded to whole pictures of 40 ms; default 120 s.
    package var videoOnDemandDuration: TimeAmount = .seconds(120.0)
    /// The nominal duration of its segments, whole milliseconds from 200 ms to 60 s; default 4 s.
    package var videoOnDemandSegmentDuration: TimeAmount = .seconds(4.0)
    /// The nominal duration of live segments, whole milliseconds from 200 ms to 60 s; default 2 s.
    package var liveSegmentDuration: TimeAmount = .seconds(2.0)
    /// The number of segments in a live playlist and in the time-shift buffer, 3 to 10 000; default 15.
    package var liveWindow = 15
    /// The instant at which live segment 0 began: the availability start time; default 1970.
    package var liveStart: WallTime = .seconds(0.0)
    /// The hold-back of live HLS and the suggested presentation delay of live DASH; nil for three times the target
    /// duration, the least that HLS allows.
    package var holdBack: TimeAmount?
    /// How often a dynamic MPD is to be fetched; nil for the segment duration.
    package var minimumUpdatePeriod: TimeAmount?
    /// The time source of a dynamic MPD.
    package var utcTiming: UTCTiming = .httpISO(url: "/time")
    /// How far the size of a segment may be from bit rate times duration, as a share from 0 to 0.5; default 0.1.
    package var sizeVariation = 0.1
    /// The wanted duration of a part (an HLS part, a CMAF chunk) in low latency, 100 ms to 60 s, default 500 ms.
    ///
    /// A segment is cut into as many equal parts as this asks for, at whole samples.
    package var partDuration: TimeAmount = .milliseconds(500)
    /// What low-latency DASH says that players should aim for; nil for a segment and two parts.
    package var latencyTarget: TimeAmount?
    /// The segments from the begin of one break to that of the next, 2 to 10 000, default 10.
    package var breakCycle = 10
    /// The segments of a break, at least 1 and less than the cycle, default 3.
    package var breakLength = 3
    /// The segments of a DASH period, 1 to 10 000, default 10.
    package var periodLength = 10
    /// The segments that share a key, 1 to 10 000, default 5.
    package var keyRotation = 5
    /// Where playlists with EXT-X-START begin: so far from the start on demand, from the end when live; default 10 s.
    package var startOffset: TimeAmount = .seconds(10.0)
    /// The duration of an asset that interstitials show, rounded as that of a video on demand; default 8 s.
    package var assetDuration: TimeAmount = .seconds(8.0)
    /// How long an MPD can be patched, as it says; default 60 s.
    package var patchLifetime: TimeAmount = .seconds(60.0)
    /// The seed of the sizes, keys and initialization vectors.
    package var seed: UInt64 = 1

    /// Creates the default content.
    package init() {}

    /// Everything that is wrong with the settings, one sentence each; empty when they can be used.
    package func problems() -> [String] {
        var problems: [String] = []
        if videoTracks.isEmpty { problems.append("The content needs at least one video track.") }
        for track in videoTracks {
            for side in [track.width, track.height] where !(16...8_192).contains(side) || side % 2 != 0 {
                problems.append("A video track of \(track.width)x\(track.height) is not even or not in 16 to 8192.")
            }
        }
        let rates = videoTracks.map(\.bitRate) + (audioBitRate.map { [$0] } ?? [])
        for rate in rates where !(8e3...2e8).contains(rate.bitsPerSecond) {
            problems.append("A bit rate of \(rate.kilobits) kbit/s is not in 8 to 200000.")
        }
        if Set(videoTracks.map { ContentTrack.videoName($0.bitRate) }).count != videoTracks.count {
            problems.append("Two video tracks have the same bit rate.")
        }
        for duration in [videoOnDemandSegmentDuration, liveSegmentDuration]
        where !(200...60_000).contains(duration.milliseconds) || duration.nanoseconds % 1_000_000 != 0 {
            problems.append("A segment duration of \(duration) is not whole milliseconds in 200 ms to 60 s.")
        }
        if !(0.04...86_400 * 7).contains(videoOnDemandDuration.seconds) {
            problems.append("A duration of \(videoOnDemandDuration) is not in 40 ms to 7 days.")
        }
        if !(3...10_000).contains(liveWindow) {
            problems.append("A live window of \(liveWindow) segments is not in 3 to 10000.")
        }
        if !(0...0.5).contains(sizeVariation) {
            problems.append("A size variation of \(sizeVariation) is not in 0 to 0.5.")
        }
        problems += featureProblems()
        if liveStart.nanoseconds < 0 { problems.append("The live start is before 1970.") }
        return problems
    }

    /// What is wrong with the settings of low latency, breaks, periods and keys.
    private func featureProblems() -> [String] {
        var problems: [String] = []
        if !(100...60_000).contains(partDuration.milliseconds) {
            problems.append("A part duration of \(partDuration) is not in 100 ms to 60 s.")
        }
        if !(2...10_000).contains(breakCycle) {
            problems.append("A break cycle of \(breakCycle) segments is not in 2 to 10000.")
        } else if !(1..<breakCycle).contains(breakLength) {
            problems.append("A break of \(breakLength) segments is not shorter than its cycle of \(breakCycle).")
        }
        if !(1...10_000).contains(periodLength) {
            problems.append("A period of \(periodLength) segments is not in 1 to 10000.")
        }
        if !(1...10_000).contains(keyRotation) {
            problems.append("A key for \(keyRotation) segments is not in 1 to 10000.")
        }
        if !(0.04...86_400).contains(assetDuration.seconds) {
            problems.append("An asset of \(assetDuration) is not in 40 ms to one day.")
        }
        let spans = [startOffset, patchLifetime, latencyTarget ?? .zero]
        if spans.contains(where: { $0 < .zero }) { problems.append("A time of the content is negative.") }
        return problems
    }
}
