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
        report.window = window(of: presentation, timing, report)
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
        of presentation: Presentation, _ timing: DynamicTiming, _ report: InspectionReport
    ) -> ReportWindow? {
        let now = documents.inspectedAt - timing.availabilityStart
        let sets = report.periods.flatMap(\.switchingSets).filter { !$0.isTrickPlay }
        let set = sets.last { $0.kind == .video } ?? sets.last
        let isDone = { (segment: ReportSegment) in
            segment.availableFrom.map { $0.time <= documents.inspectedAt } ?? false
        }
        let last = set?.tracks.first?.segments.last(where: isDone)
        let edge = last.map {
            TimeAmount(nanoseconds: $0.start.nanoseconds) + TimeAmount(nanoseconds: $0.duration.nanoseconds)
        }
        let end = edge ?? now
        var start = TimeAmount(nanoseconds: presentation.periods.first?.start.nanoseconds ?? 0)
        if let depth = timing.timeShiftBufferDepth { start = max(start, now - depth) }
        guard end > start else { return nil }
        let first = set?.tracks.first?.segments.first {
            $0.start.nanoseconds + $0.duration.nanoseconds > start.nanoseconds
        }
        let origin = TimeAmount(nanoseconds: timing.availabilityStart.nanoseconds)
        return ReportWindow(
            start: Seconds(start), end: Seconds(end), duration: Seconds(end - start),
            startTime: Timestamp(WallTime(nanoseconds: (origin + start).nanoseconds)),
            endTime: Timestamp(WallTime(nanoseconds: (origin + end).nanoseconds)),
            firstSequence: last == nil ? nil : first?.sequence, lastSequence: last?.sequence, playlistURI: nil)
    }
}
