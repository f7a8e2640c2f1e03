import Quantities

extension MPDDecoder {
    // MARK: - Dynamic MPDs

    /// What a dynamic MPD says of time; nil for a static one.
    mutating func dynamicTiming() throws(Failure) -> DynamicTiming? {
        guard isDynamic else { return nil }
        let start = try onRoot { () throws(MPDProblem) in
            guard let start = try root.date("availabilityStartTime") else {
                throw MPDProblem(
                    id: "dash-missing-availability-start", message: "a dynamic MPD has no availabilityStartTime",
                    clause: "ISO/IEC 23009-1 5.3.1.2")
            }
            return start
        }
        let updates = try onRoot { () throws(MPDProblem) in try root.duration("minimumUpdatePeriod") }
        let depth = try onRoot { () throws(MPDProblem) in try root.duration("timeShiftBufferDepth") }
        let service = serviceDescription()
        let suggested = optionalDuration(root, "suggestedPresentationDelay")
        return DynamicTiming(
            availabilityStart: start, availabilityEnd: optionalDate("availabilityEndTime"),
            minimumUpdatePeriod: updates, timeShiftBufferDepth: depth,
            suggestedDelay: service.targetLatency ?? suggested, publishTime: optionalDate("publishTime"),
            locations: locations(), patchLocations: patchLocations(), clocks: clocks(),
            maximumSegmentDuration: optionalDuration(root, "maxSegmentDuration"), service: service)
    }

    private mutating func optionalDate(_ name: String) -> WallTime? {
        optional(root) { [root] () throws(MPDProblem) in try root.date(name) }
    }

    /// The most elements of a kind at the MPD's level that are kept.
    private static let keptElements = 20

    private func locations() -> [ManifestLocation] {
        root.children("Location").prefix(Self.keptElements).filter { !$0.text.isEmpty }.map {
            ManifestLocation(uri: $0.text, name: $0.attributes["serviceLocation"] ?? "")
        }
    }

    private mutating func patchLocations() -> [PatchLocation] {
        var result: [PatchLocation] = []
        for element in root.children("PatchLocation").prefix(Self.keptElements) where !element.text.isEmpty {
            result.append(PatchLocation(uri: element.text, timeToLive: seconds(element, "ttl")))
        }
        return result
    }

    /// A decimal number of seconds, as PatchLocation@ttl has it.
    private mutating func seconds(_ element: XMLElement, _ name: String) -> TimeAmount? {
        guard let text = element.attribute(name) else { return nil }
        let bytes = Array(text.utf8)
        if let value = bytes.nanoseconds(bytes.trimmed(0..<bytes.count)), value >= 0 { return .nanoseconds(value) }
        findings.add(
            "dash-invalid-attribute", .error, clause: "ISO/IEC 23009-1 5.15", line: element.line,
            "\(element.name)@\(name) is not a number of seconds")
        return nil
    }

    private func clocks() -> [UTCTiming] {
        root.children("UTCTiming").prefix(Self.keptElements).map {
            UTCTiming(scheme: $0.attributes["schemeIdUri"] ?? "", value: $0.attributes["value"] ?? "")
        }
    }

    /// The first ServiceDescription that is meant for everybody, which is one without a Scope (annex K.3.2).
    private mutating func serviceDescription() -> ServiceDescription {
        var service = ServiceDescription()
        guard let element = root.children("ServiceDescription").first(where: { $0.child("Scope") == nil }) else {
            return service
        }
        if let latency = element.child("Latency") {
            service.targetLatency = milliseconds(latency, "target")
            service.shortestLatency = milliseconds(latency, "min")
            service.longestLatency = milliseconds(latency, "max")
        }
        if let rate = element.child("PlaybackRate") {
            service.slowestRate = Self.rate(rate, "min")
            service.fastestRate = Self.rate(rate, "max")
        }
        return service
    }

    private mutating func milliseconds(_ element: XMLElement, _ name: String) -> TimeAmount? {
        let value = optional(element) { () throws(MPDProblem) in try element.whole(name) }
        return value.flatMap { $0 < 1_000_000_000 ? .milliseconds($0) : nil }
    }

    /// A factor of the normal rate; nil for what no player could do.
    private static func rate(_ element: XMLElement, _ name: String) -> Double? {
        guard let text = element.attribute(name) else { return nil }
        let bytes = Array(text.utf8)
        return bytes.decimalNumber(0..<bytes.count).flatMap { (0.01...100).contains($0) ? $0 : nil }
    }

    // MARK: - Any MPD

    /// ContentSteering (ETSI TS 103 998); an element without a URI is none.
    func steering() -> ContentSteering? {
        guard let element = root.child("ContentSteering"), !element.text.isEmpty else { return nil }
        let names = (element.attributes["defaultServiceLocation"] ?? "").split(whereSeparator: \.isWhitespace)
        return ContentSteering(
            serverURI: element.text, initialLocations: names.prefix(BaseLocations.maximumChoices).map(String.init),
            asksBeforeStart: element.isTrue("queryBeforeStart"))
    }

    /// What the MPD says that does not change what is fetched.
    func details() -> PresentationDetails {
        var details = PresentationDetails()
        details.id = root.attributes["id"] ?? ""
        details.profiles = root.attributes["profiles"] ?? ""
        details.title = root.child("ProgramInformation")?.child("Title")?.text ?? ""
        return details
    }

    // MARK: - Events

    /// The EventStreams of a period (ISO/IEC 23009-1 section 5.10.2).
    mutating func eventStreams(of period: PeriodContext) -> [EventStream] {
        var streams: [EventStream] = []
        for element in period.element.children("EventStream") where followLinks(of: element) {
            let stream = optional(element) { () throws(MPDProblem) in
                let timescale = try element.timescale()
                let offset = try element.whole("presentationTimeOffset") ?? 0
                var events: [EventStream.Event] = []
                for event in element.children where event.name == "Event" {
                    events.append(try Self.event(event, timescale, offset, period))
                }
                return EventStream(
                    scheme: element.attributes["schemeIdUri"] ?? "", value: element.attributes["value"] ?? "",
                    events: events)
            }
            if let stream { streams.append(stream) }
        }
        return streams
    }

    private static func event(
        _ element: XMLElement, _ timescale: MediaTimescale, _ offset: Int64, _ period: PeriodContext
    ) throws(MPDProblem) -> EventStream.Event {
        let ticks = Int128(try element.whole("presentationTime") ?? 0) - Int128(offset)
        let start = period.start + .nanoseconds(timescale.nanoseconds(ticks))
        let duration = try element.whole("duration").map { TimeAmount.nanoseconds(timescale.nanoseconds(Int128($0))) }
        return EventStream.Event(id: element.attributes["id"] ?? "", start: .zero + start, duration: duration)
    }
}
