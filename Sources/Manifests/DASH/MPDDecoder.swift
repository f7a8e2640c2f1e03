import Quantities

/// Decodes a DASH MPD (ISO/IEC 23009-1) into a presentation.
///
/// What a player can do without is left out with a finding: a Representation with an invalid template, an AdaptationSet
/// with an EssentialProperty that is not known, a period that cannot be placed in time. An MPD of which nothing is left
/// is malformed.
struct MPDDecoder {
    let limits: DecodingLimits
    let root: XMLElement
    let isDynamic: Bool
    var findings = FindingCollector()
    var timings: TimingCache
    var lists: [ObjectIdentifier: SegmentURIList] = [:]
    var trackCount = 0

    /// Decodes a document whose root element is MPD.
    ///
    /// - Throws: `malformed` with the line, or `tooLarge`.
    static func decode(_ bytes: [UInt8], limits: DecodingLimits) throws(ManifestError) -> Presentation {
        let root = try XMLTreeReader.read(bytes, limits: limits)
        var decoder = MPDDecoder(limits: limits, root: root)
        do {
            return try decoder.presentation()
        } catch {
            switch error {
            case .problem(let problem, let line):
                throw .malformed(line: line, detail: "\(problem.message) (\(problem.clause))")
            case .manifest(let error): throw error
            }
        }
    }

    /// What can end the decoding as a whole.
    enum Failure: Error {
        case problem(MPDProblem, line: Int)
        case manifest(ManifestError)
    }

    private init(limits: DecodingLimits, root: XMLElement) {
        self.limits = limits
        self.root = root
        timings = TimingCache(limits: limits)
        isDynamic = root.attributes["type"] == "dynamic"
    }

    /// Runs work on the MPD's own attributes, in which a problem is fatal.
    private func onRoot<Value>(_ work: () throws(MPDProblem) -> Value) throws(Failure) -> Value {
        do { return try work() } catch { throw .problem(error, line: root.line) }
    }

    private mutating func presentation() throws(Failure) -> Presentation {
        if let type = root.attributes["type"], type != "static", type != "dynamic" {
            findings.add(
                "dash-unknown-type", .error, clause: "ISO/IEC 23009-1 5.3.1.2", line: root.line,
                "MPD@type is neither static nor dynamic; static is taken")
        }
        let duration = try onRoot { () throws(MPDProblem) in try root.duration("mediaPresentationDuration") }
        let timing = isDynamic ? try onRoot { () throws(MPDProblem) in try dynamicTiming() } : nil
        let minimumBufferTime = optional(root, "minBufferTime")
        var periods: [Period] = []
        for placed in placedPeriods(total: duration) {
            let context = PeriodContext(
                element: placed.element, position: periods.count, start: placed.start, duration: placed.duration,
                isDynamic: isDynamic)
            let sets = try switchingSets(of: context)
            guard !sets.isEmpty else {
                findings.add(
                    "dash-empty-period", .warning, clause: "ISO/IEC 23009-1 5.3.2", line: placed.element.line,
                    "nothing in the period can be played")
                continue
            }
            periods.append(
                Period(
                    id: placed.element.attributes["id"] ?? "", start: .zero + placed.start, duration: placed.duration,
                    switchingSets: sets))
        }
        let all = findings.finished()
        guard let last = periods.last else {
            let reason = all.first { $0.severity == .error }.map { ": \($0.message)" } ?? ""
            throw .manifest(.malformed(line: nil, detail: "nothing in the MPD can be played\(reason)"))
        }
        let end = isDynamic ? nil : last.end.map { $0 - MediaTime.zero }
        return Presentation(
            format: .dash, periods: periods, isDynamic: isDynamic, dynamicTiming: timing, duration: duration ?? end,
            minimumBufferTime: minimumBufferTime, findings: all)
    }

    /// A duration that can be done without.
    private mutating func optional(_ element: XMLElement, _ name: String) -> TimeAmount? {
        do {
            return try element.duration(name)
        } catch {
            findings.add(error, line: element.line)
            return nil
        }
    }

    // MARK: - Dynamic MPDs

    private mutating func dynamicTiming() throws(MPDProblem) -> DynamicTiming {
        guard let start = try root.date("availabilityStartTime") else {
            throw MPDProblem(
                id: "dash-missing-availability-start", message: "a dynamic MPD has no availabilityStartTime",
                clause: "ISO/IEC 23009-1 5.3.1.2")
        }
        let clocks = root.children("UTCTiming").prefix(20).map {
            UTCTiming(scheme: $0.attributes["schemeIdUri"] ?? "", value: $0.attributes["value"] ?? "")
        }
        if clocks.isEmpty {
            findings.add(
                "dash-no-clock", .warning, clause: "ISO/IEC 23009-1 5.8.4.11", line: root.line,
                "the dynamic MPD has no UTCTiming; players use their own clocks")
        }
        return DynamicTiming(
            availabilityStart: start, minimumUpdatePeriod: try root.duration("minimumUpdatePeriod"),
            timeShiftBufferDepth: try root.duration("timeShiftBufferDepth"), suggestedDelay: suggestedDelay(),
            publishTime: publishTime(),
            locations: root.children("Location").filter { !$0.text.isEmpty }.map { ManifestLocation(uri: $0.text) },
            clocks: Array(clocks),
            maximumSegmentDuration: optional(root, "maxSegmentDuration"))
    }

    /// Latency@target in milliseconds, else suggestedPresentationDelay.
    private mutating func suggestedDelay() -> TimeAmount? {
        let latency = root.children("ServiceDescription").lazy.compactMap { $0.child("Latency") }.first
        do {
            if let target = try latency?.whole("target"), target < 1_000_000_000 { return .milliseconds(target) }
        } catch {
            findings.add(error, line: root.line)
        }
        return optional(root, "suggestedPresentationDelay")
    }

    private mutating func publishTime() -> WallTime? {
        do {
            return try root.date("publishTime")
        } catch {
            findings.add(error, line: root.line)
            return nil
        }
    }
}
