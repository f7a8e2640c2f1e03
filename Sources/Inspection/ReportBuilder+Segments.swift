import Manifests
import Quantities

extension ReportBuilder {
    /// The segments of a list as they stand in the report.
    struct Listing {
        var listed: [ReportSegment] = []
        /// How many there are.
        var count: Int64 = 0
        /// How many are left out; nil for none.
        var omitted: Int64?
    }

    /// How the URIs of a list come about.
    struct Addressing {
        /// What references are resolved against.
        var base: String
        /// What the MPD adds to them.
        var query: SegmentQuery?

        func resolved(_ reference: String, manifestURI: String) -> String {
            let uri = Inspection.resolved(reference, base)
            return query?.applied(to: uri, manifestURI: manifestURI) ?? uri
        }
    }

    /// The segments whose numbers are in a range; nil for an empty list.
    mutating func segments(
        _ list: SegmentList, _ range: ClosedRange<Int64>?, _ addressing: Addressing, firstDiscontinuity: Int64
    ) -> Listing {
        guard let range else { return Listing() }
        let (difference, overflow) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
        var listing = Listing(count: overflow ? .max : difference.addingReportingOverflow(1).partialValue)
        for run in runs(of: range, count: listing.count) {
            listing.listed.reserveCapacity(listing.listed.count + run.count)
            var previous = firstDiscontinuity
            if run.lowerBound > range.lowerBound {
                previous = list.segment(run.lowerBound - 1)?.discontinuity ?? previous
            }
            for sequence in run {
                guard let segment = list.segment(sequence) else { continue }
                listing.listed.append(report(segment, addressing, previousDiscontinuity: previous))
                previous = segment.discontinuity
                judge(segment, base: addressing.base)
            }
        }
        budget -= listing.listed.count
        let omitted = listing.count - Int64(listing.listed.count)
        if omitted > 0 {
            listing.omitted = omitted
            if limits.ends == nil { noteOmission(omitted) }
        }
        return listing
    }

    /// The numbers to list: all, or those at both ends, or, of too long a list, the last: that is where a live stream is.
    private func runs(of range: ClosedRange<Int64>, count: Int64) -> [ClosedRange<Int64>] {
        if let ends = limits.ends.map(Int64.init), count > 2 * ends {
            return [
                range.lowerBound...(range.lowerBound + ends - 1), (range.upperBound - ends + 1)...range.upperBound,
            ]
        }
        let kept = min(Int64(max(0, min(budget, limits.perList))), count)
        return kept > 0 ? [(range.upperBound - kept + 1)...range.upperBound] : []
    }

    private mutating func noteOmission(_ count: Int64) {
        let finding = Finding(
            id: "inspect-segments-omitted", severity: .information,
            message: "\(count) segments of a list are left out of this report, which has room for"
                + " \(limits.perList) of a list and \(limits.total) in all",
            clause: "docs/INSPECT.md")
        add([finding], at: documents.uri)
    }

    private func report(_ segment: Segment, _ addressing: Addressing, previousDiscontinuity: Int64) -> ReportSegment {
        ReportSegment(
            sequence: segment.sequence, start: Seconds(segment.start), duration: Seconds(segment.duration),
            uri: addressing.resolved(segment.uri, manifestURI: documents.uri),
            byteRange: segment.byteRange.map(ReportByteRange.init),
            initialization: segment.initialization.map { initialization($0, addressing) },
            keys: segment.keys.map { ReportKey($0, base: addressing.base) },
            discontinuitySequence: segment.discontinuity,
            isDiscontinuity: segment.discontinuity != previousDiscontinuity, isGap: segment.isGap,
            programDateTime: segment.programDateTime.map(Timestamp.init), title: given(segment.title),
            declaredBitRate: given(segment.declaredBitRate))
    }

    func initialization(_ section: InitializationSection, _ addressing: Addressing) -> ReportInitialization {
        ReportInitialization(
            uri: addressing.resolved(section.uri, manifestURI: documents.uri),
            range: section.byteRange.map(ReportByteRange.init))
    }

    /// The numbers of the segments to list: all of a list with an end, and of an endless one those of the window now.
    func availableRange(
        of list: SegmentList, in period: Period, of presentation: Presentation
    ) -> ClosedRange<Int64>? {
        if let last = list.lastSequence { return last >= list.firstSequence ? list.firstSequence...last : nil }
        guard let timing = presentation.dynamicTiming else { return nil }
        return playable(list, in: period, timing)
    }

    /// The numbers of the segments of a dynamic MPD that are available now and within the time-shift buffer.
    func playable(_ list: SegmentList, in period: Period, _ timing: DynamicTiming) -> ClosedRange<Int64>? {
        let now = MediaTime(nanoseconds: (documents.inspectedAt - timing.availabilityStart).nanoseconds)
        guard now > period.start else { return nil }
        let offset = list.availabilityOffset == .max ? .zero : list.availabilityOffset
        let edge = MediaTime(nanoseconds: ((now - .zero) + offset).nanoseconds)
        guard var last = list.segment(at: edge)?.sequence else { return nil }
        while last >= list.firstSequence, let segment = list.segment(last), segment.end > edge { last -= 1 }
        guard last >= list.firstSequence else { return nil }
        var begin = period.start
        if let depth = timing.timeShiftBufferDepth {
            begin = max(begin, MediaTime(nanoseconds: ((now - .zero) - depth).nanoseconds))
        }
        let first = list.segment(at: begin)?.sequence ?? list.firstSequence
        return min(first, last)...last
    }

    // MARK: Where URIs lead

    /// Looks at where a segment, its initialization section and its keys are; relative ones are where their document
    /// is.
    private mutating func judge(_ segment: Segment, base: String) {
        if Self.leadsAway(segment.uri) { judge(resolved(segment.uri, base), namedBy: base) }
        if let uri = segment.initialization?.uri, Self.leadsAway(uri) { judge(resolved(uri, base), namedBy: base) }
        for key in segment.keys where key.keyFormat == "identity" && Self.leadsAway(key.uri) {
            judge(resolved(key.uri, base), namedBy: base)
        }
    }

    /// True for a reference with a scheme or a host of its own.
    private static func leadsAway(_ reference: String) -> Bool {
        let bytes = reference.utf8
        if bytes.starts(with: [UInt8(ascii: "/"), UInt8(ascii: "/")]) { return true }
        for byte in bytes {
            if byte == UInt8(ascii: ":") { return true }
            if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") { return false }
        }
        return false
    }

    /// Notes a URI that no player of a public page should follow, once for each host or scheme.
    mutating func judge(_ uri: String, namedBy document: String) {
        guard !document.isEmpty, URIReference(document).scheme != nil else { return }
        let reference = URIReference(uri)
        guard judged.insert("\(reference.scheme ?? "")://\(reference.authority ?? "")").inserted else { return }
        guard let refusal = URIPolicy().refusal(of: uri, namedBy: document) else { return }
        // Keys and steering answers may stand in the document itself.
        if case .scheme("data") = refusal { return }
        let finding = ReportFinding(Finding(refusal, uri: uri), uri: document)
        // Whoever fetched the documents may have met it already.
        if !findings.contains(finding) { findings.append(finding) }
    }
}

extension Finding {
    /// What is said about a URI that is not followed.
    ///
    /// - Parameters:
    ///   - refusal: Why not.
    ///   - uri: The URI.
    package init(_ refusal: URIPolicy.Refusal, uri: String) {
        let shown = URIText.shortened(URIText.masked(uri), to: 100)
        switch refusal {
        case .scheme(let scheme):
            self.init(
                id: "uri-scheme", severity: .error,
                message: "the URI \(shown) has \(scheme.isEmpty ? "no scheme" : "the scheme '\(scheme)'") and is not"
                    + " followed; only http and https are",
                clause: "RFC 9110 4.2")
        case .noHost:
            self.init(
                id: "uri-scheme", severity: .error, message: "the URI \(shown) names no host and is not followed",
                clause: "RFC 9110 4.2")
        case .localAddress(let host):
            self.init(
                id: "uri-local-address", severity: .error,
                message: "the URI \(shown) leads from a public host to \(host), an address of this machine or a"
                    + " private network; it is not followed without --allow \(host)",
                clause: "RFC 6890")
        }
    }
}
