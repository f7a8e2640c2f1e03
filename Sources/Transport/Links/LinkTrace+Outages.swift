import Quantities

extension LinkTrace {
    /// A stretch in which the link carries nothing.
    package struct Outage: Sendable, Hashable {
        /// When it begins, counted from the trace's begin; what is before the begin counts as the begin.
        package var at: TimeAmount
        /// How long it lasts; nothing when it is not positive.
        package var duration: TimeAmount

        /// Creates an outage.
        package init(at: TimeAmount, duration: TimeAmount) {
            self.at = at
            self.duration = duration
        }
    }

    /// The trace may grow by repetition up to this number of steps, so that an outage far from its begin finds its place.
    private static let stepLimit = 1_000_000

    /// The same link with outages.
    ///
    /// Outages count from the trace's begin and come again with each repetition; where one lies beyond the trace's end
    /// the trace is repeated until it holds the outage (up to a million steps; an outage behind that is left out). They
    /// may overlap.
    package func adding(outages: [Outage]) -> LinkTrace {
        let spans = Self.merged(outages)
        guard let last = spans.last else { return self }
        var result: [Step] = []
        var begin = TimeAmount.zero
        var next = spans[...]
        repeat {
            for step in steps { Self.append(step, at: begin, to: &result, next: &next, begin: &begin) }
        } while begin < last.end && result.count < Self.stepLimit
        return LinkTrace(name: name, steps: result)
    }

    private struct Span {
        var begin: TimeAmount
        var end: TimeAmount
    }

    /// The outages in order, those that touch put together.
    private static func merged(_ outages: [Outage]) -> [Span] {
        let spans = outages.filter { $0.duration > .zero }
            .map { Span(begin: max($0.at, .zero), end: max($0.at, .zero) + $0.duration) }
            .filter { $0.end > $0.begin }.sorted { $0.begin < $1.begin }
        var result: [Span] = []
        for span in spans {
            if let last = result.indices.last, result[last].end >= span.begin {
                result[last].end = max(result[last].end, span.end)
            } else {
                result.append(span)
            }
        }
        return result
    }

    /// Appends a step that begins at a time, cut where outages begin and end.
    private static func append(
        _ step: Step, at start: TimeAmount, to result: inout [Step], next: inout ArraySlice<Span>,
        begin: inout TimeAmount
    ) {
        var time = start
        let end = start + step.duration
        while time < end {
            while let span = next.first, span.end <= time { next = next.dropFirst() }
            let isOut = next.first.map { $0.begin <= time } ?? false
            let change = next.first.map { isOut ? $0.end : $0.begin } ?? end
            let until = min(change, end)
            result.append(Step(duration: until - time, rate: isOut ? .zero : step.rate, delay: step.delay))
            time = until
        }
        begin = end
    }
}
