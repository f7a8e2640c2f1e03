import Quantities

/// Why a text is no threshold.
package struct ThresholdParseError: Error, Hashable, Sendable {
    /// One sentence that names what was found and what is allowed.
    package var sentence: String
}

extension Threshold {
    /// Reads a threshold as a profile writes it.
    ///
    /// - Throws: ``ThresholdParseError`` naming the first thing that is wrong, and what is allowed there.
    package init(parsing text: String) throws(ThresholdParseError) {
        let written = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        var rest = Substring(written)
        let minimum = try Self.takeMinimum(from: &rest, written)
        let scope = try Self.takeScope(from: &rest, written)
        guard let (comparison, left, right) = Self.split(rest) else {
            throw Self.problem(written, "has no comparison; put one of <, <=, >, >=, == or != before the limit")
        }
        let (metric, statistic) = try Self.metric(left, written)
        let (limit, unit) = try Self.limit(right, of: metric, written)
        guard metric.dimensions.contains(scope.dimension) else {
            let allowed = metric.dimensions.filter { $0 != .overall }.map(\.label)
            throw Self.problem(
                written,
                "asks for \(metric.rawValue) by \(scope.dimension.label), which is not counted so; it is counted by"
                    + " \(Self.list(allowed))")
        }
        self.init(
            scope: scope, metric: metric, statistic: statistic, comparison: comparison, limit: limit, unit: unit,
            minimumPopulation: minimum, text: written)
    }

    private static func problem(_ text: String, _ what: String) -> ThresholdParseError {
        ThresholdParseError(sentence: "The threshold “\(text)” \(what).")
    }

    private static func list(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "nothing" }
        return words.dropLast().joined(separator: ", ") + " or " + last
    }

    // MARK: The parts

    private static func takeMinimum(
        from rest: inout Substring, _ written: String
    ) throws(ThresholdParseError) -> Int64 {
        guard let open = rest.lastIndex(of: "(") else { return 1 }
        let inside = rest[rest.index(after: open)...]
        let words = inside.split(separator: " ")
        guard inside.hasSuffix(")"), words.count == 4, words[0].lowercased() == "at", words[1].lowercased() == "least",
            let number = Int64(words[2]), number >= 1,
            ["sessions)", "plays)", "transfers)", "samples)", "probes)"].contains(words[3].lowercased())
        else {
            throw problem(
                written,
                "ends in “(\(inside)”; what may stand in brackets is “(at least 200 sessions)”, with sessions,"
                    + " plays, transfers, samples or probes")
        }
        rest = rest[..<open]
        return number
    }

    private static func takeScope(
        from rest: inout Substring, _ written: String
    ) throws(ThresholdParseError) -> CellKey {
        // The last colon before the comparison: an IPv6 address has colons of its own.
        let head = rest.prefix { !"<>=!".contains($0) }
        guard let colon = head.lastIndex(of: ":") else { return .overall }
        let scope = head[..<colon]
        rest = rest[rest.index(after: colon)...]
        let words = scope.split(separator: " ", maxSplits: 1)
        guard let first = words.first, let dimension = Dimension(label: first.lowercased()), dimension != .overall,
            words.count == 2
        else {
            throw problem(
                written,
                "begins with “\(scope):”; what may stand before the colon is stream, region, edge, device, phase, network, kind or step and a name"
            )
        }
        return CellKey(dimension, String(words[1]))
    }

    private static func split(_ rest: Substring) -> (Comparison, left: Substring, right: Substring)? {
        guard let position = rest.firstIndex(where: { "<>=!".contains($0) }) else { return nil }
        for comparison in Comparison.allCases where rest[position...].hasPrefix(comparison.rawValue) {
            let after = rest.index(position, offsetBy: comparison.rawValue.count)
            return (comparison, rest[..<position], rest[after...])
        }
        return nil
    }

    private static func metric(
        _ left: Substring, _ written: String
    ) throws(ThresholdParseError) -> (ThresholdMetric, Statistic?) {
        var words = left.lowercased().split(separator: " ").map(String.init)
        let statistic = words.last.flatMap(Self.statistic)
        if statistic != nil { words.removeLast() }
        let name = words.joined(separator: " ")
        guard let metric = ThresholdMetric(rawValue: name) ?? Self.otherNames[name] else {
            throw problem(
                written,
                "is about “\(name)”, which is no metric; the metrics are"
                    + " \(list(ThresholdMetric.allCases.map(\.rawValue)))")
        }
        if metric.isDistribution, statistic == nil {
            throw problem(
                written,
                "names no part of the distribution; write \(name) p95, or p with another number up to 100,"
                    + " mean, min or max")
        }
        // The bit rate is a mean already, so saying so is harmless.
        if !metric.isDistribution, let statistic, !(metric == .bitRate && statistic == .mean) {
            throw problem(
                written,
                "asks for “\(words.last.map { _ in left.split(separator: " ").last ?? "" } ?? "")” of"
                    + " \(metric.rawValue), which is one number; leave it out")
        }
        return (metric, metric.isDistribution ? statistic : nil)
    }

    /// Names that people use too.
    private static let otherNames: [String: ThresholdMetric] = [
        "startup": .startupTime, "ttfb": .timeToFirstByte, "playback failures": .playbackFailures,
        "start failures": .startFailures, "exits before start": .exitsBeforeStart, "bitrate": .bitRate,
        "mean bit rate": .bitRate, "latency": .liveLatency, "findings errors": .findingErrors,
        "error findings": .findingErrors, "findings warnings": .findingWarnings,
        "warning findings": .findingWarnings, "leaks": .tokenLeaks, "refused viewers": .refusedSessions,
    ]

    private static func statistic(_ word: String) -> Statistic? {
        switch word {
        case "mean", "average": return .mean
        case "max", "maximum": return .maximum
        case "min", "minimum": return .minimum
        case "median": return .percentile(50)
        default:
            guard word.hasPrefix("p"), let percentage = Double(word.dropFirst()), percentage > 0, percentage <= 100
            else { return nil }
            return .percentile(percentage)
        }
    }

    private static func limit(
        _ right: Substring, of metric: ThresholdMetric, _ written: String
    ) throws(ThresholdParseError) -> (Double, MetricUnit) {
        let trimmed = right.filter { $0 != " " }
        let digits = trimmed.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "-" || $0 == "+") }
        let unitText = String(trimmed.dropFirst(digits.count))
        guard let number = Double(digits), number.isFinite, number >= 0 else {
            throw problem(written, "has the limit “\(right.drop { $0 == " " })”, which is no number of at least 0")
        }
        guard let (factor, unit) = factor(unitText, of: metric) else {
            throw problem(
                written,
                "gives its limit in “\(unitText)”; \(metric.rawValue) is measured in"
                    + " \(list(metric.units.flatMap(\.spellings)))")
        }
        return (number * factor, unit)
    }

    private static func factor(_ text: String, of metric: ThresholdMetric) -> (Double, MetricUnit)? {
        for unit in metric.units {
            if let factor = unit.factor(text) { return (factor, unit) }
        }
        // Zero needs no unit: none of anything.
        return nil
    }
}

extension MetricUnit {
    /// The spellings for messages.
    fileprivate var spellings: [String] {
        switch self {
        case .time: ["µs", "ms", "s", "min"]
        case .share: ["%"]
        case .bitRate: ["kbit/s", "Mbit/s", "Gbit/s"]
        case .count: ["a plain number"]
        }
    }

    /// What a number of this spelling is multiplied with; nil for an unknown one.
    fileprivate func factor(_ text: String) -> Double? {
        switch (self, text) {
        case (.time, "µs"), (.time, "us"): 1e-6
        case (.time, "ms"): 1e-3
        case (.time, "s"): 1
        case (.time, "min"): 60
        case (.share, "%"): 0.01
        case (.bitRate, "bit/s"): 1
        case (.bitRate, "kbit/s"): 1e3
        case (.bitRate, "Mbit/s"): 1e6
        case (.bitRate, "Gbit/s"): 1e9
        case (.count, ""): 1
        default: nil
        }
    }
}
