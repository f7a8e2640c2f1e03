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
        package var outages: [Outage] = []
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

        /// A time in which nothing arrives.
        package struct Outage: Sendable, Hashable {
            /// When it begins.
            package var at: Instant
            /// How long it lasts; more than zero.
            package var duration: TimeAmount
        }

        /// The least number that each of some sizes divides; 1 for none.
        static func commonMultiple(_ sizes: [Int]) -> Int {
            sizes.reduce(1) { multiple, size in
                var (larger, smaller) = (multiple, max(1, size))
                while smaller > 0 { (larger, smaller) = (smaller, larger % smaller) }
                return multiple / larger * max(1, size)
            }
        }

        /// What the link carries over time, without the delay and the outages of this network; nil for whatever comes.
        ///
        /// - Parameter seed: What decides a process or a preset that varies.
        package func trace(seed: UInt64) -> LinkTrace? {
            switch source {
            case .unlimited: nil
            case .rate(let rate): LinkTrace(name: name, rate: rate)
            case .preset(let preset): preset.trace(seed: seed)
            case .trace(let trace): trace
            case .process(let process): process.trace(seed: seed)
            }
        }
    }
}

extension LinkTrace {
    /// What the link carries on average over its whole length.
    package var meanRate: BitRate {
        let bits = steps.reduce(0) { $0 + $1.rate.bitsPerSecond * $1.duration.seconds }
        return BitRate(bitsPerSecond: bits / max(1e-9, duration.seconds))
    }
}
