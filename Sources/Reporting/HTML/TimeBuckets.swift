import Measurement
import Quantities

/// A series brought to as many points as a chart can show: seconds are added up, so that nothing is left out.
struct TimeBuckets {
    /// Seconds in each bucket.
    let width: Int
    /// One point for each bucket, without gaps; a bucket without anything has zeros.
    let points: [SeriesPoint]
    /// The length of the run in seconds.
    let length: Double

    /// Brings a series to at most so many buckets of 1, 2, 5, 10, 15, 30 or 60 seconds and so on.
    init(_ series: [SeriesPoint], duration: TimeAmount, limit: Int = 240) {
        let seconds = max(1, Int(max(duration.seconds, Double((series.last?.second ?? 0) + 1)).rounded(.up)))
        let widths = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600]
        let width = widths.first { (seconds + $0 - 1) / $0 <= limit } ?? (seconds + limit - 1) / limit
        self.width = width
        length = max(1, duration.seconds)
        var buckets = (0..<(seconds + width - 1) / width).map { number in
            SeriesPoint(second: number * width, duration: .zero)
        }
        for point in series where point.second >= 0 && point.second / width < buckets.count {
            buckets[point.second / width].merge(later: point)
        }
        points = buckets
    }

    /// The middle of each bucket as a part of the run.
    var places: [Double] {
        points.indices.map { number in
            let start = Double(number * width)
            return min(1, (start + min(Double(width), max(0, length - start)) / 2) / length)
        }
    }

    /// The begin and end of a bucket as parts of the run.
    func span(_ number: Int) -> (Double, Double) {
        (min(1, Double(number * width) / length), min(1, Double((number + 1) * width) / length))
    }

    /// How long a bucket is, in seconds: the last may be shorter.
    func seconds(_ number: Int) -> Double {
        max(0.001, min(Double(width), length - Double(number * width)))
    }

    /// The mean number of sessions in a state during a bucket: the time they spent in it ÷ the bucket's.
    func mean(_ number: Int, _ nanoseconds: Int64) -> Double {
        max(0, Double(nanoseconds) / 1e9 / seconds(number))
    }
}
