import Quantities

/// What viewers do while they watch; the default is to watch and do nothing.
///
/// Held by reference, because a million viewers share it; a change makes a copy.
@dynamicMemberLookup
package struct ViewerBehaviour: Sendable, Hashable {
    private var shared = Shared(Settings())

    /// The settings in a place of their own.
    private final class Shared: Sendable {
        let settings: Settings

        init(_ settings: Settings) { self.settings = settings }
    }

    /// Creates a behaviour.
    package init() {}

    /// All that viewers do.
    package var settings: Settings {
        get { shared.settings }
        set { shared = Shared(newValue) }
    }

    /// One of ``Settings``.
    package subscript<Value>(dynamicMember path: WritableKeyPath<Settings, Value>) -> Value {
        get { shared.settings[keyPath: path] }
        set {
            var settings = shared.settings
            settings[keyPath: path] = newValue
            shared = Shared(settings)
        }
    }

    package static func == (left: ViewerBehaviour, right: ViewerBehaviour) -> Bool {
        left.shared === right.shared || left.settings == right.settings
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(settings) }
}

extension ViewerBehaviour {
    /// What viewers do; what is nil they never do.
    package struct Settings: Sendable, Hashable {
        /// Pausing.
        package var pauses: Pauses?
        /// Jumping forward and back.
        package var seeks: Seeks?
        /// Watching an earlier part of a live stream again and returning to its edge.
        package var rewinds: Rewinds?
        /// Going on to another stream.
        package var zapping: Zapping?
        /// Losing patience before the first picture.
        package var startupPatience: StartupPatience?
        /// Losing patience while the picture stands.
        package var rebufferPatience: RebufferPatience?
        /// Trying again after a playback has failed.
        package var rejoin: Rejoin?

        /// Creates settings of viewers who only watch.
        package init() {}
    }

    /// Pausing, as a Poisson process of playing time.
    package struct Pauses: Sendable, Hashable {
        /// Pauses per hour of playing; above zero.
        package var rate: Double
        /// How long they are.
        package var length: TimeDistribution

        /// Creates pauses.
        package init(rate: Double, length: TimeDistribution) {
            self.rate = rate
            self.length = length
        }
    }

    /// Jumping, as a Poisson process of playing time.
    package struct Seeks: Sendable, Hashable {
        /// Jumps per hour of playing; above zero.
        package var rate: Double
        /// How far they go.
        package var distance: TimeDistribution
        /// The share of them that go back, 0 to 1.
        package var back: Double

        /// Creates jumps.
        package init(rate: Double, distance: TimeDistribution, back: Double = 0.5) {
            self.rate = rate
            self.distance = distance
            self.back = back
        }
    }

    /// Going back in a live stream, as a Poisson process of playing time, and returning to the edge.
    ///
    /// On-demand content is left alone: whether a stream is live is seen by its latency being reported.
    package struct Rewinds: Sendable, Hashable {
        /// Rewinds per hour of playing; above zero.
        package var rate: Double
        /// How far back they go.
        package var distance: TimeDistribution
        /// How long is played from there before the viewer returns to the edge.
        package var staying: TimeDistribution

        /// Creates rewinds.
        package init(rate: Double, distance: TimeDistribution, staying: TimeDistribution) {
            self.rate = rate
            self.distance = distance
            self.staying = staying
        }
    }

    /// Going on to another stream, as a Poisson process of playing time.
    package struct Zapping: Sendable, Hashable {
        /// Changes per hour of playing; above zero.
        package var rate: Double
        /// For how much playing time of the visit the viewer zaps; nil for all of it.
        package var first: TimeAmount?
        /// The weights with which the next stream is chosen, by position; empty for those of the audience.
        package var weights: [Double]

        /// Creates zapping.
        package init(rate: Double, first: TimeAmount? = nil, weights: [Double] = []) {
            self.rate = rate
            self.first = first
            self.weights = weights
        }
    }

    /// Leaving before the first picture: P(left by t) = slope · (t - grace), up to the end of patience.
    ///
    /// The default is what Krishnan and Sitaraman measured ("Video Stream Quality Impacts Viewer Behavior", IMC 2012, 23
    /// million plays): nobody leaves in the first 2 s of startup, then 5.8 % of all in each further second, until after
    /// 12 s somewhat less than 60 % are gone. Whoever waits longer than that waits for good.
    package struct StartupPatience: Sendable, Hashable {
        /// How long everybody waits.
        package var grace: TimeAmount = .seconds(2)
        /// The share of all that leaves in each second after that, 0 to 1.
        package var slope = 0.058
        /// When nobody leaves any more.
        package var until: TimeAmount = .seconds(12)

        /// Creates the measured patience.
        package init() {}

        /// How long the viewer of a rank, at least 0 and below 1, waits; nil for ever.
        package func patience(of rank: Double) -> TimeAmount? {
            guard slope > 0, until > grace, rank < slope * (until - grace).seconds else { return nil }
            return grace + .seconds(rank / slope)
        }
    }

    /// Leaving while the picture stands: a constant hazard for each second of rebuffering, whichever rebuffer it is in.
    ///
    /// The default follows from Dobrian and others ("Understanding the Impact of Video Quality on User Engagement", SIGCOMM
    /// 2011): 1 % of rebuffering costs 3 min of a live event of 90 min. With a hazard h per second of rebuffering
    /// a viewer whose picture stands for 1 % of the time is still there at t with exp(-0.01 h t), and so sees
    /// (1 - exp(-54 s · h)) / (0.01 h) of the 5 400 s; that this is 180 s less makes h = 0.00126 per second.
    package struct RebufferPatience: Sendable, Hashable {
        /// How long of each rebuffer everybody bears.
        package var grace: TimeAmount = .zero
        /// The share of those still there that leaves in each further second; above zero.
        package var hazard = 0.00126

        /// Creates the measured patience.
        package init() {}

        /// How much rebuffering beyond the grace the viewer of a rank, at least 0 and below 1, bears in a visit.
        package func budget(of rank: Double) -> TimeAmount {
            .seconds(hazard > 0 ? TimeDistribution.unitExponential(rank) / hazard : .infinity)
        }
    }

    /// Trying again after a playback has failed.
    package struct Rejoin: Sendable, Hashable {
        /// The most further tries in a visit; at least 1.
        package var attempts: Int
        /// The chance with which a viewer tries again each time, 0 to 1.
        package var share: Double
        /// How long a viewer waits before.
        package var delay: TimeDistribution

        /// Creates tries.
        package init(
            attempts: Int = 3, share: Double = 1,
            delay: TimeDistribution = .uniform(from: .seconds(1), to: .seconds(5))
        ) {
            self.attempts = attempts
            self.share = share
            self.delay = delay
        }
    }
}
