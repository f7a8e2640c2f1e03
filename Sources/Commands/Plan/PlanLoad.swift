import Quantities

/// What is downloaded and what that costs, averaged over equal buckets.
struct PlanLoad {
    /// Bits per second, with what fills buffers and without.
    let bits: [Double]
    let playingBits: [Double]
    /// Processors at work.
    let processors: [Double]
    /// Everything that is downloaded.
    let total: ByteCount
    /// Whether anything is known of what is downloaded.
    let hasTracks: Bool
    private let width: Int64

    init(_ tally: PlanTally, _ kinds: SessionKinds, count: Int, width: Int64) {
        self.width = width
        var playing = PlanBuckets(count: count, width: width)
        var filling = playing
        var cost = playing
        let horizon = tally.horizon.nanoseconds
        var sum = 0.0
        for span in tally.spans {
            let kind = kinds[Int(span.kind)]
            let end = min(span.end, horizon)
            let seconds = Double(end - span.begin) / 1e9
            cost.add(from: span.begin, to: end, kind.cost)
            if kind.isSecure { cost.add(RunCost.handshake * Double(kind.connections), at: span.begin) }
            guard kind.playing > 0 else { continue }
            playing.add(from: span.begin, to: end, kind.playing)
            sum += kind.playing * seconds
            // Who leaves before the buffer is full has not filled it.
            let fillTime = min(kind.fillTime, seconds)
            guard fillTime > 0 else { continue }
            let filled = kind.fill * fillTime / kind.fillTime
            let stop = span.begin + Int64(clampingRounded: fillTime * 1e9)
            filling.add(from: span.begin, to: stop, kind.fill / kind.fillTime)
            cost.add(from: span.begin, to: stop, kind.fillCost / kind.fillTime)
            sum += filled
        }
        playingBits = playing.averages
        bits = zip(playingBits, filling.averages).map { $0 + $1 }
        processors = cost.averages
        total = ByteCount(Int64(clampingRounded: sum / 8))
        hasTracks = (0..<kinds.count).contains { kinds[$0].track != nil }
    }

    /// The highest of some averages, and the begin of its bucket.
    func peak(_ values: [Double]) -> (value: Double, at: Instant) {
        var best = (value: 0.0, at: Instant.zero)
        for (bucket, value) in values.enumerated() where value > best.value {
            best = (value, Instant(nanoseconds: Int64(bucket) * width))
        }
        return best
    }
}
