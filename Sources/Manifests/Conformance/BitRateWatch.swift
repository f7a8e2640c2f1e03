import Quantities

/// Measures the bit rate of one track from the sizes of its segments and holds it against what is declared.
///
/// The peak is that of rfc8216bis section 4.1: the highest rate over contiguous runs of segments that last between half
/// a target duration and one and a half (and 0.5 s). DASH: with s the bits and d the duration of any run of segments,
/// s ≤ bandwidth · (d + minBufferTime) (ISO/IEC 23009-1 section 5.3.5.2). Each segment counts once, in whatever order
/// viewers fetch them.
package struct BitRateWatch: Sendable {
    /// What a document declares for a track.
    package struct Declaration: Sendable, Hashable {
        /// BANDWIDTH or @bandwidth; zero for none.
        package var bitRate: BitRate
        /// AVERAGE-BANDWIDTH.
        package var average: BitRate?
        /// For HLS the target duration of its playlist.
        package var targetDuration: TimeAmount?
        /// For DASH minBufferTime.
        package var minimumBufferTime: TimeAmount?

        /// Creates a declaration; with neither target duration nor minBufferTime nothing is checked.
        package init(
            bitRate: BitRate, average: BitRate? = nil, targetDuration: TimeAmount? = nil,
            minimumBufferTime: TimeAmount? = nil
        ) {
            self.bitRate = bitRate
            self.average = average
            self.targetDuration = targetDuration
            self.minimumBufferTime = minimumBufferTime
        }
    }

    private struct Size: Sendable {
        var seconds: Double
        var bits: Double
    }

    /// The most segments that are remembered; then the memory begins anew.
    static let capacity = 4_096
    /// The most segments of a run on each side of a new one.
    private static let reach = 256
    /// What rounding of EXTINF to the millisecond may make of a rate.
    private static let tolerance = 1.001

    private let declaration: Declaration
    private var sizes: [Int64: Size] = [:]
    private var totalBits = 0.0
    private var totalSeconds = 0.0
    private var isPeakReported = false
    private var isAverageReported = false
    /// The highest rate over a run as HLS means it.
    package private(set) var peak = BitRate.zero

    /// Creates a watch for a track.
    package init(_ declaration: Declaration) { self.declaration = declaration }

    /// The average of all segments seen; zero without any.
    package var average: BitRate {
        BitRate(bitsPerSecond: totalSeconds > 0 ? totalBits / totalSeconds : 0)
    }

    /// Counts a whole segment, unless it was counted before.
    ///
    /// - Parameters:
    ///   - sequence: Its number in the track.
    ///   - duration: How long it plays; ignored when not longer than zero.
    ///   - bytes: Its size.
    /// - Returns: What is wrong; mostly nothing.
    package mutating func observe(sequence: Int64, duration: TimeAmount, bytes: Int64) -> [Finding] {
        guard duration > .zero, bytes > 0, sizes[sequence] == nil else { return [] }
        if sizes.count >= Self.capacity { sizes.removeAll(keepingCapacity: true) }
        let size = Size(seconds: duration.seconds, bits: Double(bytes) * 8)
        sizes[sequence] = size
        totalBits += size.bits
        totalSeconds += size.seconds
        var findings: [Finding] = []
        if let target = declaration.targetDuration { checkPeak(around: sequence, size, target.seconds, &findings) }
        if let buffer = declaration.minimumBufferTime { checkBuffer(around: sequence, size, buffer.seconds, &findings) }
        checkAverage(&findings)
        return findings
    }

    // MARK: - HLS

    /// The highest rate over runs in which the new segment is; then the declared one must not be lower.
    private mutating func checkPeak(
        around sequence: Int64, _ size: Size, _ target: Double, _ findings: inout [Finding]
    ) {
        let shortest = target * 0.5
        let longest = target * 1.5 + 0.5
        var highest = 0.0
        var left = size
        var first = sequence
        var steps = 0
        while left.seconds <= longest {
            var run = left
            var last = sequence
            while run.seconds <= longest, steps < 4 * Self.reach {
                steps += 1
                if run.seconds >= shortest { highest = max(highest, run.bits / run.seconds) }
                guard let next = sizes[last &+ 1] else { break }
                last &+= 1
                run.seconds += next.seconds
                run.bits += next.bits
            }
            guard steps < 4 * Self.reach, let before = sizes[first &- 1] else { break }
            first &-= 1
            left.seconds += before.seconds
            left.bits += before.bits
        }
        peak = max(peak, BitRate(bitsPerSecond: highest))
        guard !isPeakReported, declaration.bitRate > .zero,
            highest > declaration.bitRate.bitsPerSecond * Self.tolerance
        else { return }
        isPeakReported = true
        findings.append(
            FindingRule.peakExceeded.finding(
                "around segment \(sequence) the track has \(BitRate(bitsPerSecond: highest).shown), declared are"
                    + " \(declaration.bitRate.shown)"))
    }

    /// After a minute the average must be near the declared one.
    private mutating func checkAverage(_ findings: inout [Finding]) {
        guard !isAverageReported, let declared = declaration.average, declared > .zero, totalSeconds >= 60,
            sizes.count >= 10
        else { return }
        let ratio = average.bitsPerSecond / declared.bitsPerSecond
        guard ratio > 1.1 || ratio < 0.7 else { return }
        isAverageReported = true
        findings.append(
            FindingRule.averageOff.finding(
                "over \(TimeAmount.seconds(totalSeconds)) the average is \(average.shown), declared are"
                    + " \(declared.shown)"))
    }

    // MARK: - DASH

    /// The run with the new segment whose bits exceed bandwidth · duration by most: the greatest sum of excesses to its
    /// left, its own, and the greatest to its right.
    private mutating func checkBuffer(
        around sequence: Int64, _ size: Size, _ buffer: Double, _ findings: inout [Finding]
    ) {
        let rate = declaration.bitRate.bitsPerSecond
        guard rate > 0, !isPeakReported else { return }
        var excess = size.bits - rate * size.seconds
        for step: Int64 in [-1, 1] {
            var sum = 0.0
            var greatest = 0.0
            var next = sequence &+ step
            for _ in 0..<Self.reach {
                guard let other = sizes[next] else { break }
                sum += other.bits - rate * other.seconds
                greatest = max(greatest, sum)
                next &+= step
            }
            excess += greatest
        }
        guard excess > rate * buffer * Self.tolerance + 8_000 else { return }
        isPeakReported = true
        findings.append(
            FindingRule.bandwidthTooLow.finding(
                "around segment \(sequence) a run has \(TimeAmount.seconds(excess / rate)) of bits more than"
                    + " \(declaration.bitRate.shown) carry, minBufferTime is \(TimeAmount.seconds(buffer))"))
    }
}
