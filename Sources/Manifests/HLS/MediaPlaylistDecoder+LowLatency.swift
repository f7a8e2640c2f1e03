import Quantities

/// Server control, parts, hints and reports (rfc8216bis sections 4.4.3.7, 4.4.3.8, 4.4.4.9, 4.4.5.3 and 4.4.5.4).
extension MediaPlaylistDecoder {
    mutating func decodeServerControl(_ value: Range<Int>) {
        guard let list = attributes(value) else { return }
        extras.serverControl.canSkipUntil = controlTime("CAN-SKIP-UNTIL", of: list)
        extras.serverControl.holdBack = controlTime("HOLD-BACK", of: list)
        extras.serverControl.partHoldBack = controlTime("PART-HOLD-BACK", of: list)
        extras.serverControl.canSkipDateRanges = list.isValue("CAN-SKIP-DATERANGES", "YES")
        extras.serverControl.canBlockReload = list.isValue("CAN-BLOCK-RELOAD", "YES")
    }

    private mutating func controlTime(_ name: StaticString, of list: AttributeList) -> TimeAmount? {
        guard list.range(name) != nil else { return nil }
        if let time = list.positiveTime(name) { return time }
        findings.add(
            "hls-invalid-hold-back", .error, clause: "rfc8216bis 4.4.3.8", line: lines.number,
            "\(name) is not a number of seconds and is ignored")
        return nil
    }

    mutating func decodePartInformation(_ value: Range<Int>) {
        guard let list = attributes(value) else { return }
        if let target = list.positiveTime("PART-TARGET"), target > .zero {
            extras.partTarget = target
        } else {
            findings.add(
                "hls-invalid-part-target", .error, clause: "rfc8216bis 4.4.3.7", line: lines.number,
                "EXT-X-PART-INF has no valid PART-TARGET and is ignored")
        }
    }

    mutating func decodePart(_ value: Range<Int>) throws(ManifestError) {
        guard let list = attributes(value) else { return }
        guard let uri = try text("URI", of: list), let duration = list.positiveTime("DURATION") else {
            findings.add(
                "hls-invalid-part", .error, clause: "rfc8216bis 4.4.4.9", line: lines.number,
                "EXT-X-PART has no URI or no DURATION and is ignored")
            return
        }
        guard parts.entries.count < limits.listedItems else {
            throw .tooLarge(detail: "the playlist has more than \(limits.listedItems) parts")
        }
        let nanoseconds = max(duration.nanoseconds, 1)
        guard parts.offset + nanoseconds <= DecodingLimits.longestDuration else {
            throw malformed("the durations of parts add up to more than three years", "4.4.4.9")
        }
        parts.append(
            PartAccumulator.Entry(
                position: segments.entries.count, index: parts.index, offset: parts.offset, duration: nanoseconds,
                uri: uri, range: try partRange(list.range("BYTERANGE"), of: uri),
                isIndependent: list.isValue("INDEPENDENT", "YES"), isGap: list.isValue("GAP", "YES"),
                context: segments.useContext(),
                discontinuity: segments.discontinuities &+ pending.discontinuities, line: lines.number))
    }

    /// BYTERANGE of a part; without an offset it begins where the part before it in the same segment ends.
    private mutating func partRange(_ text: Range<Int>?, of uri: String) throws(ManifestError) -> ByteRange? {
        guard let text else { return nil }
        guard let given = bytes.byteRange(text), given.length > 0 else {
            throw malformed("BYTERANGE of EXT-X-PART is not length@offset", "4.4.4.9")
        }
        if let offset = given.offset { return ByteRange(offset: offset, length: given.length) }
        guard let before = parts.previous, before.uri == uri, let range = before.range else {
            findings.add(
                "hls-part-range-without-offset", .error, clause: "rfc8216bis 4.4.4.9", line: lines.number,
                "BYTERANGE of EXT-X-PART has no offset and follows no range of the same resource; players take 0")
            return ByteRange(offset: 0, length: given.length)
        }
        let offset = range.offset + (range.length ?? 0)
        guard offset <= DecodingLimits.largestNumber else {
            throw malformed("BYTERANGE of EXT-X-PART ends beyond what can be asked for", "4.4.4.9")
        }
        return ByteRange(offset: offset, length: given.length)
    }

    /// EXT-X-PRELOAD-HINT: players take the first of each TYPE (rfc8216bis section 6.3.8).
    mutating func decodePreloadHint(_ value: Range<Int>) throws(ManifestError) {
        guard let list = attributes(value) else { return }
        let kind = list.text("TYPE").flatMap(PreloadHint.Kind.init)
        let uri = try text("URI", of: list)
        let start = list.range("BYTERANGE-START") == nil ? 0 : list.number("BYTERANGE-START")
        let length = list.number("BYTERANGE-LENGTH")
        let isLengthValid = length != nil || list.range("BYTERANGE-LENGTH") == nil
        guard let kind, let uri, let start, isLengthValid else {
            findings.add(
                "hls-invalid-preload-hint", .error, clause: "rfc8216bis 4.4.5.3", line: lines.number,
                "EXT-X-PRELOAD-HINT has no known TYPE, no URI or no valid range and is ignored")
            return
        }
        guard !extras.preloadHints.contains(where: { $0.kind == kind }) else { return }
        extras.preloadHints.append(PreloadHint(kind: kind, uri: uri, rangeStart: start, rangeLength: length))
    }

    mutating func decodeRenditionReport(_ value: Range<Int>) throws(ManifestError) {
        guard let list = attributes(value) else { return }
        guard let uri = try text("URI", of: list) else {
            findings.add(
                "hls-invalid-rendition-report", .error, clause: "rfc8216bis 4.4.5.4", line: lines.number,
                "EXT-X-RENDITION-REPORT has no URI and is ignored")
            return
        }
        guard extras.renditionReports.count < limits.tracks else {
            throw .tooLarge(detail: "the playlist has more than \(limits.tracks) rendition reports")
        }
        extras.renditionReports.append(
            RenditionReport(
                uri: uri, lastSequence: list.number("LAST-MSN"),
                lastPart: list.number("LAST-PART").flatMap { Int(exactly: $0) }))
    }
}

extension AttributeList {
    /// A decimal integer within what is taken from a document; nil where it is not there or is none.
    func number(_ name: StaticString) -> Int64? {
        integer(name).flatMap { $0 <= UInt64(DecodingLimits.largestNumber) ? Int64($0) : nil }
    }
}
