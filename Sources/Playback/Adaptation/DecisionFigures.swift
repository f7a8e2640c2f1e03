import Quantities

/// What the papers' rules reckon with about the stream, in their own units.
///
/// The papers' rules and the simulator they are held against (Sabre) compute with milliseconds, bits and kbit/s (bits per
/// millisecond) in floating point. Ties are common on links of constant bandwidth, so that rounding to whole nanoseconds
/// or another order of operations would choose other tracks: these figures stay as they are from the model to the rule.
package struct LadderFigures: Sendable, Hashable {
    /// Bit rates in kbit/s, rising; never empty.
    package var bitRates: [Double]
    /// How long a segment plays, in milliseconds; more than zero.
    package var segmentDuration: Double
    /// The most media time that the buffer may hold, in milliseconds, a segment in progress included.
    package var maximumBuffer: Double

    /// Creates figures.
    package init(bitRates: [Double], segmentDuration: Double, maximumBuffer: Double) {
        self.bitRates = bitRates
        self.segmentDuration = segmentDuration
        self.maximumBuffer = maximumBuffer
    }

    /// The figures of a session: the level at which the last request is made, and the segment that it fetches.
    package init(_ situation: AdaptationSituation) {
        self.init(
            bitRates: situation.ladder.map { max($0.kilobits, 0.001) },
            segmentDuration: max(situation.segmentDuration.milliseconds, 1),
            maximumBuffer: (situation.bufferTarget + situation.segmentDuration).milliseconds)
    }

    /// The position of the highest track.
    package var top: Int { max(0, bitRates.count - 1) }

    /// The highest track that a link carries for ever: whose segment, the wait for its first byte included, takes no
    /// longer than it plays (abr.md section 1; Sabre `quality_from_throughput`).
    ///
    /// - Parameters:
    ///   - throughput: kbit/s.
    ///   - latency: Milliseconds to the first byte.
    /// - Returns: A position in the ladder; the lowest when the link carries none.
    package func sustainable(throughput: Double, latency: Double) -> Int {
        var track = 0
        while track + 1 < bitRates.count,
            latency + segmentDuration * bitRates[track + 1] / throughput <= segmentDuration
        {
            track += 1
        }
        return track
    }

    /// A position that is in the ladder.
    package func clamp(_ track: Int) -> Int { min(max(0, track), top) }
}

/// What a rule of the papers is told when it is to choose.
package struct DecisionFigures: Sendable {
    /// The stream.
    package var ladder: LadderFigures
    /// Media time ahead of the playhead, in milliseconds.
    package var buffer: Double
    /// The position of the segment, counted from the begin of the stream.
    package var segmentIndex: Int
    /// How many segments are left, this one included; nil when nobody knows.
    package var segmentsLeft: Int?
    /// The sizes in bits of this segment and those behind it, one list per segment; empty where unknown.
    package var sizes: [[Double]]

    /// Creates figures.
    package init(
        ladder: LadderFigures, buffer: Double, segmentIndex: Int, segmentsLeft: Int? = nil, sizes: [[Double]] = []
    ) {
        self.ladder = ladder
        self.buffer = buffer
        self.segmentIndex = segmentIndex
        self.segmentsLeft = segmentsLeft
        self.sizes = sizes
    }

    /// The figures of a session.
    package init(_ situation: AdaptationSituation) {
        let ladder = LadderFigures(situation)
        self.init(
            ladder: ladder, buffer: situation.buffer.milliseconds, segmentIndex: situation.segmentIndex,
            segmentsLeft: situation.segmentsLeft,
            sizes: situation.sizes.map { [$0] + situation.laterSizes } ?? [])
    }
}

/// A segment in progress, as the papers' rules see it.
package struct ProgressFigures: Sendable {
    /// The position of its track.
    package var track: Int
    /// Its size in bits.
    package var size: Double
    /// Bits that have arrived.
    package var received: Double
    /// Milliseconds since the request.
    package var time: Double
    /// Milliseconds from the request to the first byte.
    package var firstByte: Double

    /// Creates figures.
    package init(track: Int, size: Double, received: Double, time: Double, firstByte: Double) {
        self.track = track
        self.size = size
        self.received = received
        self.time = time
        self.firstByte = firstByte
    }
}

/// How a segment's transfer ended, as the papers' rules see it.
package struct DownloadFigures: Sendable, Hashable {
    /// The position of its track.
    package var track: Int
    /// Bits that arrived.
    package var received: Double
    /// Milliseconds from the request to the end.
    package var time: Double
    /// Milliseconds from the request to the first byte.
    package var firstByte: Double
    /// The track for which it was given up; nil when it is whole.
    package var abandonedTo: Int?
    /// True when it takes the place of a segment that was in the buffer already.
    package var isReplacement: Bool

    /// Creates figures.
    package init(
        track: Int, received: Double, time: Double, firstByte: Double, abandonedTo: Int? = nil,
        isReplacement: Bool = false
    ) {
        self.track = track
        self.received = received
        self.time = time
        self.firstByte = firstByte
        self.abandonedTo = abandonedTo
        self.isReplacement = isReplacement
    }
}
