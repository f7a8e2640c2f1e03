import Quantities

/// A plan in figures: who will come, what it takes, and whether a machine has it.
///
/// Made from a profile and a seed alone, so that the same ones give the same report.
package struct PlanReport: Sendable, Hashable {
    /// The profile's name.
    package var profile: String
    /// The seed of the plan.
    package var seed: UInt64
    /// How many viewers come, and how many visits they make together.
    package var viewers: Int
    package var visits: Int
    /// When the first and the last visit begin, and when the last one ends or the plan is cut off.
    package var firstArrival: Instant
    package var lastArrival: Instant
    package var end: Instant
    /// The phases of the script, in its order; empty where there is none.
    package var phases: [Phase] = []
    /// The mixes, each with its parts.
    package var mixes: [Mix] = []
    /// The plan over time.
    package var timeline: PlanTimeline
    /// The most sessions at once, and when that is reached first.
    package var peakSessions: Int
    package var peakSessionsAt: Instant
    /// What is downloaded; nil where nothing says what the streams' tracks are.
    package var traffic: Traffic?
    /// What a run of the plan takes, against what there is.
    package var needs: [Need] = []
    /// What was assumed, a sentence each.
    package var assumptions: [String] = []
    /// What of the plan would not happen, a sentence each.
    package var warnings: [String] = []

    /// A phase of the script.
    package struct Phase: Sendable, Hashable {
        /// Its name.
        package var name: String
        /// When it begins, and when it ends where it has an end of its own.
        package var from: Instant
        package var to: Instant?
        /// The visits that it brings.
        package var visits: Int

        /// Creates a phase.
        package init(name: String, from: Instant, to: Instant?, visits: Int) {
            self.name = name
            self.from = from
            self.to = to
            self.visits = visits
        }
    }

    /// The parts of an audience by one of its properties.
    package struct Mix: Sendable, Hashable {
        /// What the parts are, such as `Region`.
        package var name: String
        /// The parts, in the profile's order.
        package var parts: [Part]

        /// Creates a mix.
        package init(name: String, parts: [Part]) {
            self.name = name
            self.parts = parts
        }
    }

    /// A part of an audience.
    package struct Part: Sendable, Hashable {
        /// Its name.
        package var name: String
        /// Words about it, such as what a network carries; `""` for none.
        package var detail: String
        /// The share that the profile asks for, 0 to 1; nil where that differs by region.
        package var share: Double?
        /// The visits, and the most of them at once.
        package var visits: Int
        package var peak: Int

        /// Creates a part.
        package init(name: String, detail: String = "", share: Double?, visits: Int, peak: Int) {
            self.name = name
            self.detail = detail
            self.share = share
            self.visits = visits
            self.peak = peak
        }
    }

    /// What is downloaded.
    package struct Traffic: Sendable, Hashable {
        /// The highest rate, averaged over a bucket of the timeline, and the bucket's begin.
        package var peak: BitRate
        package var peakAt: Instant
        /// The same without what fills buffers after arrivals.
        package var playingPeak: BitRate
        /// Everything together.
        package var total: ByteCount
        /// Viewers by the track that they are taken to play.
        package var tracks: [Track]

        /// A track and who plays it.
        package struct Track: Sendable, Hashable {
            /// The stream, and the bit rate.
            package var stream: String
            package var bitRate: BitRate
            /// The visits.
            package var visits: Int

            /// Creates a track's figures.
            package init(stream: String, bitRate: BitRate, visits: Int) {
                self.stream = stream
                self.bitRate = bitRate
                self.visits = visits
            }
        }

        /// Creates figures.
        package init(
            peak: BitRate, peakAt: Instant, playingPeak: BitRate, total: ByteCount, tracks: [Track]
        ) {
            self.peak = peak
            self.peakAt = peakAt
            self.playingPeak = playingPeak
            self.total = total
            self.tracks = tracks
        }
    }

    /// Creates a report without phases, mixes, traffic and needs.
    package init(
        profile: String, seed: UInt64, viewers: Int, visits: Int, firstArrival: Instant, lastArrival: Instant,
        end: Instant, timeline: PlanTimeline, peakSessions: Int, peakSessionsAt: Instant
    ) {
        self.profile = profile
        self.seed = seed
        self.viewers = viewers
        self.visits = visits
        self.firstArrival = firstArrival
        self.lastArrival = lastArrival
        self.end = end
        self.timeline = timeline
        self.peakSessions = peakSessions
        self.peakSessionsAt = peakSessionsAt
    }
}
