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

    /// The segments whose numbers are in a range; nil for an empty list.
    mutating func segments(
        _ list: SegmentList, _ range: ClosedRange<Int64>?, base: String, firstDiscontinuity: Int64
    ) -> Listing {
        guard let range else { return Listing() }
        let (difference, overflow) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
        var listing = Listing(count: overflow ? .max : difference.addingReportingOverflow(1).partialValue)
        // Of too long a list the end is kept: that is where a live stream is.
        let kept = min(Int64(max(0, min(budget, limits.perList))), listing.count)
        if kept < listing.count {
            listing.omitted = listing.count - kept
            noteOmission(listing.count - kept)
        }
        guard kept > 0 else { return listing }
        let first = range.upperBound - kept + 1
        var previous = firstDiscontinuity
        if first > range.lowerBound { previous = list.segment(first - 1)?.discontinuity ?? previous }
        listing.listed.reserveCapacity(Int(kept))
        for sequence in first...range.upperBound {
            guard let segment = list.segment(sequence) else { continue }
            listing.listed.append(report(segment, base: base, previousDiscontinuity: previous))
            previous = segment.discontinuity
            judge(segment, base: base)
        }
        budget -= listing.listed.count
        return listing
    }

    private mutating func noteOmission(_ count: Int64) {
        let finding = Finding(
            id: "inspect-segments-omitted", severity: .information,
            message: "\(count) segments of a list are left out of this report, which has room for"
                + " \(limits.perList) of a list and \(limits.total) in all",
            clause: "docs/INSPECT.md")
        add([finding], at: documents.uri)
    }

    private func report(_ segment: Segment, base: String, previousDiscontinuity: Int64) -> ReportSegment {
        ReportSegment(
            sequence: segment.sequence, start: Seconds(segment.start), duration: Seconds(segment.duration),
            uri: resolved(segment.uri, base), byteRange: segment.byteRange.map(ReportByteRange.init),
            initialization: segment.initialization.map { ReportInitialization($0, base: base) },
            keys: segment.keys.map { ReportKey($0, base: base) }, discontinuitySequence: segment.discontinuity,
            isDiscontinuity: segment.discontinuity != previousDiscontinuity, isGap: segment.isGap,
            programDateTime: segment.programDateTime.map(Timestamp.init), title: given(segment.title),
            declaredBitRate: given(segment.declaredBitRate))
    }

    /// The numbers of the segments to list: all of a list with an end, and of an endless one those of the window now.
    func availableRange(
        of list: SegmentList, in period: Period, of presentation: Presentation
    ) -> ClosedRange<Int64>? {
        if let last = list.lastSequence { return last >= list.firstSequence ? list.firstSequence...last : nil }
        guard let timing = presentation.dynamicTiming else { return nil }
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
