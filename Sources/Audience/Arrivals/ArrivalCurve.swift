import Quantities

/// A rate of arrivals over time: straight lines between points, such as those that an earlier event left.
package struct ArrivalCurve: Sendable, Hashable {
    /// The rate at a time.
    package struct Point: Sendable, Hashable {
        /// When, from the begin of the arrivals.
        package var at: TimeAmount
        /// Arrivals per second; not negative.
        package var rate: Double

        /// Creates a point.
        package init(at: TimeAmount, rate: Double) {
            self.at = at
            self.rate = rate
        }
    }

    /// The points by time; of two at the same time the first ends what was and the second begins what comes.
    package let points: [Point]
    /// The arrivals up to each point.
    private let areas: [Double]

    /// Creates a curve; nil unless time never goes back and begins at zero or later, rates are numbers and not negative,
    /// and somebody comes.
    package init?(_ points: [Point]) {
        var areas: [Double] = []
        var area = 0.0
        for (index, point) in points.enumerated() {
            let before = index == 0 ? point : points[index - 1]
            guard point.at >= before.at, point.at >= .zero, point.rate.isFinite, point.rate >= 0 else { return nil }
            area += (point.at - before.at).seconds * (point.rate + before.rate) / 2
            areas.append(area)
        }
        guard area > 0, area.isFinite else { return nil }
        self.points = points
        self.areas = areas
    }

    /// Rates that each hold for an equal part of a span: a staircase; nil where nobody would come.
    package static func steps(_ rates: [Double], over span: TimeAmount) -> ArrivalCurve? {
        let count = Double(max(1, rates.count))
        return ArrivalCurve(
            rates.enumerated().flatMap { index, rate in
                [
                    Point(at: span * (Double(index) / count), rate: rate),
                    Point(at: span * (Double(index + 1) / count), rate: rate),
                ]
            })
    }

    /// How many come if the rates are taken as they stand: the area under the curve.
    package var arrivals: Double { areas.last ?? 0 }
    /// How long the arrivals take.
    package var span: TimeAmount { points.last?.at ?? .zero }

    /// The curve without what comes after a time; nil where nobody is left.
    package func cut(at end: TimeAmount) -> ArrivalCurve? {
        guard let after = points.firstIndex(where: { $0.at > end }) else { return self }
        guard after > 0 else { return nil }
        let from = points[after - 1]
        let to = points[after]
        let part = (end - from.at).seconds / (to.at - from.at).seconds
        return ArrivalCurve(points[..<after] + [Point(at: end, rate: from.rate + (to.rate - from.rate) * part)])
    }

    /// When a share of the arrivals, at least 0 and below 1, have come: the inverse of the area.
    ///
    /// Takes the logarithm of the number of points, whoever is asked about.
    package func time(of share: Double) -> TimeAmount {
        let wanted = share * arrivals
        // The last point up to which no more have come than are wanted.
        var low = 0
        var high = points.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if areas[middle] <= wanted { low = middle } else { high = middle - 1 }
        }
        guard low + 1 < points.count else { return span }
        let from = points[low]
        let width = (points[low + 1].at - from.at).seconds
        let area = wanted - areas[low]
        guard area > 0, width > 0 else { return from.at }
        // a = r t + s t² / 2, solved for t in the form that loses no digits where s is small.
        let slope = (points[low + 1].rate - from.rate) / width
        let root = max(0, from.rate * from.rate + 2 * slope * area).squareRoot()
        return from.at + .seconds(min(width, 2 * area / (from.rate + root)))
    }
}
