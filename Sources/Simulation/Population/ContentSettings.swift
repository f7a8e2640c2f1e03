import Manifests
import Quantities

/// What is streamed in a simulation, where no real manifest says it.
package struct ContentSettings: Sendable, Hashable {
    /// How it is packaged.
    package var format: ManifestFormat
    /// How long each segment plays; longer than zero.
    ///
    /// Default 4 s.
    package var segmentDuration: TimeAmount
    /// The mean bit rates of the video tracks, rising; never empty.
    package var ladder: [BitRate]
    /// The bit rate of the audio that is fetched apart from the video; nil for audio in the video segments.
    package var audio: BitRate?
    /// How many segments a live playlist lists, or an MPD's time shift buffer holds; at least 3.
    ///
    /// Default 10.
    package var window: Int
    /// How long it plays, on demand; nil is an endless live stream.
    package var duration: TimeAmount?
    /// How far a segment's size is from the mean at most, as a share from 0 to 0.9: sizes are spread evenly between, by
    /// the run's seed, and all tracks' sizes move together, as pictures that are hard to code do.
    ///
    /// Default 0.
    package var variation: Double

    /// The ladder of a profile that gives none: 0.4 to 6 Mbit/s, as the authoring guide for HLS has it in its middle.
    package static let standardLadder: [BitRate] = [
        .kilobits(400), .kilobits(900), .kilobits(1_600), .kilobits(3_000), .kilobits(6_000),
    ]

    /// Creates settings; by default an endless HLS stream of five tracks with audio apart.
    package init(
        format: ManifestFormat = .hls, segmentDuration: TimeAmount = .seconds(4 as Int64),
        ladder: [BitRate] = ContentSettings.standardLadder, audio: BitRate? = .kilobits(128), window: Int = 10,
        duration: TimeAmount? = nil, variation: Double = 0
    ) {
        self.format = format
        self.segmentDuration = max(.milliseconds(100), segmentDuration)
        self.ladder = ladder.isEmpty ? Self.standardLadder : ladder.sorted()
        self.audio = audio
        self.window = max(3, window)
        self.duration = duration
        self.variation = min(0.9, max(0, variation))
    }
}
