import Quantities
import Transport

extension RunProfile {
    /// The last mile of a part of the viewers.
    package struct Network: Sendable {
        /// The name in reports.
        package var name: String
        /// Its part of the viewers where a region has no mix of its own, weighed against the others'.
        package var weight: Double
        /// What the link carries.
        package var source = Source.unlimited
        /// Extra delay before the first byte of each response, beside what the source has.
        package var delay = TimeAmount.zero
        /// When nothing arrives, from the begin of the run on.
        package var outages: [LinkTrace.Outage] = []
        /// How many viewers share a link, from 1 to 8; 1 when each has one alone.
        package var householdSize = 1

        /// What a link carries.
        package enum Source: Sendable {
            /// Whatever comes.
            case unlimited
            /// A rate that never changes.
            case rate(BitRate)
            /// A kind of access with its usual figures.
            case preset(LinkPreset)
            /// A recorded link.
            case trace(LinkTrace)
            /// A process that the seed decides.
            case process(LinkProcess)
        }

        /// The least number that each of some sizes divides; 1 for none.
        static func commonMultiple(_ sizes: [Int]) -> Int {
            sizes.reduce(1) { multiple, size in
                var (larger, smaller) = (multiple, max(1, size))
                while smaller > 0 { (larger, smaller) = (smaller, larger % smaller) }
                return multiple / larger * max(1, size)
            }
        }

        /// True when the seed decides what the link carries.
        package var varies: Bool {
            switch source {
            case .preset, .process: true
            case .unlimited, .rate, .trace: false
            }
        }

        /// What the link carries over time, with the delay and the outages of this network; nil for a link that carries
        /// whatever comes at once.
        ///
        /// - Parameter seed: What decides a process or a preset that varies.
        /// - Returns: The link.
        package func trace(seed: UInt64) -> LinkTrace? {
            let bare: LinkTrace? =
                switch source {
                case .unlimited: nil
                case .rate(let rate): LinkTrace(name: name, rate: rate)
                case .preset(let preset): preset.trace(seed: seed)
                case .trace(let trace): trace
                case .process(let process): process.trace(seed: seed)
                }
            guard bare != nil || delay > .zero || !outages.isEmpty else { return nil }
            let link = bare ?? LinkTrace(name: name, rate: Self.unlimitedRate)
            let steps = link.steps.map { step in
                LinkTrace.Step(duration: step.duration, rate: step.rate, delay: step.delay + delay)
            }
            let delayed = delay > .zero ? LinkTrace(name: link.name, steps: steps) : link
            return outages.isEmpty ? delayed : delayed.adding(outages: outages)
        }

        /// More than any machine's own link: what a link without a rate of its own carries outside its outages.
        private static let unlimitedRate = BitRate.megabits(1_000_000)
    }
}
