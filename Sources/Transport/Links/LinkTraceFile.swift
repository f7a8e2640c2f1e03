import Quantities

/// Reads recorded links; the format is seen from the content.
///
/// - *Sabre's JSON*: a list of `{"duration_ms": …, "bandwidth_kbps": …, "latency_ms": …}`; the latency is optional and
///   becomes the delay before the first byte of each response.
/// - *mahimahi*: one whole number a line, the millisecond at which a packet of 1 500 bytes may leave; the last one is the
///   period. Packets are counted in windows of 100 ms.
/// - *CSV* of seconds and kbit/s, perhaps with a third column of milliseconds of delay; the columns are parted by commas,
///   semicolons, tabs or blanks. The seconds are the instants from which a rate holds (growing from line to line; the
///   last one lasts as long as the one before it), or, under a heading whose first column begins with `duration`, how
///   long it lasts. A heading may give the second column's unit: kbit/s (or kbps), Mbit/s (Mbps) or bit/s (bps).
///
/// Lines that are empty or begin with `#` are passed over. Rates are at least zero (zero is an outage) and at most
/// 1 Tbit/s, times at most ten years, steps at least a millisecond long.
package enum LinkTraceFile {
    /// The longest file that is read, in bytes.
    package static let byteLimit = 64 << 20

    /// The width of the windows in which mahimahi's packets are counted.
    static let window: Int64 = 100
    /// The longest time, in seconds.
    static let longest = 315_360_000.0
    /// The highest rate, in kbit/s.
    static let fastest = 1e9

    /// Reads a trace.
    ///
    /// - Parameters:
    ///   - bytes: The file's content; hostile bytes are refused, never trusted.
    ///   - name: The trace's name in reports and errors, such as the file's.
    /// - Returns: The trace, which carries something at some time.
    /// - Throws: ``LinkTraceError`` naming the line and what is expected there.
    package static func read(_ bytes: [UInt8], name: String) throws(LinkTraceError) -> LinkTrace {
        guard bytes.count <= byteLimit else {
            throw .tooLong(name: name, bytes: bytes.count, limit: byteLimit)
        }
        let content = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        let first = content.first { !isBlank($0) && $0 != UInt8(ascii: "\n") }
        let steps: [LinkTrace.Step]
        if first == UInt8(ascii: "[") || first == UInt8(ascii: "{") {
            var reader = SabreTraceReader(bytes: content, name: name)
            steps = try reader.read()
        } else {
            steps = try readLines(TraceLines(content), name)
        }
        guard !steps.isEmpty else { throw .empty(name: name) }
        guard steps.contains(where: { $0.rate > .zero }) else { throw .carriesNothing(name: name) }
        return LinkTrace(name: name, steps: steps)
    }

    /// The shortest step, apart from the end of one of mahimahi's periods: what is shorter only costs time.
    static let shortest = TimeAmount.milliseconds(1)

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    private static func readLines(_ lines: TraceLines, _ name: String) throws(LinkTraceError) -> [LinkTrace.Step] {
        var lines = lines
        guard let first = lines.next() else { throw .empty(name: name) }
        if first.fields.count == 1 { return try readPackets(first, lines, name) }
        var columns = CSVColumns()
        var rows: [CSVRow] = []
        if first.fields.allSatisfy({ $0.isNumeric }) {
            rows.append(try columns.row(first, name))
        } else {
            columns = try CSVColumns(heading: first, name)
        }
        while let line = lines.next() { rows.append(try columns.row(line, name)) }
        return try columns.steps(rows, name)
    }

    /// Reads mahimahi's lines, the first of which was read.
    private static func readPackets(
        _ first: TraceLine, _ lines: TraceLines, _ name: String
    ) throws(LinkTraceError) -> [LinkTrace.Step] {
        var lines = lines
        var windows: [(index: Int64, packets: Int64)] = []
        var last: Int64 = 0
        var line = first
        while true {
            let time = try packetTime(line, after: last, name)
            last = time
            // A packet at t was carried until t; the first window has the one at zero too.
            let index = max(0, time - 1) / window
            if let end = windows.indices.last, windows[end].index == index {
                windows[end].packets += 1
            } else {
                windows.append((index, 1))
            }
            guard let next = lines.next() else { break }
            line = next
        }
        guard last > 0 else {
            throw .unreadable(
                name: name, line: line.number, expected: "a last millisecond above 0, which is the period", found: "0")
        }
        return packetSteps(windows, period: last)
    }

    private static func packetTime(
        _ line: TraceLine, after last: Int64, _ name: String
    ) throws(LinkTraceError) -> Int64 {
        guard line.fields.count == 1, let time = line.fields[0].integer, Double(time) <= longest * 1e3 else {
            throw .unreadable(
                name: name, line: line.number, expected: "one whole number of milliseconds, as in mahimahi's traces",
                found: line.quoted)
        }
        guard time >= last else {
            throw .unreadable(
                name: name, line: line.number, expected: "a millisecond not before the last line's \(last)",
                found: line.quoted)
        }
        return time
    }

    /// The windows as steps, with outages where there was no packet.
    private static func packetSteps(_ windows: [(index: Int64, packets: Int64)], period: Int64) -> [LinkTrace.Step] {
        var steps: [LinkTrace.Step] = []
        var time: Int64 = 0
        for (index, packets) in windows {
            if index * window > time {
                steps.append(LinkTrace.Step(duration: .milliseconds(index * window - time), rate: .zero))
            }
            let end = min((index + 1) * window, period)
            let span = end - index * window
            let rate = BitRate.kilobits(12_000 * Double(packets) / Double(span))
            steps.append(LinkTrace.Step(duration: .milliseconds(span), rate: rate))
            time = end
        }
        return steps
    }
}
