import Quantities

extension LinkTrace {
    /// How many bytes the link carries between two times since the trace's begin; zero when the second is not later.
    ///
    /// The integral of the rate over the steps between them, so a change of rate counts from its instant on.
    package func carried(from start: TimeAmount, to end: TimeAmount) -> Double {
        var bytes = 0.0
        var time = max(start, .zero)
        while time < end {
            let (step, remaining) = step(at: time)
            let span = min(remaining, end - time)
            bytes += step.rate.bitsPerSecond / 8 * span.seconds
            time += span
        }
        return bytes
    }

    /// How long the link takes, from a time since the trace's begin, to carry so many bytes; nil when that is longer
    /// than `horizon`.
    ///
    /// No bytes take no time. Rounded up to the nanosecond, so that the bytes have been carried by then.
    package func time(toCarry bytes: Double, from start: TimeAmount, within horizon: TimeAmount) -> TimeAmount? {
        guard bytes > 0 else { return .zero }
        var missing = bytes
        var spent = TimeAmount.zero
        while spent < horizon {
            let (step, remaining) = step(at: max(start, .zero) + spent)
            let span = min(remaining, horizon - spent)
            let rate = step.rate.bitsPerSecond / 8
            if rate > 0, missing <= rate * span.seconds {
                return min(spent + .seconds(missing / rate) + .nanoseconds(1), horizon)
            }
            missing -= rate * span.seconds
            spent += span
        }
        return nil
    }

    /// How long an outage still lasts at a time since the trace's begin; zero when there is none, and nil when the link
    /// never carries anything.
    package func outage(at start: TimeAmount) -> TimeAmount? {
        var spent = TimeAmount.zero
        while spent <= duration {
            let (step, remaining) = step(at: max(start, .zero) + spent)
            if step.rate > .zero { return spent }
            spent += remaining
        }
        return nil
    }

    /// The mean rate over one repetition.
    package var meanRate: BitRate {
        let bits = steps.reduce(0) { $0 + $1.rate.bitsPerSecond * $1.duration.seconds }
        return BitRate(bitsPerSecond: bits / max(duration.seconds, 1e-9))
    }

    /// The highest rate of any step.
    package var peakRate: BitRate { steps.lazy.map(\.rate).max() ?? .zero }
}
