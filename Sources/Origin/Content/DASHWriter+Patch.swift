import Quantities

/// MPD patches (ISO/IEC 23009-1 section 5.15, RFC 5261).
extension DASHWriter {
    /// How the patch of an MPD is answered when there is none.
    enum PatchRefusal: Equatable {
        /// Nothing has changed yet.
        case tooEarly
        /// Such an MPD never was, or it was too long ago.
        case gone
    }

    /// The element that says where the patch of the MPD lies whose timeline ends before a segment.
    func patchLocation(_ end: Int64) -> String {
        let ttl = TimeText.decimal(settings.patchLifetime.seconds, places: 3)
        return "<PatchLocation ttl=\"\(ttl)\">patches/\(end).mpp</PatchLocation>"
    }

    /// Why there is no patch from the MPD whose timeline ended before a segment; nil when there is one.
    func patchRefusal(from end: Int64) -> PatchRefusal? {
        let listed = listed
        if end == listed.upperBound { return .tooEarly }
        guard end > listed.lowerBound, end < listed.upperBound,
            seen - published(through: end) <= settings.patchLifetime
        else { return .gone }
        return nil
    }

    /// The patch from the MPD whose timeline ended before a segment to that of now; nil when there is none.
    func patch(from end: Int64) -> String? {
        guard patchRefusal(from: end) == nil, let period = periods().first else { return nil }
        let listed = listed
        let old = max(0, end - grid.window)..<end
        let published = TimeText.iso8601(published(through: listed.upperBound))
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Patch xmlns=\"urn:mpeg:dash:schema:mpd-patch:2020\""
        text += " mpdId=\"\(Self.escaped(address.name))\""
        text += " originalPublishTime=\"\(TimeText.iso8601(self.published(through: end)))\""
        text += " publishTime=\"\(published)\">\n"
        text += "  <replace sel=\"/MPD/@publishTime\">\(published)</replace>\n"
        text += "  <replace sel=\"/MPD/PatchLocation[1]\">\(patchLocation(listed.upperBound))</replace>\n"
        for (number, track) in [content.videoTracks.first, content.audioTrack].enumerated() {
            guard let track else { continue }
            let timeline = "/MPD/Period[@id='0']/AdaptationSet[@id='\(number)']/SegmentTemplate/SegmentTimeline"
            var before = period
            before.listed = old
            let gone = runs(track, before).count { run in
                (run.start ?? 0) < grid.samples(of: listed.lowerBound, in: track).lowerBound * track.sampleTicks
            }
            for _ in 0..<gone { text += "  <remove sel=\"\(timeline)/S[1]\"/>\n" }
            var after = period
            after.listed = end..<listed.upperBound
            let added = runs(track, after).map { "<S t=\"\($0.start ?? 0)\" d=\"\($0.duration)\"/>" }
            if !added.isEmpty { text += "  <add sel=\"\(timeline)\">\(added.joined())</add>\n" }
        }
        return text + "</Patch>\n"
    }
}
