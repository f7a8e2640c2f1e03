/// The nearest point of the probability simplex (Chen and Ye: Projection onto a simplex, arXiv:1101.6081).
enum SimplexProjection {
    /// The point with no negative coordinate whose sum is 1 that is nearest to `point`, which must not be empty.
    static func project(_ point: [Double]) -> [Double] {
        let sorted = point.sorted(by: >)
        var sum = 0.0
        var shift: Double?
        for index in 0..<(sorted.count - 1) {
            sum += sorted[index]
            let candidate = (sum - 1) / Double(index + 1)
            if candidate >= sorted[index + 1] {
                shift = candidate
                break
            }
        }
        let offset = shift ?? (sum + (sorted.last ?? 0) - 1) / Double(sorted.count)
        return point.map { max($0 - offset, 0) }
    }
}
