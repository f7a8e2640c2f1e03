import Quantities

/// Links that many viewers have, by name.
///
/// The constant ones are the connection profiles of WebPageTest (`www/settings/connectivity.ini.sample`, downstream rate
/// and round trip): the round trip is the delay before the first byte of each response. They are what a household gets
/// to use, not what the line is sold as. The evening's Wi-Fi is our own: a process that varies, as no constant shows
/// what a crowded band does to a player.
package enum LinkPreset: String, CaseIterable, Sendable, Codable {
    /// 20 Mbit/s, 4 ms (WebPageTest `FIOS`).
    case fibre
    /// 5 Mbit/s, 28 ms (WebPageTest `Cable`).
    case cable
    /// 1.5 Mbit/s, 50 ms (WebPageTest `DSL`).
    case dsl
    /// 12 Mbit/s, 70 ms (WebPageTest `LTE`).
    case lte
    /// 1.6 Mbit/s, 300 ms (WebPageTest `3G`).
    case threeG = "3g"
    /// Mean 6 Mbit/s, varying each second (σ 0.6, ρ 0.9 of the logarithm), 30 ms; at 0.8 Mbit/s for 4 s about twice a
    /// minute, when the neighbours' traffic has the channel.
    case eveningWiFi = "evening wifi"

    /// The rate on the average, as it is documented for each case.
    package var rate: BitRate {
        switch self {
        case .fibre: .megabits(20)
        case .cable: .megabits(5)
        case .dsl: .megabits(1.5)
        case .lte: .megabits(12)
        case .threeG: .megabits(1.6)
        case .eveningWiFi: .megabits(6)
        }
    }

    /// The extra delay before the first byte of each response.
    package var delay: TimeAmount {
        switch self {
        case .fibre: .milliseconds(4)
        case .cable: .milliseconds(28)
        case .dsl: .milliseconds(50)
        case .lte: .milliseconds(70)
        case .threeG: .milliseconds(300)
        case .eveningWiFi: .milliseconds(30)
        }
    }

    /// The link over time; only the evening's Wi-Fi depends on the seed.
    package func trace(seed: UInt64) -> LinkTrace {
        switch self {
        case .fibre, .cable, .dsl, .lte, .threeG: LinkTrace(name: rawValue, rate: rate, delay: delay)
        case .eveningWiFi: congested(seed: seed)
        }
    }

    /// Ten minutes of the evening's Wi-Fi, second by second.
    private func congested(seed: UInt64) -> LinkTrace {
        let free = LinkProcess.ar1(mean: rate, sigma: 0.6, rho: 0.9).trace(seed: seed)
        let crowded = LinkProcess.markov(
            good: rate, bad: .megabits(0.8), goodFor: .seconds(26), badFor: .seconds(4)
        ).trace(seed: seed ^ 0x57_69_46_69)
        var steps: [LinkTrace.Step] = []
        var time = TimeAmount.zero
        while time < free.duration {
            let isCrowded = crowded.step(at: time).step.rate < rate
            let own = free.step(at: time).step.rate
            let left = isCrowded ? min(own, .megabits(0.8)) : own
            steps.append(LinkTrace.Step(duration: .seconds(1), rate: left, delay: delay))
            time += .seconds(1)
        }
        return LinkTrace(name: rawValue, steps: steps)
    }
}
