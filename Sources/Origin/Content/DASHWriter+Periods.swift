import Quantities

/// One period of an MPD by the segments that it holds.
struct PeriodPlan: Sendable, Hashable {
    var id: String
    /// The first segment; the period begins with it.
    var first: Int64
    /// The segments that a timeline lists.
    var listed: Range<Int64>
    /// The nominal duration, where it is said.
    var duration: TimeAmount?
    /// Whether it is a break: other media, other Representation identifiers, and time that begins anew.
    var isAd = false
    /// The identifier of the earlier period that this one continues.
    var continues: String?
}

extension DASHWriter {
    /// The periods: a single one, or those that have segments in the window.
    ///
    /// By number a live period is there one `minimumUpdatePeriod` before it begins: an MPD must hold for so long (ISO/IEC 23009-1
    /// section 5.3.1.2), or players would ask for its first segments among those of the period before. Identifiers count the periods
    /// from the live start, so that they stay the same from one MPD to the next.
    func periods() -> [PeriodPlan] {
        let listed = listed
        guard kind.feature == .periods, let breaks = BreakPattern(kind, settings) else {
            return [PeriodPlan(id: "0", first: 0, listed: listed)]
        }
        let length = Int64(settings.periodLength)
        let ahead = ((settings.minimumUpdatePeriod ?? grid.duration).seconds / grid.duration.seconds).rounded(.up)
        let last =
            kind.isLive && !byTime ? listed.upperBound + Int64(min(max(ahead, 0), 1_000)) : listed.upperBound - 1
        guard last >= listed.lowerBound else { return [] }
        return (listed.lowerBound / length...last / length).map { number in
            let first = number * length
            var plan = PeriodPlan(
                id: "p\(number)", first: first, listed: listed.clamped(to: first..<first + length))
            if let total = grid.total { plan.duration = min(grid.span(length), total - grid.span(first)) }
            plan.isAd = breaks.begin(ofBreakAt: first) != nil
            if !plan.isAd, number > 0 {
                let isAfterAd = breaks.begin(ofBreakAt: first - 1) != nil
                plan.continues = "p\(number - (isAfterAd ? 2 : 1))"
            }
            return plan
        }
    }

    func text(of period: PeriodPlan) -> String {
        var text = "  <Period id=\"\(period.id)\" start=\"\(TimeText.duration(grid.span(period.first)))\""
        if let duration = period.duration { text += " duration=\"\(TimeText.duration(duration))\"" }
        text += ">\n" + eventStream()
        text += adaptationSet(content.videoTracks, SetPlan(id: 0, type: "video"), period)
        if let audio = content.audioTrack {
            text += adaptationSet([audio][...], SetPlan(id: 1, type: "audio", language: "en"), period)
        }
        switch kind.feature {
        case .renditions: text += otherLanguages(period)
        case .extras: text += otherSets(period)
        default: break
        }
        return text + "  </Period>\n"
    }

    /// The events of `extras` outside of the media: one each minute that the window reaches.
    private func eventStream() -> String {
        guard kind.feature == .extras else { return "" }
        var text = "    <EventStream schemeIdUri=\"\(EventMessage.scheme)\" value=\"2\" timescale=\"1000\">\n"
        let from = grid.span(listed.lowerBound).nanoseconds / 60_000_000_000
        let end = grid.span(listed.upperBound).nanoseconds / 60_000_000_000
        for minute in from...max(from, end) {
            text +=
                "      <Event presentationTime=\"\(minute * 60_000)\" duration=\"1000\" id=\"\(minute)\">minute</Event>\n"
        }
        return text + "    </EventStream>\n"
    }

    private func otherLanguages(_ period: PeriodPlan) -> String {
        var text = ""
        if let track = content.allTracks.first(where: { $0.name == "audio-nb" }) {
            text += adaptationSet([track][...], SetPlan(id: 2, type: "audio", language: "nb"), period)
        }
        guard !byTime else { return text }
        for (place, language) in SyntheticContent.languages.enumerated() {
            text += "    <AdaptationSet id=\"\(3 + place)\" contentType=\"text\" lang=\"\(language)\""
            text += " mimeType=\"\(MediaType.subtitles)\">\n"
            text += "      <SegmentTemplate timescale=\"1000\" duration=\"\(grid.duration.nanoseconds / 1_000_000)\""
            text += " startNumber=\"0\" media=\"subtitles-\(language)/$Number$.vtt\"/>\n"
            text += "      <Representation id=\"subtitles-\(language)\" bandwidth=\"256\"/>\n    </AdaptationSet>\n"
        }
        return text
    }

    /// Sets that a player has to leave alone: one with a property that it must know and cannot, one for trick play.
    private func otherSets(_ period: PeriodPlan) -> String {
        let video = content.videoTracks.prefix(1)
        let unknown = "<EssentialProperty schemeIdUri=\"urn:example:fullhouse:unknown:2026\" value=\"1\"/>"
        let trick = "<EssentialProperty schemeIdUri=\"http://dashif.org/guidelines/trickmode\" value=\"0\"/>"
        return adaptationSet(video, SetPlan(id: 10, type: "video", property: unknown), period)
            + adaptationSet(video, SetPlan(id: 11, type: "video", property: trick), period)
    }
}
