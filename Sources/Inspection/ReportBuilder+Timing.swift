import Manifests
import Quantities

extension ReportBuilder {
    /// Adds whether an MPD is live, and the timing of a dynamic one.
    mutating func describeTiming(of presentation: Presentation, in report: inout InspectionReport) {
        report.presentationType = presentation.isDynamic ? .live : .vod
        report.isLowLatency = presentation.periods.contains { period in
            period.switchingSets.contains { $0.tracks.contains(where: Self.isChunked) }
        }
        guard let timing = presentation.dynamicTiming else { return }
        report.dynamic = dynamic(timing)
        report.latency = Self.latency(of: timing)
        report.window = window(of: presentation, timing)
    }

    private static func isChunked(_ track: Track) -> Bool {
        guard case .segments(let list) = track.media else { return false }
        return !list.isAvailableComplete && list.availabilityOffset > .zero
    }

    private func dynamic(_ timing: DynamicTiming) -> ReportDynamicTiming {
        let uri = documents.uri
        return ReportDynamicTiming(
            availabilityStartTime: Timestamp(timing.availabilityStart),
            availabilityEndTime: timing.availabilityEnd.map(Timestamp.init),
            publishTime: timing.publishTime.map(Timestamp.init),
            minimumUpdatePeriod: timing.minimumUpdatePeriod.map { Seconds($0) },
            timeShiftBufferDepth: timing.timeShiftBufferDepth.map { Seconds($0) },
            suggestedDelay: timing.suggestedDelay.map { Seconds($0) },
            maximumSegmentDuration: timing.maximumSegmentDuration.map { Seconds($0) },
            locations: timing.locations.map {
                ReportManifestLocation(uri: resolved($0.uri, uri), name: given($0.name))
            },
            patchLocations: timing.patchLocations.map {
                ReportPatchLocation(uri: resolved($0.uri, uri), timeToLive: $0.timeToLive.map { Seconds($0) })
            },
            clocks: timing.clocks.map { ReportClock(scheme: $0.scheme, value: $0.value) })
    }

    /// What the service wants; nil where nothing is said.
    private static func latency(of timing: DynamicTiming) -> ReportLatency? {
        let service = timing.service
        var latency = ReportLatency(
            shortest: service.shortestLatency.map { Seconds($0) }, longest: service.longestLatency.map { Seconds($0) },
            slowestRate: service.slowestRate, fastestRate: service.fastestRate)
        if let target = service.targetLatency {
            latency.target = Seconds(target)
            latency.origin = .serviceDescription
        } else if let target = timing.suggestedDelay {
            latency.target = Seconds(target)
            latency.origin = .suggestedPresentationDelay
        }
        return latency == ReportLatency() ? nil : latency
    }

    /// From the begin of the time-shift buffer to the end of the newest segment that is complete (dash.md section 4).
    private func window(
        of presentation: Presentation, _ timing: DynamicTiming
    ) -> ReportWindow? {
        let now = documents.inspectedAt - timing.availabilityStart
        let lists = presentation.periods.compactMap { period in Self.reference(period).map { (period, $0) } }
        let ranges = lists.compactMap { period, list in playable(list, in: period, timing).map { (list, $0) } }
        let last = ranges.last.flatMap { list, range in list.segment(range.upperBound) }
        let first = ranges.last.flatMap { list, range in list.segment(range.lowerBound) }
        let end = last.map { $0.end - MediaTime.zero } ?? now
        var start = (presentation.periods.first?.start ?? .zero) - MediaTime.zero
        if let depth = timing.timeShiftBufferDepth { start = max(start, now - depth) }
        guard end > start else { return nil }
        let origin = TimeAmount(nanoseconds: timing.availabilityStart.nanoseconds)
        return ReportWindow(
            start: Seconds(start), end: Seconds(end), duration: Seconds(end - start),
            startTime: Timestamp(WallTime(nanoseconds: (origin + start).nanoseconds)),
            endTime: Timestamp(WallTime(nanoseconds: (origin + end).nanoseconds)), firstSequence: first?.sequence,
            lastSequence: last?.sequence, playlistURI: nil)
    }

    /// The segments of a period's first video track, or else of its first track.
    private static func reference(_ period: Period) -> SegmentList? {
        let sets = period.switchingSets.filter { !$0.isTrickPlay }
        let track = (sets.first { $0.kind == .video } ?? sets.first)?.tracks.first
        if case .segments(let list) = track?.media { return list }
        return nil
    }
}
