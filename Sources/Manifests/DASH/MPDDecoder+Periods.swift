import Quantities

extension MPDDecoder {
    /// A period with its place on the timeline.
    struct PlacedPeriod {
        var element: XMLElement
        var start: TimeAmount
        var duration: TimeAmount?
    }

    /// The value of `xlink:href` that takes an element away.
    static let resolveToZero = "urn:mpeg:dash:resolve-to-zero:2013"

    /// The periods that can be placed in time (ISO/IEC 23009-1 section 5.3.2.1).
    ///
    /// A period starts at its `start`, else
    /// where the one before it ends, and the first of a static MPD at zero. It lasts for its `duration`, else until the
    /// next one starts, and the last until the presentation ends.
    mutating func placedPeriods(total: TimeAmount?) -> [PlacedPeriod] {
        var placed: [PlacedPeriod] = []
        // The end of the period before, nil when it is not known.
        var end: TimeAmount? = isDynamic ? nil : .zero
        for element in root.children("Period") where followLinks(of: element) {
            let given = time("start", of: element)
            let duration = time("duration", of: element)
            guard let start = given ?? end else {
                let message = "a period without start follows one without duration and cannot be placed"
                findings.add(
                    isDynamic ? "dash-early-period" : "dash-period-without-start",
                    isDynamic ? .information : .error, clause: "ISO/IEC 23009-1 5.3.2.1", line: element.line, message)
                end = nil
                continue
            }
            if let last = placed.last, start < last.start {
                findings.add(
                    "dash-period-order", .error, clause: "ISO/IEC 23009-1 5.3.2.1", line: element.line,
                    "a period starts before the one that precedes it and is left out")
                continue
            }
            if given != nil, let end, !placed.isEmpty { check(start, against: end, line: element.line) }
            placed.append(PlacedPeriod(element: element, start: start, duration: duration))
            end = duration.map { bounded(start + $0) }
        }
        return withEnds(placed, total: total)
    }

    /// A period must begin where the one before it says that it ends.
    private mutating func check(_ start: TimeAmount, against end: TimeAmount, line: Int) {
        let isGap = start > end
        guard (isGap ? start - end : end - start) > .milliseconds(1) else { return }
        findings.add(
            isGap ? "dash-period-gap" : "dash-period-overlap", .warning, clause: "ISO/IEC 23009-1 5.3.2.1", line: line,
            isGap
                ? "a period begins \(start - end) after the end of the one before it"
                : "a period begins \(end - start) before the end of the one before it, which is cut")
    }

    private func withEnds(_ placed: [PlacedPeriod], total: TimeAmount?) -> [PlacedPeriod] {
        var result = placed
        for index in placed.indices {
            let start = placed[index].start
            let until = index + 1 < placed.count ? placed[index + 1].start - start : total.map { $0 - start }
            // A period that is announced longer than up to its successor is cut by it.
            if let until, placed[index].duration.map({ $0 > until && index + 1 < placed.count }) ?? true {
                result[index].duration = until
            }
        }
        return result.filter { $0.duration.map { $0 > .zero } ?? true }
    }

    private func bounded(_ time: TimeAmount) -> TimeAmount {
        min(time, .nanoseconds(DecodingLimits.longestTime))
    }

    private mutating func time(_ name: String, of element: XMLElement) -> TimeAmount? {
        do {
            return try element.duration(name)
        } catch {
            findings.add(error, line: element.line)
            return nil
        }
    }

    /// False for an element that is taken away; adds a finding for a link that would have to be followed.
    mutating func followLinks(of element: XMLElement) -> Bool {
        guard let link = element.attribute("xlink:href") else { return true }
        if link == Self.resolveToZero { return false }
        findings.add(
            "dash-link-not-followed", .warning, clause: "ISO/IEC 23009-1 5.5", line: element.line,
            "\(element.name) points to another document, which is not fetched; what stands in it is taken")
        return true
    }
}
