import Manifests

extension InspectionText {
    /// A track or playlist and its segments.
    private struct Listing {
        var title: String
        var uri: String?
        var segments: [ReportSegment]
        var omitted: Int64
        var parts: [ReportPart] = []
        /// What it is of, without figures.
        var name: String
        /// Further tracks whose segments have the same numbers and times.
        var alike: [String] = []

        /// True when the segments have the same numbers and times.
        func isLike(_ other: Listing) -> Bool {
            segments.count > 1 && omitted == other.omitted && parts.count == other.parts.count
                && segments.elementsEqual(other.segments) {
                    $0.sequence == $1.sequence && $0.start == $1.start && $0.duration == $1.duration
                        && $0.isDiscontinuity == $1.isDiscontinuity && $0.isGap == $1.isGap
                }
        }
    }

    /// The segments of each track: the first and the last few, or all of them.
    mutating func addSegments() {
        var listings = report.playlists.map(listing) + report.periods.enumerated().flatMap(listings)
        guard !listings.isEmpty else { return }
        if !lines.style.showsAll { listings = Self.merged(listings) }
        let limit = lines.style.showsAll ? listings.count : 8
        lines.heading("Segments")
        let time = report.manifestFormat == .dash ? "available from (UTC)" : "program date time (UTC)"
        lines.line(lines.emphasised("  number, start and duration in seconds, \(time), notes, URI", .dim))
        for listing in listings.prefix(limit) { add(listing) }
        if listings.count > limit {
            lines.line("  … \(listings.count - limit) more tracks with segments; --all lists them")
        }
    }

    /// Of tracks in a row with the same segments, as those of a switching set have, the first stands for all.
    private static func merged(_ listings: [Listing]) -> [Listing] {
        var result: [Listing] = []
        for listing in listings {
            if let last = result.indices.last, result[last].isLike(listing) {
                result[last].alike.append(listing.name)
            } else {
                result.append(listing)
            }
        }
        return result
    }

    private func listing(_ playlist: ReportPlaylist) -> Listing {
        let name = name(of: playlist)
        var title = "\(name): \(Amount.count(playlist.segmentCount, "segment"))"
        title += " of at most \(Amount.duration(playlist.targetDuration)), \(Amount.duration(playlist.duration))"
        if playlist.isIFramesOnly { title += ", I-frames only" }
        if playlist.isLive != (report.presentationType != .vod) { title += playlist.isLive ? ", live" : ", ended" }
        if playlist.discontinuitySequence > 0 { title += ", discontinuity sequence \(playlist.discontinuitySequence)" }
        return Listing(
            title: title, uri: playlist.uri, segments: playlist.segments, omitted: playlist.omittedSegments ?? 0,
            parts: playlist.parts, name: name)
    }

    /// The first track that names a playlist.
    private func name(of playlist: ReportPlaylist) -> String {
        for set in report.periods.flatMap(\.switchingSets) {
            for track in set.tracks {
                guard let uri = track.playlistURI, uri == playlist.requestedURI ?? playlist.uri else { continue }
                return "\(set.isTrickPlay ? "trick" : set.kind.rawValue) \(track.id)"
            }
        }
        return "playlist"
    }

    private func listings(_ index: Int, _ period: ReportPeriod) -> [Listing] {
        period.switchingSets.flatMap { set in
            set.tracks.compactMap { track in
                guard let count = track.segmentCount else { return nil }
                let prefix = report.periods.count > 1 ? "period \(index + 1), " : ""
                let name = "\(prefix)\(set.kind.rawValue) \(track.id)"
                let duration = Self.span(of: track.segments).map { ", \(Amount.duration($0))" } ?? ""
                return Listing(
                    title: "\(name): \(Amount.count(count, "segment"))\(duration)",
                    uri: track.locations.first?.uri ?? report.uri, segments: track.segments,
                    omitted: track.omittedSegments ?? 0, name: name)
            }
        }
    }

    private static func span(of segments: [ReportSegment]) -> Seconds? {
        guard let first = segments.first, let last = segments.last else { return nil }
        let end = last.start.nanoseconds.addingReportingOverflow(last.duration.nanoseconds).partialValue
        return Seconds(nanoseconds: end.subtractingReportingOverflow(first.start.nanoseconds).partialValue)
    }

    private mutating func add(_ listing: Listing) {
        for part in TextLines.wrapped(listing.title, to: lines.style.width - 2) { lines.line("  " + part) }
        if let uri = listing.uri, uri != report.uri || report.documentType != .media {
            let shown = URIText.shortened(URIText.masked(uri), to: lines.style.width - 2)
            lines.line(lines.emphasised("  " + shown, .dim))
        }
        let segments = listing.segments
        let isGapless = segments.last.map { $0.sequence - segments[0].sequence == Int64(segments.count) - 1 } ?? true
        if listing.omitted > 0, isGapless { lines.line("    … \(listing.omitted) earlier ones left out") }
        let hidden = isGapless ? 0 : listing.omitted
        let isCut = hidden > 0 || !lines.style.showsAll && segments.count > 6
        for segment in isCut ? segments.prefix(3) : segments[...] { lines.line(row(segment, listing)) }
        if isCut {
            lines.line("    … \(Int64(segments.count) - 5 + hidden) more")
            for segment in segments.suffix(2) { lines.line(row(segment, listing)) }
        }
        addParts(of: listing)
        guard !listing.alike.isEmpty else { return }
        lines.line(lines.emphasised("    the same in \(Self.list(listing.alike)); --all lists them", .dim))
    }

    /// The parts of the segment in the making, or all of them.
    private mutating func addParts(of listing: Listing) {
        let last = listing.segments.last?.sequence ?? .min
        for part in listing.parts where lines.style.showsAll || part.sequence > last {
            let flags = [part.isIndependent ? "independent" : "", part.isGap ? "gap" : ""].filter { !$0.isEmpty }
            lines.line(
                row(
                    "\(part.sequence).\(part.index)", part.start, part.duration, part.programDateTime, flags,
                    part.uri, listing))
        }
    }

    private func row(_ segment: ReportSegment, _ listing: Listing) -> String {
        var flags: [String] = []
        if segment.isDiscontinuity { flags.append("discontinuity") }
        if segment.isGap { flags.append("gap") }
        for key in segment.keys where !flags.contains(key.method) { flags.append(key.method) }
        if let range = segment.byteRange { flags.append("\(range.length.map(String.init) ?? "rest")@\(range.offset)") }
        return row(
            String(segment.sequence), segment.start, segment.duration,
            segment.programDateTime ?? segment.availableFrom, flags, segment.uri, listing)
    }

    private func row(
        _ number: String, _ start: Seconds, _ duration: Seconds, _ time: Timestamp?, _ flags: [String], _ uri: String,
        _ listing: Listing
    ) -> String {
        func right(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        let widest = listing.segments.last.map { String($0.sequence).count } ?? 1
        let longest = listing.segments.last.map { Amount.fixed($0.start).count } ?? 5
        var line =
            "    \(right(number, widest))  \(right(Amount.fixed(start), longest))  \(right(Amount.fixed(duration), 7))"
        if let time { line += "  \(time.clockText)" }
        if !flags.isEmpty { line += "  [\(flags.joined(separator: ", "))]" }
        let shown = URIText.relative(uri, to: listing.uri)
        return line + "  " + URIText.shortened(URIText.masked(shown), to: max(16, lines.style.width - line.count - 2))
    }
}
