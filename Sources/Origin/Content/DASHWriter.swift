import Quantities

/// Writes the MPD of the synthetic content (ISO/IEC 23009-1, profile isoff-live) as of an instant.
struct DASHWriter {
    let content: SyntheticContent
    let kind: AssetKind
    /// `$Time$` with a SegmentTimeline, or else `$Number$` with a duration.
    let byTime: Bool
    let now: WallTime

    private var grid: SegmentGrid { content.grid(of: kind) }

    /// The document.
    func text() -> String {
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\""
        text += " profiles=\"urn:mpeg:dash:profile:isoff-live:2011\"" + presentationAttributes() + ">\n"
        text += "  <Period id=\"0\" start=\"PT0S\">\n"
        let listed = grid.listed(at: now)
        text += adaptationSet(content.videoTracks, attributes: "id=\"0\" contentType=\"video\"", listed)
        if let audio = content.audioTrack {
            text += adaptationSet([audio][...], attributes: "id=\"1\" contentType=\"audio\" lang=\"en\"", listed)
        }
        text += "  </Period>\n"
        if kind == .live { text += timing() }
        return text + "</MPD>\n"
    }

    private func presentationAttributes() -> String {
        let settings = content.settings
        var text = " minBufferTime=\"\(TimeText.duration(grid.duration))\""
        guard kind == .live else {
            let total = grid.total ?? .zero
            return text + " type=\"static\" mediaPresentationDuration=\"\(TimeText.duration(total))\""
        }
        let update = settings.minimumUpdatePeriod ?? grid.duration
        let depth = grid.duration * Double(grid.window)
        let delay = HLSWriter.holdBack(settings, grid)
        text += " type=\"dynamic\" availabilityStartTime=\"\(TimeText.iso8601(grid.start))\""
        text += " publishTime=\"\(TimeText.iso8601(published))\""
        text += " minimumUpdatePeriod=\"\(TimeText.duration(update))\""
        text += " timeShiftBufferDepth=\"\(TimeText.duration(depth))\""
        return text + " suggestedPresentationDelay=\"\(TimeText.duration(delay))\""
    }

    /// When this content of the MPD was first true: it changes with each segment by time and never by number.
    private var published: WallTime {
        guard byTime else { return grid.start }
        return grid.start + TimeAmount(nanoseconds: grid.duration.nanoseconds &* grid.listed(at: now).upperBound)
    }

    private func timing() -> String {
        switch content.settings.utcTiming {
        case .none: ""
        case .direct:
            "  <UTCTiming schemeIdUri=\"urn:mpeg:dash:utc:direct:2014\" value=\"\(TimeText.iso8601(now))\"/>\n"
        case .httpISO(let url):
            "  <UTCTiming schemeIdUri=\"urn:mpeg:dash:utc:http-iso:2014\" value=\"\(Self.escaped(url))\"/>\n"
        }
    }

    private func adaptationSet(
        _ tracks: ArraySlice<ContentTrack>, attributes: String, _ listed: Range<Int64>
    ) -> String {
        guard let first = tracks.first else { return "" }
        let mediaType = first.kind == .audio ? MediaType.audio : MediaType.video
        var text = "    <AdaptationSet \(attributes) mimeType=\"\(mediaType)\" segmentAlignment=\"true\""
        text += " startWithSAP=\"1\">\n"
        text += byTime ? timelineTemplate(first, listed) : numberTemplate(first)
        for track in tracks {
            let peak = track.peakRate(segmentDuration: grid.duration, variation: content.settings.sizeVariation)
            let bandwidth = Int64(clampingRounded: peak.bitsPerSecond)
            text += "      <Representation id=\"\(track.name)\" bandwidth=\"\(bandwidth)\" codecs=\"\(track.codec)\""
            switch track.kind {
            case .video(let width, let height):
                text += " width=\"\(width)\" height=\"\(height)\" frameRate=\"\(ContentTrack.pictureRate)\"/>\n"
            case .audio:
                text += " audioSamplingRate=\"\(track.timescale)\"/>\n"
            }
        }
        return text + "    </AdaptationSet>\n"
    }

    /// The nominal duration is exact: durations are whole milliseconds and both timescales multiples of 1 000.
    private func numberTemplate(_ track: ContentTrack) -> String {
        let ticks = grid.duration.nanoseconds / 1_000_000 * (track.timescale / 1_000)
        return "      <SegmentTemplate timescale=\"\(track.timescale)\" duration=\"\(ticks)\" startNumber=\"0\""
            + " initialization=\"$RepresentationID$/init.mp4\" media=\"$RepresentationID$/$Number$.m4s\"/>\n"
    }

    /// There is no start number: `$Time$` has no use for it, and FFmpeg's demuxer takes it for an offset into the
    /// timeline.
    private func timelineTemplate(_ track: ContentTrack, _ listed: Range<Int64>) -> String {
        var text = "      <SegmentTemplate timescale=\"\(track.timescale)\""
        text += " initialization=\"$RepresentationID$/init.mp4\" media=\"$RepresentationID$/t$Time$.m4s\">\n"
        text += "        <SegmentTimeline>\n"
        var start: Int64?
        var run: (duration: Int64, repeats: Int)?
        func flush() {
            guard let run else { return }
            text += "          <S" + (start.map { " t=\"\($0)\"" } ?? "") + " d=\"\(run.duration)\""
            text += run.repeats > 0 ? " r=\"\(run.repeats)\"/>\n" : "/>\n"
            start = nil
        }
        for index in listed {
            let samples = grid.samples(of: index, in: track)
            let duration = Int64(samples.count) * track.sampleTicks
            if index == listed.lowerBound { start = samples.lowerBound * track.sampleTicks }
            if run?.duration == duration {
                run?.repeats += 1
            } else {
                flush()
                run = (duration, 0)
            }
        }
        flush()
        return text + "        </SegmentTimeline>\n      </SegmentTemplate>\n"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }
}
