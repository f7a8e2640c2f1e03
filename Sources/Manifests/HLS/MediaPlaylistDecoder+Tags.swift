import Quantities

extension MediaPlaylistDecoder {
    /// EXTINF: `duration,[title]`.
    mutating func decodeSegmentInformation(_ value: Range<Int>) throws(ManifestError) {
        let comma = bytes.first(ASCII.comma, in: value)
        let number = bytes.trimmed(value.lowerBound..<(comma ?? value.upperBound))
        guard let duration = bytes.nanoseconds(number) else {
            throw malformed("the duration of EXTINF is not a number", "4.4.4.1")
        }
        guard duration >= 0 else {
            throw malformed("EXTINF has a negative duration, as in a list of channels, not of segments", "4.4.4.1")
        }
        if duration == 0 {
            findings.add(
                "hls-zero-duration", .warning, clause: "rfc8216bis 4.4.4.1", line: lines.number,
                "the segment has no duration")
        }
        if required.number < 3, bytes.first(ASCII.point, in: number) != nil {
            required.note(3, "EXTINF with a fraction")
        }
        pending.duration = max(duration, 1)
        if let comma, comma + 1 < value.upperBound { pending.title = comma + 1..<value.upperBound }
    }

    /// A URI line ends what the tags before it began.
    mutating func decodeURI(_ range: Range<Int>) throws(ManifestError) {
        guard let duration = pending.duration else {
            findings.add(
                "hls-uri-without-extinf", .error, clause: "rfc8216bis 4.4.4.1", line: lines.number,
                "the URI has no EXTINF before it and is left out")
            return
        }
        guard segments.entries.count < limits.segments else {
            throw .tooLarge(detail: "the playlist has more than \(limits.segments) segments")
        }
        let byteRange = try pending.range.map { given throws(ManifestError) in try self.range(given, of: range) }
        var start = range.lowerBound
        var length = UInt32(truncatingIfNeeded: range.count)
        if let text = try variables.substituted(range, in: bytes, line: lines.number) {
            start = segments.texts.count
            length = PlaylistSegments.Entry.inTexts
            segments.texts.append(text)
        }
        if let given = pending.programDateTime { noteDate(given) }
        if byteRange != nil, !segments.rates.isEmpty { noteRateOfRange() }
        guard
            segments.append(uriStart: start, uriLength: length, duration: duration, range: byteRange, pending: pending)
        else {
            throw malformed("the durations add up to more than three years", "4.4.4.1")
        }
        lastURI = range
        pending = PendingSegment()
        parts.finishSegment()
        adBreaks.finishSegment(segments.firstSequence + Int64(segments.entries.count - 1))
    }

    /// EXT-X-BYTERANGE: `length[@offset]`.
    mutating func decodeByteRange(_ value: Range<Int>) throws(ManifestError) {
        guard let range = bytes.byteRange(bytes.trimmed(value)) else {
            throw malformed("EXT-X-BYTERANGE is not length@offset", "4.4.4.2")
        }
        guard range.length > 0 else { throw malformed("EXT-X-BYTERANGE has no length", "4.4.4.2") }
        pending.range = range
        required.note(4, "EXT-X-BYTERANGE")
    }

    /// The range of the next segment; without an offset it begins where the range before it ends, which must then be
    /// one of the same resource.
    private func range(_ given: (length: Int64, offset: Int64?), of uri: Range<Int>) throws(ManifestError) -> ByteRange
    {
        if let offset = given.offset { return ByteRange(offset: offset, length: given.length) }
        guard let lastURI, let last = segments.entries.last, last.range >= 0, bytes.areEqual(lastURI, uri)
        else {
            throw malformed("EXT-X-BYTERANGE without an offset does not follow a range of the same resource", "4.4.4.2")
        }
        let before = segments.ranges[Int(last.range)]
        let offset = before.offset + (before.length ?? 0)
        guard offset <= DecodingLimits.largestNumber else {
            throw malformed("EXT-X-BYTERANGE ends beyond what can be asked for", "4.4.4.2")
        }
        return ByteRange(offset: offset, length: given.length)
    }

    mutating func decodeProgramDateTime(_ value: Range<Int>) {
        if let date = bytes.wallTime(bytes.trimmed(value)) {
            pending.programDateTime = date
        } else {
            findings.add(
                "hls-invalid-date", .error, clause: "rfc8216bis 4.4.4.6", line: lines.number,
                "EXT-X-PROGRAM-DATE-TIME is not a date and is ignored")
        }
    }

    /// EXT-X-TARGETDURATION: whole seconds; players also take a fraction.
    mutating func decodeTargetDuration(_ value: Range<Int>) throws(ManifestError) {
        let range = bytes.trimmed(value)
        guard let nanoseconds = bytes.nanoseconds(range), (0...DecodingLimits.longestDuration).contains(nanoseconds)
        else {
            throw malformed("EXT-X-TARGETDURATION is not a number of seconds", "4.4.3.1")
        }
        if nanoseconds < 1_000_000_000 || bytes.decimalInteger(range) == nil {
            findings.add(
                "hls-invalid-target-duration", .error, clause: "rfc8216bis 4.4.3.1", line: lines.number,
                "EXT-X-TARGETDURATION is not a whole number of at least one second")
        }
        targetDuration = .nanoseconds(nanoseconds)
    }

    mutating func decodeSequence(_ tag: PlaylistTag, _ value: Range<Int>) throws(ManifestError) -> Int64 {
        guard let number = bytes.decimalInteger(bytes.trimmed(value)), number <= UInt64(DecodingLimits.largestNumber)
        else {
            throw malformed("\(tag.name) is not a whole number below 2^61", "4.4.3.2")
        }
        if skip != nil {
            throw .outOfDate(detail: "\(tag.name) stands behind EXT-X-SKIP")
        }
        if !segments.entries.isEmpty || !parts.entries.isEmpty {
            findings.add(
                "hls-sequence-after-segment", .error, clause: "rfc8216bis 4.4.3.2", line: lines.number,
                "\(tag.name) stands behind the first segment")
        }
        return Int64(number)
    }

    mutating func decodePlaylistType(_ value: Range<Int>) {
        guard let known = MediaPlaylist.Kind(rawValue: bytes.text(bytes.trimmed(value))), known != .live else {
            findings.add(
                "hls-unknown-playlist-type", .warning, clause: "rfc8216bis 4.4.3.5", line: lines.number,
                "EXT-X-PLAYLIST-TYPE is neither EVENT nor VOD and is ignored")
            return
        }
        kind = known
    }

    mutating func decodeVersion(_ value: Range<Int>) throws(ManifestError) {
        guard !hasVersion else { throw malformed("EXT-X-VERSION stands there twice", "4.4.1.2") }
        hasVersion = true
        extras.version = bytes.version(bytes.trimmed(value))
        if extras.version == nil {
            findings.add(
                "hls-invalid-version", .error, clause: "rfc8216bis 4.4.1.2", line: lines.number,
                "EXT-X-VERSION is not a whole number from 1")
        }
    }
}

extension [UInt8] {
    /// A protocol version from 1 to 1 000; nil for anything else.
    func version(_ range: Range<Int>) -> Int? {
        decimalInteger(range).flatMap { (1...1_000).contains($0) ? Int($0) : nil }
    }
}

/// Decodes EXT-X-START (rfc8216bis section 4.4.2.2); nil and a finding where it has no offset.
func decodeStart(_ list: AttributeList, line: Int, findings: inout FindingCollector) -> StartOffset? {
    guard let offset = list.time("TIME-OFFSET") else {
        findings.add(
            "hls-invalid-start", .error, clause: "rfc8216bis 4.4.2.2", line: line,
            "EXT-X-START has no valid TIME-OFFSET and is ignored")
        return nil
    }
    return StartOffset(offset: offset, isPrecise: list.isValue("PRECISE", "YES"))
}

extension AttributeList {
    /// Adds findings where the list breaks the grammar.
    func report(in bytes: [UInt8], line: Int, to findings: inout FindingCollector) {
        if let duplicate {
            findings.add(
                "hls-duplicate-attribute", .error, clause: "rfc8216bis 4.2", line: line,
                "the attribute \(bytes.text(duplicate).prefix(40)) stands there twice; the last counts")
        }
        if isBroken {
            findings.add(
                "hls-broken-attribute-list", .error, clause: "rfc8216bis 4.2", line: line,
                "the attribute list does not follow the grammar")
        }
    }
}
