/// The link of Sabre's model: periods that repeat for ever, on which time passes by waiting, latency and transfers.
///
/// All times are milliseconds, sizes bits. The order of the operations is that of the model, so that its totals come out
/// to the last bit.
struct SabreLink {
    private let periods: [SabrePeriod]
    private var index = 0
    /// What is left of the period.
    private(set) var timeToNext: Double
    /// The time since the begin.
    private(set) var now: Double = 0
    /// How many periods may yet begin: a bound on the work for links that carry next to nothing.
    private(set) var periodsLeft = 5_000_000
    /// Periods that began in the last call and have not been looked at, with the time of each.
    private(set) var begun: [(time: Double, period: SabrePeriod)] = []

    /// - Parameter periods: Never empty.
    init(_ periods: [SabrePeriod]) {
        self.periods = periods
        timeToNext = periods[0].duration
        begun = [(0, periods[0])]
    }

    private var period: SabrePeriod { periods[index] }

    /// True when the work would be too much; calls end early then.
    var isExhausted: Bool { periodsLeft <= 0 }

    /// Hands out what began, and forgets it.
    mutating func takeBegun() -> [(time: Double, period: SabrePeriod)] {
        defer { begun.removeAll(keepingCapacity: true) }
        return begun
    }

    private mutating func nextPeriod() {
        index += 1
        if index == periods.count { index = 0 }
        timeToNext = period.duration
        periodsLeft -= 1
        begun.append((now, period))
    }

    /// Lets time pass.
    mutating func wait(_ time: Double) {
        var time = time
        while time > timeToNext && !isExhausted {
            time -= timeToNext
            now += timeToNext
            nextPeriod()
        }
        timeToNext -= time
        now += time
    }

    /// Waits for a first byte: the share of a latency that passes in a period counts.
    ///
    /// - Returns: The time that passed.
    mutating func waitForFirstByte() -> Double {
        var share = 1.0
        var total = 0.0
        while share > 0 && !isExhausted {
            let time = share * period.latency
            if time <= timeToNext {
                total += time
                now += time
                timeToNext -= time
                share = 0
            } else {
                total += timeToNext
                now += timeToNext
                share -= timeToNext / period.latency
                nextPeriod()
            }
        }
        return total
    }

    /// Carries so many bits without looking up.
    ///
    /// - Returns: The time that passed.
    mutating func carry(_ size: Double) -> Double {
        var size = size
        var total = 0.0
        while size > 0 && !isExhausted {
            let bandwidth = period.bandwidth
            if size <= timeToNext * bandwidth {
                let time = size / bandwidth
                total += time
                now += time
                timeToNext -= time
                size = 0
            } else {
                total += timeToNext
                now += timeToNext
                size -= timeToNext * bandwidth
                nextPeriod()
            }
        }
        return total
    }

    /// Carries bits until at least so many and so much time have passed, or all are there.
    ///
    /// - Returns: The bits, and the time that passed.
    mutating func carry(_ size: Double, least: Double, leastTime: Double) -> (bits: Double, time: Double) {
        var (size, least, leastTime) = (size, least, leastTime)
        var total = (bits: 0.0, time: 0.0)
        while size > 0 && (least > 0 || leastTime > 0) && !isExhausted {
            var bits = 0.0
            var time: Double
            let bandwidth = period.bandwidth
            if bandwidth > 0 {
                let wanted = max(least, leastTime * bandwidth)
                let untilNext = timeToNext * bandwidth
                if size <= wanted && size <= untilNext {
                    bits = size
                    time = pass(bits / bandwidth)
                } else if wanted <= untilNext {
                    bits = wanted
                    time = pass(bits / bandwidth)
                    // Rounding must not keep the loop going.
                    least = 0
                    leastTime = 0
                } else {
                    bits = untilNext
                    time = passPeriod()
                }
            } else if least > 0 || leastTime > timeToNext {
                time = passPeriod()
            } else {
                time = pass(leastTime)
            }
            total.bits += bits
            total.time += time
            size -= bits
            least -= bits
            leastTime -= time
        }
        return total
    }

    /// Lets time within the period pass.
    private mutating func pass(_ time: Double) -> Double {
        timeToNext -= time
        now += time
        return time
    }

    /// Lets the rest of the period pass.
    private mutating func passPeriod() -> Double {
        let time = timeToNext
        now += time
        nextPeriod()
        return time
    }
}
