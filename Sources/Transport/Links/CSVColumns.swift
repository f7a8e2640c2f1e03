import Quantities

/// A line of seconds, kbit/s and perhaps milliseconds of delay.
struct CSVRow {
    var line: Int
    var seconds: Double
    var rate: BitRate
    var delay: TimeAmount
}

/// What the columns of a CSV trace mean.
struct CSVColumns {
    /// Whether the first column says how long a rate lasts, not when it begins.
    private var hasDurations = false
    /// kbit/s in one of the second column's unit.
    private var unit = 1.0

    /// Seconds and kbit/s.
    init() {}

    /// Reads a heading, such as `seconds,kbit/s` or `duration_s;Mbit/s;delay_ms`.
    init(heading: TraceLine, _ name: String) throws(LinkTraceError) {
        let names = heading.fields.map { $0.text.lowercased() }
        let expected = "two numbers, seconds and kbit/s, or a heading such as 'seconds,kbit/s'"
        guard names.count == 2 || names.count == 3, !heading.fields.contains(where: { $0.isNumeric }) else {
            throw .unreadable(name: name, line: heading.number, expected: expected, found: heading.quoted)
        }
        hasDurations = names[0].hasPrefix("duration")
        guard let unit = Self.unit(names[1]) else {
            throw .unreadable(
                name: name, line: heading.number,
                expected: "a second column headed kbit/s, Mbit/s or bit/s (or kbps, Mbps, bps)",
                found: TraceField.quoted(names[1]))
        }
        self.unit = unit
    }

    /// kbit/s in one of a unit; nil where the heading names none that is known.
    private static func unit(_ heading: String) -> Double? {
        if ["mbit", "mbps", "mb/s"].contains(where: heading.contains) { return 1_000 }
        if ["kbit", "kbps", "kb/s"].contains(where: heading.contains) { return 1 }
        if ["bit/s", "bps"].contains(where: heading.contains) { return 0.001 }
        return nil
    }

    /// Reads a line of numbers.
    func row(_ line: TraceLine, _ name: String) throws(LinkTraceError) -> CSVRow {
        let numbers = line.fields.map(\.number)
        guard numbers.count == 2 || numbers.count == 3, let seconds = numbers[0], let rate = numbers[1],
            let delay = numbers.count == 3 ? numbers[2] : 0
        else {
            throw .unreadable(
                name: name, line: line.number,
                expected: "seconds and kbit/s (and perhaps milliseconds of delay), such as '10,4500'",
                found: line.quoted)
        }
        guard seconds >= 0, seconds <= LinkTraceFile.longest, rate >= 0, rate * unit <= LinkTraceFile.fastest,
            delay >= 0, delay <= 600_000
        else {
            throw .unreadable(
                name: name, line: line.number,
                expected: "seconds from 0 to 315360000, a rate from 0 to 1 Tbit/s, a delay from 0 to 600000 ms",
                found: line.quoted)
        }
        return CSVRow(
            line: line.number, seconds: seconds, rate: .kilobits(rate * unit), delay: .seconds(delay / 1_000))
    }

    /// The rows as steps.
    func steps(_ rows: [CSVRow], _ name: String) throws(LinkTraceError) -> [LinkTrace.Step] {
        if hasDurations {
            return try lasting(rows, name)
        }
        var steps: [LinkTrace.Step] = []
        for (row, next) in zip(rows, rows.dropFirst()) {
            let duration = TimeAmount.seconds(next.seconds - row.seconds)
            guard duration >= LinkTraceFile.shortest else {
                throw .unreadable(
                    name: name, line: next.line,
                    expected: "an instant after \(row.seconds) s, by a millisecond at least; for lengths of time head the column 'duration'",
                    found: "\(next.seconds) s")
            }
            steps.append(LinkTrace.Step(duration: duration, rate: row.rate, delay: row.delay))
        }
        if let last = rows.last {
            let duration = steps.last?.duration ?? .seconds(1)
            steps.append(LinkTrace.Step(duration: duration, rate: last.rate, delay: last.delay))
        }
        return steps
    }

    /// The rows as steps where the first column says how long each lasts; rows of no time are left out.
    private func lasting(_ rows: [CSVRow], _ name: String) throws(LinkTraceError) -> [LinkTrace.Step] {
        var steps: [LinkTrace.Step] = []
        for row in rows where row.seconds > 0 {
            let duration = TimeAmount.seconds(row.seconds)
            guard duration >= LinkTraceFile.shortest else {
                throw .unreadable(
                    name: name, line: row.line, expected: "a duration of 0.001 s or more", found: "\(row.seconds) s")
            }
            steps.append(LinkTrace.Step(duration: duration, rate: row.rate, delay: row.delay))
        }
        return steps
    }
}
