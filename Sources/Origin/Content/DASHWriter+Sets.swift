import Quantities

/// What is said of an AdaptationSet beside its tracks.
struct SetPlan {
    var id: Int
    var type: String
    var language: String?
    /// A property element in front of all others.
    var property: String?
}

extension DASHWriter {
    func adaptationSet(_ tracks: ArraySlice<ContentTrack>, _ plan: SetPlan, _ period: PeriodPlan) -> String {
        guard let first = tracks.first else { return "" }
        var text = "    <AdaptationSet id=\"\(plan.id)\" contentType=\"\(plan.type)\""
        if let language = plan.language { text += " lang=\"\(language)\"" }
        text += " mimeType=\"\(content.mediaType(of: first))\" segmentAlignment=\"true\" startWithSAP=\"1\">\n"
        text += descriptors(plan, period)
        if kind.feature != .ranges {
            text += byTime ? timelineTemplate(first, period) : numberTemplate(first, period)
        }
        for track in tracks { text += representation(track, plan, period) }
        return text + "    </AdaptationSet>\n"
    }

    private func representation(_ track: ContentTrack, _ plan: SetPlan, _ period: PeriodPlan) -> String {
        let peak = track.peakRate(segmentDuration: grid.duration, variation: settings.sizeVariation)
        let bandwidth = Int64(clampingRounded: peak.bitsPerSecond / deployment.faults.bitRateUnderstatement)
        let id = (period.isAd ? "ad-" : "") + track.name + (plan.property == nil ? "" : "-\(plan.id)")
        var text = "      <Representation id=\"\(id)\" bandwidth=\"\(bandwidth)\" codecs=\"\(track.codec)\""
        switch track.kind {
        case .video(let width, let height):
            text += " width=\"\(width)\" height=\"\(height)\" frameRate=\"\(ContentTrack.pictureRate)\""
        case .audio:
            text += " audioSamplingRate=\"\(track.timescale)\""
        }
        guard kind.feature == .ranges, let layout = content.layouts.layout(of: track, kind, in: content)
        else { return text + "/>\n" }
        let index = layout.indexRange
        text += ">\n        <BaseURL>\(track.name)/media.mp4</BaseURL>\n"
        text += "        <SegmentBase timescale=\"\(track.timescale)\""
        text += " indexRange=\"\(index.lowerBound)-\(index.upperBound - 1)\">\n"
        text += "          <Initialization range=\"0-\(track.initialization.count - 1)\"/>\n"
        return text + "        </SegmentBase>\n      </Representation>\n"
    }

    /// What stands in a set before its addressing.
    private func descriptors(_ plan: SetPlan, _ period: PeriodPlan) -> String {
        var elements: [String] = []
        if kind.feature == .extras, plan.property == nil {
            elements += [
                "<ContentProtection schemeIdUri=\"urn:mpeg:dash:mp4protection:2011\" value=\"cenc\""
                    + " cenc:default_KID=\"34e5db32-8625-47cd-ba06-68fca0655a72\" xmlns:cenc=\"urn:mpeg:cenc:2013\"/>",
                "<ContentProtection schemeIdUri=\"urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed\" value=\"Widevine\"/>",
            ]
        }
        if let property = plan.property { elements.append(property) }
        if kind.feature == .query {
            elements.append(
                "<EssentialProperty schemeIdUri=\"urn:mpeg:dash:urlparam:2014\">"
                    + "<up:UrlQueryInfo xmlns:up=\"urn:mpeg:dash:schema:urlparam:2014\""
                    + " queryTemplate=\"$querypart$\" useMPDUrlQuery=\"true\"/></EssentialProperty>")
        }
        if let earlier = period.continues {
            elements.append(
                "<SupplementalProperty schemeIdUri=\"urn:mpeg:dash:period-continuity:2015\" value=\"\(earlier)\"/>")
        }
        if kind.feature == .extras, plan.type == "video", plan.property == nil {
            elements.append("<InbandEventStream schemeIdUri=\"\(EventMessage.scheme)\" value=\"1\"/>")
        }
        if kind.feature == .lowLatency {
            elements.append(
                "<ProducerReferenceTime id=\"0\" inband=\"false\" type=\"encoder\""
                    + " wallClockTime=\"\(TimeText.iso8601(grid.start))\" presentationTime=\"0\"/>")
        }
        return elements.map { "      \($0)\n" }.joined()
    }

    // MARK: Addressing

    /// The nominal ticks of so many segments: exact, because durations are whole milliseconds and both timescales
    /// multiples of 1 000.
    private func ticks(_ segments: Int64, _ track: ContentTrack) -> Int64 {
        segments * (grid.duration.nanoseconds / 1_000_000) * (track.timescale / 1_000)
    }

    private func templateStart(_ track: ContentTrack, _ period: PeriodPlan) -> String {
        var text = "      <SegmentTemplate timescale=\"\(track.timescale)\""
        if !period.isAd, period.first > 0 { text += " presentationTimeOffset=\"\(ticks(period.first, track))\"" }
        guard kind.feature == .lowLatency else { return text }
        let offset = TimeText.decimal((grid.duration - grid.partDuration).seconds, places: 6)
        return text + " availabilityTimeOffset=\"\(offset)\" availabilityTimeComplete=\"false\""
    }

    private func numberTemplate(_ track: ContentTrack, _ period: PeriodPlan) -> String {
        templateStart(track, period) + " duration=\"\(ticks(1, track))\" startNumber=\"\(period.first)\""
            + " initialization=\"$RepresentationID$/init.mp4\" media=\"$RepresentationID$/$Number$.m4s\"/>\n"
    }

    /// The template of a timeline.
    ///
    /// There is no start number with `$Time$`: it has no use for it, and FFmpeg's demuxer takes it for an offset into
    /// the timeline. The time of a break begins anew in each, so that it names no segment: there it is the number.
    private func timelineTemplate(_ track: ContentTrack, _ period: PeriodPlan) -> String {
        var text = templateStart(track, period)
        if period.isAd { text += " startNumber=\"\(period.listed.lowerBound)\"" }
        text += " initialization=\"$RepresentationID$/init.mp4\""
        text += " media=\"$RepresentationID$/\(period.isAd ? "$Number$" : "t$Time$").m4s\">\n"
        text += "        <SegmentTimeline>\n"
        for run in runs(track, period) {
            text += "          <S" + (run.start.map { " t=\"\($0)\"" } ?? "") + " d=\"\(run.duration)\""
            text += run.repeats > 0 ? " r=\"\(run.repeats)\"/>\n" : "/>\n"
        }
        return text + "        </SegmentTimeline>\n      </SegmentTemplate>\n"
    }

    /// An S element: its start where it has to be said.
    struct TimelineRun {
        var start: Int64?
        var duration: Int64
        var repeats = 0
    }

    /// The S elements of a track: equal neighbours together, but one for each segment where patches count them.
    func runs(_ track: ContentTrack, _ period: PeriodPlan) -> [TimelineRun] {
        var runs: [TimelineRun] = []
        var end: Int64?
        let isSingle = kind.feature == .patched
        let zero = period.isAd ? grid.samples(of: period.first, in: track).lowerBound : 0
        for index in period.listed {
            if deployment.faults.timelineHoles, index % 5 == 0 { continue }
            let samples = grid.samples(of: index, in: track)
            let start = (samples.lowerBound - zero) * track.sampleTicks
            let duration = Int64(samples.count) * track.sampleTicks
            if !isSingle, start == end, let last = runs.last, last.duration == duration {
                runs[runs.count - 1].repeats += 1
            } else {
                runs.append(TimelineRun(start: start == end && !isSingle ? nil : start, duration: duration))
            }
            end = start + duration
        }
        return runs
    }
}
