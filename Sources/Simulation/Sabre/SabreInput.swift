import Playback

/// A movie as Sabre has it: the sizes of all segments in all tracks.
package struct SabreMovie: Sendable, Hashable {
    /// How long each segment plays, in milliseconds.
    package var segmentDuration: Double
    /// Bit rates in kbit/s, rising.
    package var bitRates: [Double]
    /// Sizes in bits, one list per segment with a size for each track.
    package var segmentSizes: [[Double]]

    /// Creates a movie.
    ///
    /// - Throws: ``SabreInputError`` for numbers that no movie can have.
    package init(segmentDuration: Double, bitRates: [Double], segmentSizes: [[Double]]) throws(SabreInputError) {
        self.segmentDuration = segmentDuration
        self.bitRates = bitRates
        self.segmentSizes = segmentSizes
        guard segmentDuration > 0, segmentDuration <= 1e8 else {
            throw SabreInputError("segment_duration_ms is \(segmentDuration); it must be more than 0")
        }
        guard !bitRates.isEmpty, bitRates.allSatisfy({ $0 > 0 && $0 <= 1e9 }) else {
            throw SabreInputError("bitrates_kbps must list one bit rate or more, each more than 0")
        }
        guard zip(bitRates, bitRates.dropFirst()).allSatisfy({ $0 <= $1 }) else {
            throw SabreInputError("bitrates_kbps must rise from track to track")
        }
        guard !segmentSizes.isEmpty else { throw SabreInputError("segment_sizes_bits lists no segment") }
        for (index, sizes) in segmentSizes.enumerated() {
            guard sizes.count == bitRates.count else {
                throw SabreInputError(
                    "segment_sizes_bits has \(sizes.count) sizes for segment \(index), and there are \(bitRates.count) tracks"
                )
            }
            guard sizes.allSatisfy({ $0 > 0 && $0 <= 1e11 }) else {
                throw SabreInputError(
                    "segment_sizes_bits has a size for segment \(index) that is not between 1 and 10^11")
            }
        }
    }

    /// The movie cut, or repeated from its begin, to a length in seconds (Sabre `-ml`).
    ///
    /// - Throws: ``SabreInputError`` when that leaves no segment, or more than a million.
    package func lasting(seconds: Double) throws(SabreInputError) -> SabreMovie {
        let count = (seconds * 1_000 / segmentDuration).rounded(.up)
        guard count >= 1, count <= 1_000_000 else {
            throw SabreInputError(
                "a movie of \(seconds) s has no segments, or more than a million; choose another length")
        }
        var movie = self
        movie.segmentSizes = (0..<Int(count)).map { segmentSizes[$0 % segmentSizes.count] }
        return movie
    }
}

/// A stretch of a link as Sabre has it; a list of them repeats for ever.
package struct SabrePeriod: Sendable, Hashable {
    /// How long it lasts, in milliseconds.
    package var duration: Double
    /// kbit/s; zero is an outage.
    package var bandwidth: Double
    /// Milliseconds that a request waits for its first byte.
    package var latency: Double

    /// Creates a period.
    package init(duration: Double, bandwidth: Double, latency: Double) {
        self.duration = duration
        self.bandwidth = bandwidth
        self.latency = latency
    }

    /// Says what is wrong with a link; nothing when it can carry a movie.
    static func check(_ periods: [SabrePeriod]) throws(SabreInputError) {
        for (index, period) in periods.enumerated() {
            guard (0...1e12).contains(period.duration), (0...1e9).contains(period.bandwidth),
                (0...1e7).contains(period.latency)
            else {
                throw SabreInputError("period \(index) of the network has a number that is negative or out of range")
            }
        }
        guard periods.contains(where: { $0.duration > 0 && $0.bandwidth > 0 }) else {
            throw SabreInputError("the network never carries anything; one period needs a duration and a bandwidth")
        }
    }
}

/// A movie, a link or options with which no session can be simulated.
package struct SabreInputError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, as a sentence without a full stop.
    package var description: String

    /// Creates an error.
    package init(_ description: String) { self.description = description }
}

/// How a session runs in Sabre's model.
package struct SabreOptions: Sendable, Hashable {
    /// Which buffered segment of a lower track is fetched anew when the rule chooses a higher one.
    package enum Replacement: String, Sendable, Hashable, CaseIterable {
        /// None.
        case none
        /// The one that plays first.
        case left
        /// The one that plays last.
        case right
    }

    /// The most media time in the buffer, in milliseconds; default 25 000.
    package var maximumBuffer: Double
    /// The weight of rebuffering in the score (gamma * p); default 5.
    package var smoothness: Double
    /// Whether segments in progress may be given up; default true.
    package var allowsAbandoning: Bool
    /// What is fetched anew; default nothing.
    package var replacement: Replacement
    /// The track from which the start-up counts as over; nil takes what the link carries at the moment.
    package var rampUpTrack: Int?
    /// How the model itself measures the link, for the accuracy of the estimate.
    package var history: LinkHistory.Settings

    /// Creates options with Sabre's defaults.
    package init() {
        maximumBuffer = 25_000
        smoothness = 5
        allowsAbandoning = true
        replacement = .none
        history = .standard
    }
}
