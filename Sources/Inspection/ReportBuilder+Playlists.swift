import Manifests
import Quantities

extension ReportBuilder {
    /// Adds the media playlists, and what they say of the presentation as a whole.
    mutating func describe(_ playlists: [InspectedDocuments.Playlist], in report: inout InspectionReport) {
        report.playlists = playlists.map { playlist($0) }
        let played = playlists.filter { !$0.playlist.isIFramesOnly }
        guard let first = played.first ?? playlists.first else { return }
        let live = played.first { $0.playlist.isLive }
        report.presentationType = live == nil ? .vod : live?.playlist.kind == .event ? .event : .live
        report.isLowLatency = playlists.contains { $0.playlist.isLowLatency }
        report.isEncrypted =
            report.isEncrypted || report.playlists.contains { $0.segments.contains { !$0.keys.isEmpty } }
        if report.presentationType != .live {
            report.duration = played.map(\.playlist.duration).max().map { Seconds($0) }
        }
        guard let live, report.presentationType != .vod else { return }
        report.latency = Self.latency(of: live.playlist)
        report.window = Self.window(of: first.playlist.isLive ? first : live)
    }

    private static func latency(of playlist: MediaPlaylist) -> ReportLatency {
        let control = playlist.extras.serverControl
        if playlist.isLowLatency, let target = control.partHoldBack {
            return ReportLatency(target: Seconds(target), origin: .partHoldBack)
        }
        if let target = control.holdBack { return ReportLatency(target: Seconds(target), origin: .holdBack) }
        return ReportLatency(target: Seconds(playlist.targetDuration * 3), origin: .threeTargetDurations)
    }

    private static func window(of entry: InspectedDocuments.Playlist) -> ReportWindow? {
        let playlist = entry.playlist
        guard let first = playlist.segments.first ?? nil else { return nil }
        let last = playlist.segments.last
        let endTime = last.flatMap { last in last.programDateTime.map { $0 + (playlist.end - last.start) } }
        return ReportWindow(
            start: Seconds(first.start), end: Seconds(playlist.end), duration: Seconds(playlist.end - first.start),
            startTime: first.programDateTime.map(Timestamp.init), endTime: endTime.map(Timestamp.init),
            firstSequence: first.sequence, lastSequence: last?.sequence, playlistURI: given(entry.uri))
    }

    private mutating func playlist(_ entry: InspectedDocuments.Playlist) -> ReportPlaylist {
        let playlist = entry.playlist
        let base = entry.uri
        let extras = playlist.extras
        add(playlist.findings, at: base)
        let range = playlist.segments.lastSequence.flatMap { last in
            last >= playlist.segments.firstSequence ? playlist.segments.firstSequence...last : nil
        }
        let listing = segments(
            playlist.segments, range, Addressing(base: base), firstDiscontinuity: extras.discontinuitySequence)
        return ReportPlaylist(
            uri: given(base), requestedURI: entry.requestedURI == base ? nil : given(entry.requestedURI),
            version: extras.version, playlistType: playlist.kind == .live ? nil : playlist.kind.rawValue,
            isLive: playlist.isLive, endList: playlist.isEnded, isIFramesOnly: playlist.isIFramesOnly,
            hasIndependentSegments: extras.hasIndependentSegments, targetDuration: Seconds(playlist.targetDuration),
            mediaSequence: range?.lowerBound, discontinuitySequence: extras.discontinuitySequence,
            duration: Seconds(playlist.duration), startOffset: playlist.startOffset.map(ReportStartOffset.init),
            partTarget: extras.partTarget.map { Seconds($0) }, serverControl: Self.control(extras.serverControl),
            skip: extras.skip.map { ReportSkip(segments: $0.segments, removedDateRanges: $0.removedDateRanges) },
            segmentCount: listing.count, omittedSegments: listing.omitted, segments: listing.listed,
            parts: extras.parts.map { Self.part($0, base: base) },
            preloadHints: extras.preloadHints.map { hint in
                ReportPreloadHint(
                    type: hint.kind, uri: resolved(hint.uri, base),
                    byteRange: ReportByteRange(offset: hint.rangeStart, length: hint.rangeLength))
            },
            renditionReports: extras.renditionReports.map { report in
                ReportRenditionReport(
                    uri: resolved(report.uri, base), lastSequence: report.lastSequence, lastPart: report.lastPart)
            },
            dateRanges: extras.dateRanges.map { ReportDateRange($0, base: base) },
            adMarkers: extras.adMarkers.map { marker in
                ReportAdMarker(
                    kind: marker.kind, sequence: marker.sequence, duration: marker.duration.map { Seconds($0) })
            })
    }

    /// Nil where the playlist says nothing.
    private static func control(_ control: ServerControl) -> ReportServerControl? {
        guard control != ServerControl() else { return nil }
        return ReportServerControl(
            canSkipUntil: control.canSkipUntil.map { Seconds($0) }, canSkipDateRanges: control.canSkipDateRanges,
            holdBack: control.holdBack.map { Seconds($0) }, partHoldBack: control.partHoldBack.map { Seconds($0) },
            canBlockReload: control.canBlockReload)
    }

    private static func part(_ part: Part, base: String) -> ReportPart {
        ReportPart(
            sequence: part.sequence, index: part.index, start: Seconds(part.start), duration: Seconds(part.duration),
            uri: resolved(part.uri, base), byteRange: part.byteRange.map(ReportByteRange.init),
            isIndependent: part.isIndependent, isGap: part.isGap,
            initialization: part.initialization.map { ReportInitialization($0, base: base) },
            key: part.key.map { ReportKey($0, base: base) }, discontinuitySequence: part.discontinuity,
            programDateTime: part.programDateTime.map(Timestamp.init))
    }
}

extension ReportDateRange {
    init(_ range: DateRange, base: String) {
        self.init(
            id: range.id, rangeClass: given(range.rangeClass), startDate: range.start.map(Timestamp.init),
            endDate: range.end.map(Timestamp.init), duration: range.duration.map { Seconds($0) },
            plannedDuration: range.plannedDuration.map { Seconds($0) }, cues: range.cues,
            endsOnNext: range.endsOnNext,
            attributes: range.attributes.sorted { $0.key < $1.key }.map(ReportVariable.init),
            interstitial: range.interstitial.map { ReportInterstitial($0, base: base) })
    }
}

extension ReportInterstitial {
    init(_ interstitial: Interstitial, base: String) {
        var asset: String?
        var list: String?
        switch interstitial.content {
        case .asset(let uri): asset = resolved(uri, base)
        case .list(let uri): list = resolved(uri, base)
        }
        self.init(
            assetURI: asset, assetListURI: list, resumeOffset: interstitial.resumeOffset.map { Seconds($0) },
            playoutLimit: interstitial.playoutLimit.map { Seconds($0) }, snapsOut: interstitial.snapsOut,
            snapsIn: interstitial.snapsIn, restrictions: interstitial.restrictions)
    }
}
