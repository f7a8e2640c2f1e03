import Quantities

/// What a link to a viewer carries over time: steps of constant rate and delay, repeated for ever.
///
/// Immutable and shared: a thousand viewers on one trace hold it once, each at an offset of its own.
package final class LinkTrace: Sendable {
    /// A stretch of time in which nothing changes.
    package struct Step: Sendable, Hashable {
        /// How long it lasts; more than zero.
        package var duration: TimeAmount
        /// What the link carries; zero is an outage.
        package var rate: BitRate
        /// Extra delay before the first byte of each request's response.
        package var delay: TimeAmount

        /// Creates a step.
        package init(duration: TimeAmount, rate: BitRate, delay: TimeAmount = .zero) {
            self.duration = duration
            self.rate = rate
            self.delay = delay
        }
    }

    /// The name in reports.
    package let name: String
    /// The steps; never empty.
    package let steps: [Step]
    /// When each step ends, counted from the trace's begin.
    private let ends: [TimeAmount]

    /// Creates a trace; steps that last no time are left out, and an empty list is an outage for ever.
    package init(name: String, steps: [Step]) {
        let lasting = steps.filter { $0.duration > .zero }
        self.name = name
        self.steps = lasting.isEmpty ? [Step(duration: .seconds(1), rate: .zero)] : lasting
        var end = TimeAmount.zero
        ends = self.steps.map {
            end = end + $0.duration
            return end
        }
    }

    /// A link that never changes.
    package convenience init(name: String, rate: BitRate, delay: TimeAmount = .zero) {
        self.init(name: name, steps: [Step(duration: .seconds(3_600), rate: rate, delay: delay)])
    }

    /// How long the trace lasts before it repeats.
    package var duration: TimeAmount { ends.last ?? .zero }

    /// The step at a time since the trace's begin, and how long it still lasts; times before the begin count as the begin.
    package func step(at time: TimeAmount) -> (step: Step, remaining: TimeAmount) {
        let total = duration.nanoseconds
        let within = TimeAmount(nanoseconds: max(0, time.nanoseconds) % total)
        var low = 0
        var high = ends.count - 1
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] > within { high = middle } else { low = middle + 1 }
        }
        return (steps[low], ends[low] - within)
    }
}

/// A viewer's place on a link.
package struct LinkAttachment: Sendable {
    /// What the link carries.
    package var trace: LinkTrace
    /// Where in the trace the run's instant zero lies.
    package var offset: TimeAmount
    /// Channels of one transport with the same number share the link: what one takes the others do not have.
    package var household: UInt64

    /// Creates a place on a link.
    package init(_ trace: LinkTrace, offset: TimeAmount = .zero, household: UInt64) {
        self.trace = trace
        self.offset = offset
        self.household = household
    }
}

/// What is known of a transfer in progress.
package struct TransferProgress: Sendable, Hashable {
    /// Body bytes that have arrived.
    package var bytes: ByteCount
    /// From the begin to the first byte of the response; nil before it.
    package var firstByte: TimeAmount?

    /// Creates progress.
    package init(bytes: ByteCount, firstByte: TimeAmount?) {
        self.bytes = bytes
        self.firstByte = firstByte
    }
}
