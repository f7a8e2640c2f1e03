import Quantities

extension PlanReport {
    /// Something that a run takes, against what a machine has.
    package struct Need: Sendable, Hashable {
        /// What it is, such as `file descriptors`.
        package var name: String
        /// How much is needed at most, and when.
        package var amount: Double
        package var at: Instant
        /// How much there is; nil where nothing can be said.
        package var limit: Double?
        /// What both are counted in.
        package var unit: Unit
        /// What to do when there is too little, without a full stop.
        package var advice: String

        /// What needs are counted in.
        package enum Unit: String, Sendable, Hashable {
            /// Things.
            case count
            case bytes
            /// Processors at work.
            case processors
            /// Things in a second.
            case perSecond = "per second"
            /// Bits in a second.
            case bitRate = "bits per second"
        }

        /// How a need stands to what there is.
        package enum Verdict: String, Sendable, Hashable {
            /// There is enough.
            case enough
            /// More than four fifths are needed.
            case close
            /// There is too little.
            case tooLittle = "too little"
            /// Nothing is known of what there is.
            case unknown
        }

        /// Creates a need.
        package init(
            name: String, amount: Double, at: Instant, limit: Double?, unit: Unit, advice: String
        ) {
            self.name = name
            self.amount = amount
            self.at = at
            self.limit = limit
            self.unit = unit
            self.advice = advice
        }

        /// How the need stands to what there is.
        package var verdict: Verdict {
            guard let limit else { return .unknown }
            if amount > limit { return .tooLittle }
            return amount > limit * 0.8 ? .close : .enough
        }

        /// The amount for people.
        package var amountText: String { text(amount) }
        /// What there is, for people; a dash where nothing is known.
        package var limitText: String { limit.map(text) ?? "–" }

        private func text(_ value: Double) -> String {
            switch unit {
            case .count: Figures.grouped(Int64(clampingRounded: value.rounded(.up)))
            case .bytes: Figures.bytes(Int64(clampingRounded: value))
            case .processors: Figures.short(value)
            case .perSecond: Figures.short(value) + " /s"
            case .bitRate: Figures.rate(BitRate(bitsPerSecond: value))
            }
        }

        /// A sentence for a need that is not met or nearly not; nil for one that is.
        package var sentence: String? {
            switch verdict {
            case .enough, .unknown: nil
            case .close:
                "The plan comes close to what this machine has of \(name): \(amountText) of \(limitText) at"
                    + " \(Figures.clock(at)). To have more room, \(advice)."
            case .tooLittle:
                "The plan needs more \(name) than this machine has: \(amountText), not \(limitText), at"
                    + " \(Figures.clock(at)). \(advice.prefix(1).uppercased() + advice.dropFirst())."
            }
        }
    }

    /// Whether the machine has everything that a run of the plan takes, as far as that is known.
    package var fits: Bool { !needs.contains { $0.verdict == .tooLittle } }

    /// Sentences about needs that are not met, then about those nearly not met, then about what would not happen.
    package var sentences: [String] {
        needs.filter { $0.verdict == .tooLittle }.compactMap(\.sentence)
            + needs.filter { $0.verdict == .close }.compactMap(\.sentence) + warnings
    }
}

extension Figures {
    /// An instant of a run as its time since the begin: `0 s`, `12 min 30 s`, `0.5 s`.
    static func clock(_ instant: Instant) -> String {
        let seconds = instant.seconds
        return seconds < 10 && seconds != seconds.rounded() ? short(seconds) + " s" : duration(instant - .zero)
    }
}
