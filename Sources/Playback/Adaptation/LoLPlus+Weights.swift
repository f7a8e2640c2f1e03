import Quantities

/// Chooses the weights of LoL+'s distance for the next segment (dash.js `LoLpWeightSelector.js`, `LoLpQoEEvaluator.js`).
struct WeightSelector: Sendable {
    /// The values that each of the four weights may have.
    static let values = [0.2, 0.4, 0.6, 0.8, 1]

    private let bitRates: [Double]
    private let settings: LoLPlus.Settings

    init(bitRates: [Double], settings: LoLPlus.Settings) {
        self.bitRates = bitRates
        self.settings = settings
    }

    /// The weights under which some track gives the best quality of experience; nil when no track keeps the latency within
    /// its target and the buffer above its minimum.
    ///
    /// Throughput and switching weights do not enter the quality, so that the first of equals, 0.2, stands for both. The
    /// highest quality has the lowest cost, for which the weights of latency and buffer, which divide it, are 1 where the
    /// cost is not nothing.
    ///
    /// - Parameters:
    ///   - latencies: The neurons' latency states.
    ///   - moment: What is measured.
    /// - Returns: The weights in the order of a neuron's state.
    func weights(latencies: [Double], _ moment: NeuronMap.Moment) -> SIMD4<Double>? {
        // dash.js makes a new selector for each segment, whose last latency is zero: the limit is target + latency.
        guard moment.latency <= settings.targetLatency + moment.latency else { return nil }
        var best: SIMD4<Double>?
        var highest = -Double.infinity
        for (track, bitRate) in bitRates.enumerated() {
            let nextBuffer = moment.nextBuffer(bitRate)
            guard nextBuffer >= settings.minimumBuffer else { continue }
            let rebuffer = max(0.00001, moment.downloadTime(bitRate) - nextBuffer)
            for latencyWeight in Self.values {
                for bufferWeight in Self.values {
                    let quality = experience(
                        bitRate, rebuffer: rebuffer / bufferWeight, latency: latencies[track] / latencyWeight, moment)
                    if quality > highest {
                        highest = quality
                        best = SIMD4(Self.values[0], latencyWeight, bufferWeight, Self.values[0])
                    }
                }
            }
        }
        return best
    }

    /// The quality of experience of one segment: p * R - Rmax * rebuffering - penalty * latency - Rmin * |1 - rate|.
    ///
    /// As in dash.js the reward takes bit/s and the penalties' factors kbit/s.
    private func experience(_ bitRate: Double, rebuffer: Double, latency: Double, _ moment: NeuronMap.Moment) -> Double
    {
        let lowest = (bitRates.first ?? 0) / 1_000
        let highest = (bitRates.last ?? 0) / 1_000
        let penalty = latency <= 1.1 ? lowest * 0.05 : highest * 0.1
        return moment.segmentDuration * bitRate - highest * rebuffer - penalty * latency
            - lowest * abs(1 - moment.playbackRate)
    }
}

/// The first weights of LoL+: centres that k-means++ would begin with, of random points (dash.js
/// `LearningAbrController.js`).
enum InitialWeights {
    /// The centre that is farthest from the least typical one.
    ///
    /// - Parameters:
    ///   - count: The number of tracks: as many centres of count * count points.
    ///   - highest: The range of the points' first coordinate; that of the others is 1.
    ///   - generator: Where the points come from.
    /// - Returns: The weights in the order of a neuron's state.
    static func draw(
        count: Int, highest: Double, using generator: inout SeededGenerator
    ) -> SIMD4<Double> {
        let points = (0..<max(1, count * count)).map { _ in
            SIMD4(generator.unit() * highest, generator.unit(), generator.unit(), generator.unit())
        }
        var centres = [points[0]]
        while centres.count < count {
            let next = points.max { nearest($0, centres) < nearest($1, centres) }
            centres.append(next ?? points[0])
        }
        let leastTypical = centres.max { spread($0, centres) < spread($1, centres) } ?? points[0]
        return centres.max { distance($0, leastTypical) < distance($1, leastTypical) } ?? points[0]
    }

    private static func distance(_ left: SIMD4<Double>, _ right: SIMD4<Double>) -> Double {
        NeuronMap.distance(left, right, SIMD4(repeating: 1))
    }

    private static func nearest(_ point: SIMD4<Double>, _ centres: [SIMD4<Double>]) -> Double {
        centres.reduce(.infinity) { min($0, distance(point, $1)) }
    }

    private static func spread(_ point: SIMD4<Double>, _ centres: [SIMD4<Double>]) -> Double {
        centres.reduce(0) { $0 + distance(point, $1) }
    }
}
