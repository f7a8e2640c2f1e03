import Quantities

/// Date ranges, declared bit rates and what delta updates leave out.
extension MediaPlaylistDecoder {
    /// EXT-X-DATERANGE; one with illegal syntax is ignored (rfc8216bis section 4.4.5.1).
    mutating func decodeDateRange(_ value: Range<Int>) throws(ManifestError) {
        guard let list = attributes(value) else { return }
        guard let id = try text("ID", of: list), !id.isEmpty else {
            findings.add(
                "hls-date-range-without-id", .error, clause: "rfc8216bis 4.4.5.1", line: lines.number,
                "EXT-X-DATERANGE has no ID and is ignored")
            return
        }
        guard dateRanges.count < limits.listedItems else {
            throw .tooLarge(detail: "the playlist has more than \(limits.listedItems) date ranges")
        }
        var range = DateRange(
            id: id, rangeClass: try text("CLASS", of: list) ?? "", start: date("START-DATE", of: list),
            end: date("END-DATE", of: list), duration: rangeTime("DURATION", of: list),
            plannedDuration: rangeTime("PLANNED-DURATION", of: list),
            cues: (list.text("CUE") ?? "").split(separator: ",").map { String($0.drop { $0 == " " }) },
            endsOnNext: list.isValue("END-ON-NEXT", "YES"), attributes: try extensionAttributes(of: list))
        range.interstitial = Interstitial(of: range)
        if let conflict = dateRanges.add(range) {
            findings.add(
                "hls-date-range-changed", .error, clause: "rfc8216bis 4.4.5.1", line: lines.number,
                "two EXT-X-DATERANGE tags with the ID \"\(id.prefix(40))\" differ in \(conflict.prefix(40))")
        }
    }

    /// The attributes of SCTE-35 and those that begin with `X-`.
    private mutating func extensionAttributes(of list: AttributeList) throws(ManifestError) -> [String: String] {
        var result: [String: String] = [:]
        try list.forEach { name, value throws(ManifestError) in
            guard bytes.starts(with: "X-", at: name) || bytes.starts(with: "SCTE35-", at: name) else { return }
            result[bytes.text(name)] =
                try variables.substituted(value, in: bytes, line: lines.number) ?? bytes.text(value)
        }
        return result
    }

    private mutating func date(_ name: StaticString, of list: AttributeList) -> WallTime? {
        guard let range = list.range(name) else { return nil }
        if let date = bytes.wallTime(bytes.trimmed(range)) { return date }
        reportInvalidRange("\(name)")
        return nil
    }

    private mutating func rangeTime(_ name: StaticString, of list: AttributeList) -> TimeAmount? {
        guard list.range(name) != nil else { return nil }
        if let time = list.positiveTime(name) { return time }
        reportInvalidRange("\(name)")
        return nil
    }

    private mutating func reportInvalidRange(_ name: String) {
        findings.add(
            "hls-invalid-date-range", .error, clause: "rfc8216bis 4.4.5.1", line: lines.number,
            "\(name) of EXT-X-DATERANGE is not valid and is ignored")
    }

    /// EXT-X-BITRATE: kilobits per second.
    mutating func decodeBitRate(_ value: Range<Int>) {
        if let rate = bytes.decimalInteger(bytes.trimmed(value)).flatMap({ UInt32(exactly: $0) }), rate > 0 {
            segments.declareRate(kilobits: rate)
        } else {
            findings.add(
                "hls-invalid-bit-rate", .error, clause: "rfc8216bis 4.4.4.8", line: lines.number,
                "EXT-X-BITRATE is not a whole number of kilobits per second and is ignored")
        }
    }

    /// EXT-X-SKIP: the segments it stands for are taken over from the playlist that is held.
    mutating func decodeSkip(_ value: Range<Int>) throws(ManifestError) {
        let list = AttributeList(value, in: bytes)
        guard let held else {
            throw .outOfDate(detail: "the playlist is a delta update, and no older copy of it is held")
        }
        guard skip == nil, segments.entries.isEmpty, let count = list.number("SKIPPED-SEGMENTS") else {
            throw malformed("EXT-X-SKIP stands there twice, behind a segment or without SKIPPED-SEGMENTS", "4.4.5.2")
        }
        guard count <= Int64(limits.segments) else {
            throw .tooLarge(detail: "the playlist has more than \(limits.segments) segments")
        }
        let removed = try text("RECENTLY-REMOVED-DATERANGES", of: list)
        required.note(removed == nil ? 9 : 10, "EXT-X-SKIP")
        skip = PlaylistSkip(
            segments: Int(count), removedDateRanges: (removed ?? "").split(separator: "\t").map(String.init))
        guard count > 0 else { return takeOverDateRanges(of: held, isAsked: removed != nil) }
        guard let older = held.segments.playlistSegments,
            let last = segments.takeOver(Int(count), of: older, into: &bytes)
        else {
            let detail = """
                the delta update leaves out segments \(segments.firstSequence) to \
                \(segments.firstSequence + count - 1), of which the held playlist lacks some
                """
            throw .outOfDate(detail: detail)
        }
        lastURI = last
        hasDates = segments.dateAtEnd != nil
        let next = segments.firstSequence + count
        adBreaks.takeOver(held.extras.adMarkers.filter { $0.sequence >= segments.firstSequence && $0.sequence < next })
        takeOverDateRanges(of: held, isAsked: removed != nil)
    }

    /// Date ranges are left out only where that was asked for, which the attribute or the server control shows; as
    /// hls.js does, the ranges held are kept in both cases.
    private mutating func takeOverDateRanges(of held: MediaPlaylist, isAsked: Bool) {
        guard isAsked || extras.serverControl.canSkipDateRanges else { return }
        var own = DateRangeCollector()
        own.takeOver(held.extras.dateRanges, without: skip?.removedDateRanges ?? [])
        for range in dateRanges.finished() { _ = own.add(range) }
        dateRanges = own
    }

    /// The parts of the segments taken over that a whole playlist would still list: those no more than three target
    /// durations behind its end (rfc8216bis section 6.2.2).
    func heldParts(within targetDuration: TimeAmount) -> [Part] {
        guard let skip, let held, let older = held.segments.playlistSegments else { return [] }
        let edge = segments.end + parts.offset - targetDuration.nanoseconds * 3
        let end = segments.firstSequence + Int64(skip.segments)
        return held.extras.parts.compactMap { part in
            guard part.sequence >= segments.firstSequence, part.sequence < end else { return nil }
            let before = older.entries[Int(part.sequence - older.firstSequence)]
            let now = segments.entries[Int(part.sequence - segments.firstSequence)]
            var moved = part
            moved.start = MediaTime(nanoseconds: part.start.nanoseconds - before.start + now.start)
            return moved.end.nanoseconds >= edge ? moved : nil
        }
    }
}
