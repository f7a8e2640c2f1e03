import Quantities

/// A linear axis with round ticks.
struct Axis {
    /// The tick values from the lowest to the highest; the axis ends at the last.
    let ticks: [Double]
    /// The value at the end.
    let upper: Double

    /// An axis from zero that holds a value, with about so many steps of 1, 2, 2.5 or 5 times a power of ten.
    ///
    /// - Parameters:
    ///   - highest: The greatest value to be shown.
    ///   - steps: The number of steps wished for.
    ///   - isWhole: True when fractions make no sense, as with viewers.
    init(upTo highest: Double, steps: Int = 4, isWhole: Bool = false) {
        let top = highest.isFinite && highest > 0 ? highest : 1
        let rough = top / Double(steps)
        var power = 1.0
        while power * 10 <= rough { power *= 10 }
        while power > rough { power /= 10 }
        let factors = isWhole && power < 10 ? [1.0, 2, 5, 10] : [1, 2, 2.5, 5, 10]
        var step = power * (factors.first { power * $0 >= rough * 0.999 } ?? 10)
        if isWhole { step = max(1, step) }
        let count = max(1, Int((top / step).rounded(.up)))
        ticks = (0...count).map { Double($0) * step }
        upper = Double(count) * step
    }

    /// The step between ticks.
    var step: Double { ticks.count > 1 ? ticks[1] : upper }

    /// The labels of the ticks, with the digits that the step needs.
    var labels: [String] {
        var digits = 0
        var scaled = step
        while digits < 6, abs(scaled - scaled.rounded()) > 1e-6 {
            digits += 1
            scaled *= 10
        }
        return ticks.map { value in
            digits == 0 ? Figures.grouped(Int64(clampingRounded: value)) : Figures.fixed(value, digits)
        }
    }
}

/// A time axis in seconds, minutes or hours of the run.
struct TimeAxis {
    /// Seconds at the end of the axis.
    let length: Double
    /// Seconds of each tick.
    let ticks: [Double]
    /// The unit's name for the axis.
    let unit: String
    private let unitSeconds: Double

    /// An axis of so many seconds with at most so many steps.
    init(length: Double, steps: Int = 6) {
        self.length = max(1, length)
        let candidates: [Double] = [
            1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400,
        ]
        let total = self.length
        let step =
            candidates.first { total / $0 <= Double(steps) } ?? (total / Double(steps) / 86_400).rounded(.up) * 86_400
        (unitSeconds, unit) = step < 60 ? (1, "s") : step < 3_600 ? (60, "min") : (3_600, "h")
        ticks = Array(stride(from: 0, through: total + 0.001, by: step))
    }

    /// The label of a tick, in the axis's unit.
    func label(_ seconds: Double) -> String { Figures.trimmed(Figures.fixed(seconds / unitSeconds, 2)) }
}
