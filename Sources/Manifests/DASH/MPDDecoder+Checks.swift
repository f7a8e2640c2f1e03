import Quantities

/// Rules of which a player can do without, but which somebody who made the document wants to know broken.
extension MPDDecoder {
    private static let root = "ISO/IEC 23009-1 5.3.1.2"
    /// About an audio frame: by so much packagers round, and no player minds.
    private static let durationTolerance = TimeAmount.milliseconds(50)

    // MARK: - While sets are decoded

    /// Identifiers must be unique within the period (ISO/IEC 23009-1 sections 5.3.3.2 and 5.3.5.2).
    mutating func checkIdentifier(of element: XMLElement) {
        let isSet = element.name == "AdaptationSet"
        let clause = isSet ? "ISO/IEC 23009-1 5.3.3.2" : "ISO/IEC 23009-1 5.3.5.2"
        guard let id = element.attribute("id") else {
            if !isSet {
                findings.add(
                    "dash-missing-representation-id", .error, clause: clause, line: element.line,
                    "a Representation has no id")
            } else if isDynamic, root.child("PatchLocation") != nil {
                findings.add(
                    "dash-missing-set-id", .warning, clause: "ISO/IEC 23009-1 5.15", line: element.line,
                    "an AdaptationSet has no id, by which a patch could name it")
            }
            return
        }
        guard !checks.isNew(id, of: element) else { return }
        findings.add(
            isSet ? "dash-duplicate-set-id" : "dash-duplicate-representation-id", .error, clause: clause,
            line: element.line, "two \(element.name)s of a period have the id \(id.prefix(100))")
    }

    /// A Representation must name its MIME type, and one of audio or video its codecs.
    mutating func checkCodecs(_ codecs: String, _ mime: String, of representation: XMLElement, in set: SetContext) {
        if mime.isEmpty {
            findings.add(
                "dash-missing-mime-type", .error, clause: "ISO/IEC 23009-1 5.3.7.2", line: representation.line,
                "a Representation has no mimeType")
        }
        if codecs.isEmpty, set.kind == .video || set.kind == .audio {
            findings.add(
                "dash-missing-codecs", .warning, clause: "ISO/IEC 23009-1 5.3.7.2", line: representation.line,
                "a Representation has no codecs; players must look into its initialization section")
        }
    }

    /// What is wrong about the segments of a Representation.
    mutating func check(_ list: SegmentList, of segments: AddressedSegments, in set: SetContext, line: Int) {
        checkTemplate(segments, line: line)
        let timing = segments.timing
        let isNew = checks.add(timing)
        let (longest, _) = timing.durations
        if set.period.isDynamic { checkOffset(list, longest, line: line) }
        guard isNew, !timing.runs.isEmpty else { return }
        if let maximum = optionalDuration(root, "maxSegmentDuration"), longest > maximum + Self.durationTolerance {
            findings.add(
                "dash-segment-longer-than-maximum", .error, clause: Self.root, line: line,
                "a segment of \(longest) is longer than maxSegmentDuration, \(maximum)")
        }
        if !set.period.isDynamic { checkCover(timing, longest, set.period, line: line) }
    }

    private mutating func checkTemplate(_ segments: AddressedSegments, line: Int) {
        guard case .template(let template) = segments.addressing else {
            return checkCount(of: segments, line: line)
        }
        if template.namesNumberAndTime {
            findings.add(
                "dash-number-and-time", .error, clause: "ISO/IEC 23009-1 5.3.9.4.4", line: line,
                "a media template names $Number$ and $Time$, which exclude each other")
        }
        if !template.isVariable, (segments.timing.count ?? .max) > 1 {
            findings.add(
                "dash-constant-template", .error, clause: "ISO/IEC 23009-1 5.3.9.4.4", line: line,
                "a media template gives all segments the same URI")
        }
    }

    private mutating func checkCount(of segments: AddressedSegments, line: Int) {
        guard case .list(let list) = segments.addressing, let count = segments.timing.count,
            count != Int64(list.entries.count)
        else { return }
        findings.add(
            "dash-segment-list-count", .warning, clause: "ISO/IEC 23009-1 5.3.9.3", line: line,
            "a SegmentList names \(list.entries.count) segments where its times are for \(count)")
    }

    private mutating func checkOffset(_ list: SegmentList, _ longest: TimeAmount, line: Int) {
        let offset = list.availabilityOffset
        if offset > .zero { checks.hasEarlySegments = true }
        if longest > .zero, offset > longest, offset < Self.alwaysAvailable {
            findings.add(
                "dash-availability-offset-too-long", .warning, clause: "ISO/IEC 23009-1 5.3.9.5.3", line: line,
                "an availabilityTimeOffset of \(offset) offers segments of \(longest) before they begin")
        }
        if !list.isAvailableComplete, offset <= .zero {
            findings.add(
                "dash-incomplete-without-offset", .warning, clause: "ISO/IEC 23009-1 5.3.9.5.3", line: line,
                "availabilityTimeComplete is false without an availabilityTimeOffset")
        }
    }

    /// The segments of a static period must reach from its begin to its end.
    private mutating func checkCover(
        _ timing: SegmentTiming, _ longest: TimeAmount, _ period: PeriodContext, line: Int
    ) {
        let clause = "ISO/IEC 23009-1 7.2.1"
        let late = TimeAmount.nanoseconds(timing.position(at: 0).start) - period.start
        if late > longest {
            findings.add(
                "dash-late-segments", .warning, clause: clause, line: line,
                "the first segment begins \(late) after its period")
        }
        guard let duration = period.duration, let count = timing.count, count > 0 else { return }
        let short = period.start + duration - .nanoseconds(timing.position(at: count - 1).end)
        if short > longest {
            findings.add(
                "dash-missing-segments", .warning, clause: clause, line: line,
                "the last segment ends \(short) before its period")
        }
    }

    /// Segments of a set with `segmentAlignment` must begin and end together (ISO/IEC 23009-1 section 5.3.3.2).
    mutating func checkSet(_ set: SetContext) {
        let alignment = set.element.attributes["segmentAlignment"] ?? "false"
        guard alignment != "false", checks.timings.count > 1, let first = checks.timings.first else { return }
        for timing in checks.timings.dropFirst()
        where !timing.isAligned(with: first, budget: &checks.comparisons) {
            findings.add(
                "dash-unaligned-segments", .warning, clause: "ISO/IEC 23009-1 5.3.3.2", line: set.element.line,
                "segmentAlignment is set, but segments of the set's Representations have different boundaries")
            return
        }
    }

    // MARK: - At the end

    /// What is wrong about the document as a whole.
    mutating func checkDocument(_ timing: DynamicTiming?, duration: TimeAmount?, periods: [Period]) {
        if root.attribute("minBufferTime") == nil {
            findings.add(
                "dash-missing-minimum-buffer-time", .error, clause: Self.root, line: root.line,
                "the MPD has no minBufferTime")
        }
        if root.attribute("profiles") == nil {
            findings.add(
                "dash-missing-profiles", .warning, clause: Self.root, line: root.line, "the MPD has no profiles")
        }
        for property in root.children("EssentialProperty") where !isKnown(property) {
            findings.add(
                "dash-unknown-essential-property", .warning, clause: "ISO/IEC 23009-1 5.8.4.8", line: property.line,
                "the MPD has the essential property \((property.attribute("schemeIdUri") ?? "").prefix(100)); "
                    + "it is played all the same, as players do")
        }
        checkPeriodIDs()
        checkSteering(periods)
        if let timing {
            checkDynamic(timing)
            checkWindow(timing)
            checkService(timing.service)
        } else {
            checkEnd(duration, periods)
        }
    }

    private mutating func checkPeriodIDs() {
        var ids: Set<String> = []
        for period in root.children("Period") {
            if let id = period.attribute("id") {
                guard !ids.insert(id).inserted else { continue }
                findings.add(
                    "dash-duplicate-period-id", .error, clause: "ISO/IEC 23009-1 5.3.2.2", line: period.line,
                    "two periods have the id \(id.prefix(100))")
            } else if isDynamic {
                findings.add(
                    "dash-missing-period-id", .warning, clause: "ISO/IEC 23009-1 5.3.2.2", line: period.line,
                    "a period of a dynamic MPD has no id, by which it is found again in updates")
            }
        }
    }

    private mutating func checkSteering(_ periods: [Period]) {
        guard let steering = steering(), !steering.initialLocations.isEmpty else { return }
        var names: Set<String> = []
        for track in periods.flatMap(\.switchingSets).flatMap(\.tracks) {
            for location in track.locations { names.insert(location.name) }
        }
        for name in steering.initialLocations where !names.contains(name) {
            findings.add(
                "dash-steering-unknown-location", .warning, clause: "ETSI TS 103 998 6", line: root.line,
                "ContentSteering prefers \(name.prefix(100)), which is no serviceLocation of the MPD")
        }
    }

    private mutating func checkEnd(_ duration: TimeAmount?, _ periods: [Period]) {
        guard let last = periods.last else { return }
        guard let duration else {
            if last.duration == nil {
                findings.add(
                    "dash-missing-duration", .error, clause: Self.root, line: root.line,
                    "nothing in the static MPD says how long it is")
            }
            return
        }
        guard let end = last.end else { return }
        let difference = duration - (end - .zero)
        if difference > .seconds(1.0) || difference < .seconds(-1.0) {
            findings.add(
                "dash-duration-mismatch", .warning, clause: Self.root, line: root.line,
                "mediaPresentationDuration is \(duration), but the last period ends at \(end - .zero)")
        }
    }

    private mutating func checkDynamic(_ timing: DynamicTiming) {
        if timing.publishTime == nil, root.attribute("publishTime") == nil {
            findings.add(
                "dash-missing-publish-time", .error, clause: Self.root, line: root.line,
                "the dynamic MPD has no publishTime")
        }
        if timing.clocks.isEmpty {
            findings.add(
                "dash-no-clock", .warning, clause: "ISO/IEC 23009-1 5.8.4.11", line: root.line,
                "the dynamic MPD has no UTCTiming; players use their own clocks")
        } else if !timing.clocks.contains(where: { $0.isKnown }) {
            findings.add(
                "dash-unknown-clock", .warning, clause: "ISO/IEC 23009-1 5.8.4.11", line: root.line,
                "no UTCTiming has a scheme that players know")
        }
        if !timing.patchLocations.isEmpty, root.attribute("id") == nil {
            findings.add(
                "dash-patch-without-id", .error, clause: "ISO/IEC 23009-1 5.15", line: root.line,
                "the MPD has a PatchLocation but no id, which a patch must name")
        }
    }

    /// The window must hold some segments, and the delay must leave time to fetch one.
    private mutating func checkWindow(_ timing: DynamicTiming) {
        let segment = checks.segmentDuration
        if let depth = timing.timeShiftBufferDepth, segment > .zero {
            if depth + .milliseconds(1) < segment * 3 {
                findings.add(
                    "dash-short-window", .warning, clause: Self.root, line: root.line,
                    "a timeShiftBufferDepth of \(depth) holds fewer than three segments of \(segment)")
            }
            if let delay = timing.suggestedDelay, delay > depth {
                findings.add(
                    "dash-delay-beyond-window", .warning, clause: Self.root, line: root.line,
                    "players are to stay \(delay) behind, but only \(depth) are available")
            }
        }
        if let delay = timing.suggestedDelay, segment > .zero, !checks.hasEarlySegments,
            delay + .milliseconds(1) < segment * 2
        {
            findings.add(
                "dash-short-delay", .warning, clause: Self.root, line: root.line,
                "players are to stay \(delay) behind, less than two segments of \(segment)")
        }
    }

    private mutating func checkService(_ service: ServiceDescription) {
        let least = service.shortestLatency ?? service.targetLatency ?? .zero
        let target = service.targetLatency ?? least
        let most = service.longestLatency ?? target
        if least > target || target > most {
            findings.add(
                "dash-latency-order", .warning, clause: "ISO/IEC 23009-1 K.3.2", line: root.line,
                "Latency@min, @target and @max do not rise")
        }
        if service.slowestRate ?? 1 > 1 || service.fastestRate ?? 1 < 1 {
            findings.add(
                "dash-playback-rate-order", .warning, clause: "ISO/IEC 23009-1 K.3.3", line: root.line,
                "PlaybackRate@min is above or @max below the normal rate")
        }
    }
}

extension UTCTiming {
    /// True for a scheme of ISO/IEC 23009-1 section 5.8.5.7, in its edition of 2012 or 2014.
    fileprivate var isKnown: Bool {
        let names = ["http-xsdate", "http-iso", "http-head", "http-ntp", "direct", "ntp", "sntp"]
        return names.contains { scheme == "urn:mpeg:dash:utc:\($0):2014" || scheme == "urn:mpeg:dash:utc:\($0):2012" }
    }
}
