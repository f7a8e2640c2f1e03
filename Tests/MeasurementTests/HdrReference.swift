/// Recorded once with hdrhistogram-swift 0.2.0: `valueAtPercentile` of the values that the test describes.
enum HdrReference {
    static let percentiles: [(Double, Int64)] = [
        (0.1, 1_088), (1, 1_892), (10, 10_015), (25, 23_519), (50, 45_983), (75, 68_479), (90, 81_983), (95, 86_527),
        (99, 90_111), (99.9, 90_943), (99.99, 90_999), (100, 90_999),
    ]
}
