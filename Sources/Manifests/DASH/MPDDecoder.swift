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
    /// The ContentProtection elements that others refer to, by `refId`.
    let protectionsByReference: [String: ContentProtection]
    /// What the checks of the document as a whole have seen.
    var checks = MPDChecks()

    /// Decodes a document whose root element is MPD.
    ///
    /// - Throws: `malformed` with the line, or `tooLarge`.
    static func decode(_ bytes: [UInt8], limits: DecodingLimits) throws(ManifestError) -> Presentation {
        try decode(try XMLTreeReader.read(bytes, limits: limits), limits: limits)
    }

    /// Decodes a document that has been read.
    ///
    /// - Throws: As ``decode(_:limits:)``.
    static func decode(_ root: XMLElement, limits: DecodingLimits) throws(ManifestError) -> Presentation {
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
        protectionsByReference = Self.referredProtections(in: root)
    }

    /// Runs work on the MPD's own attributes, in which a problem is fatal.
    func onRoot<Value>(_ work: () throws(MPDProblem) -> Value) throws(Failure) -> Value {
        do { return try work() } catch { throw .problem(error, line: root.line) }
    }

    private mutating func presentation() throws(Failure) -> Presentation {
        if let type = root.attributes["type"], type != "static", type != "dynamic" {
            findings.add(
                "dash-unknown-type", .error, clause: "ISO/IEC 23009-1 5.3.1.2", line: root.line,
                "MPD@type is neither static nor dynamic; static is taken")
        }
        let duration = try onRoot { () throws(MPDProblem) in try root.duration("mediaPresentationDuration") }
        let timing = try dynamicTiming()
        let minimumBufferTime = optionalDuration(root, "minBufferTime")
        let periods = try periods(total: duration)
        guard let last = periods.last else {
            let reason = findings.finished().first { $0.severity == .error }
            let detail = "nothing in the MPD can be played\(reason.map { ": \($0.message)" } ?? "")"
            throw .manifest(.malformed(line: nil, detail: detail))
        }
        checkDocument(timing, duration: duration, periods: periods)
        let end = isDynamic ? nil : last.end.map { $0 - MediaTime.zero }
        let takesPatches = timing.map { !$0.patchLocations.isEmpty } ?? false
        return Presentation(
            format: .dash, periods: periods, isDynamic: isDynamic, dynamicTiming: timing, duration: duration ?? end,
            minimumBufferTime: minimumBufferTime, startOffset: nil, steering: steering(), details: details(),
            patchBase: takesPatches ? MPDPatchBase(root: root) : nil, findings: findings.finished())
    }

    private mutating func periods(total: TimeAmount?) throws(Failure) -> [Period] {
        var periods: [Period] = []
        let bases = BaseLocations().adding(root, findings: &findings)
        let query = query(of: root, outer: nil)
        for placed in placedPeriods(total: total) {
            var context = PeriodContext(
                element: placed.element, position: periods.count, start: placed.start, duration: placed.duration,
                isDynamic: isDynamic)
            context.bases = bases.adding(placed.element, findings: &findings)
            context.query = self.query(of: placed.element, outer: query)
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
                    switchingSets: sets, eventStreams: eventStreams(of: context)))
        }
        return periods
    }

    /// A duration that can be done without.
    mutating func optionalDuration(_ element: XMLElement, _ name: String) -> TimeAmount? {
        optional(element) { () throws(MPDProblem) in try element.duration(name) }
    }

    /// A value that can be done without; a problem with it becomes a finding.
    mutating func optional<Value>(
        _ element: XMLElement, _ read: () throws(MPDProblem) -> Value?
    ) -> Value? {
        do {
            return try read()
        } catch {
            findings.add(error, line: element.line)
            return nil
        }
    }
}
