import Manifests
import Quantities
import Testing

@testable import Inspection

@Suite struct FollowingTests {
    /// A live playlist of segments of four seconds, with the lines given before its end.
    private func playlist(_ first: Int, _ count: Int, head: String = "", tail: String = "") throws -> (
        DecodedManifest, [UInt8]
    ) {
        var text = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:\(first)\n" + head
        for number in first..<(first + count) { text += "#EXTINF:4,\n\(number).ts\n" }
        let bytes = Array((text + tail).utf8)
        return (try ManifestDecoder.decode(bytes), bytes)
    }

    private func load(_ begun: Double, _ ended: Double) -> DocumentFollower.Load {
        DocumentFollower.Load(begun: .seconds(begun), ended: .seconds(ended), wall: Everything.now + .seconds(ended))
    }

    private func follower(_ content: (DecodedManifest, [UInt8]), uri: String = "https://a.example/p.m3u8")
        -> DocumentFollower
    {
        DocumentFollower(
            uri: uri, documentURI: uri, track: "video 0", bytes: content.1, manifest: content.0, load: load(0, 0.1))
    }

    @Test func aReloadTellsWhatIsNew() throws {
        var follower = follower(try playlist(10, 5))
        #expect(follower.due == .seconds(4) && follower.nextURI == "https://a.example/p.m3u8")
        let content = try playlist(12, 5)
        let change = follower.loaded(content.0, content.1, documentURI: follower.uri, load(4, 4.1))
        #expect(change.isChanged && change.firstAdded == 15 && change.lastAdded == 16 && change.removedSegments == 2)
        #expect(change.age.text == "4" && change.ageInUpdatePeriods == 1 && change.window.text == "20")
        #expect(change.lastSequence == 16 && change.discontinuities == 0 && change.addedParts == 0 && !change.isEnded)
        #expect(follower.due == .seconds(8))
    }

    @Test func anUnchangedPlaylistIsAskedForTwiceAsOftenAndGrowsOld() throws {
        let content = try playlist(10, 5)
        var follower = follower(content)
        let first = follower.loaded(content.0, content.1, documentURI: follower.uri, load(4, 4.1))
        #expect(!first.isChanged && follower.due == .seconds(6) && !ChangeText.isWorthTelling(first))
        let second = follower.loaded(content.0, content.1, documentURI: follower.uri, load(6, 6.1))
        #expect(second.age.text == "6" && second.ageInUpdatePeriods == 1.5 && ChangeText.isWorthTelling(second))
        #expect(follower.loads == 2 && follower.changes == 0 && follower.longestAge == .seconds(Int64(6)))
    }

    @Test func aFailureKeepsWhatIsHeld() throws {
        var follower = follower(try playlist(10, 5))
        let change = follower.failed("the answer has status 503", load(4, 4.1))
        #expect(change.error == "the answer has status 503" && !change.isChanged && change.lastSequence == 14)
        #expect(follower.due == .seconds(6) && follower.failures == 1 && ChangeText.isWorthTelling(change))
    }

    @Test func anEndedPlaylistIsNotLoadedAgain() throws {
        var follower = follower(try playlist(10, 5))
        let content = try playlist(10, 6, tail: "#EXT-X-ENDLIST\n")
        let change = follower.loaded(content.0, content.1, documentURI: follower.uri, load(4, 4.1))
        #expect(change.isEnded && follower.due == nil && follower.plan == nil)
        #expect(ChangeText.render(change, style: .init()).hasSuffix("ended"))
    }

    @Test func aChangeAsALine() throws {
        var follower = follower(try playlist(10, 5))
        let content = try playlist(11, 6, tail: "#EXT-X-DISCONTINUITY\n#EXTINF:4,\nx.ts\n")
        let change = follower.loaded(content.0, content.1, documentURI: follower.uri, load(4, 4.1))
        let line = ChangeText.render(change, style: .init())
        #expect(
            line == "20:00:04.100  video 0       +3 segments 15…17 · −1 · discontinuity · window 28 s · after 4 s (1×)")
    }

    private func lowLatency(parts: [Part], last: Int64, blocks: Bool = true) -> MediaPlaylist {
        var extras = MediaPlaylist.Extras()
        extras.partTarget = .milliseconds(400)
        extras.serverControl.canBlockReload = blocks
        extras.parts = parts
        let segment = Segment(sequence: last, start: .zero, duration: .seconds(Int64(4)), uri: "s")
        return MediaPlaylist(
            targetDuration: .seconds(Int64(4)), kind: .live, isEnded: false, segments: SegmentList([segment]),
            duration: .seconds(Int64(4)), extras: extras)
    }

    private func part(_ sequence: Int64, _ index: Int) -> Part {
        Part(sequence: sequence, index: index, start: .zero, duration: .milliseconds(400), uri: "p")
    }

    @Test func aBlockingServerIsAskedForTheNextPart() throws {
        let uri = "https://a.example/p.m3u8?z=1&_HLS_msn=1&A=2#f"
        let next = try #require(
            ReloadPlan(after: lowLatency(parts: [part(8, 0), part(8, 1)], last: 7), isChanged: true))
        #expect(next.uri(for: uri) == "https://a.example/p.m3u8?A=2&_HLS_msn=8&_HLS_part=2&z=1")
        let whole = try #require(ReloadPlan(after: lowLatency(parts: [part(8, 9)], last: 8), isChanged: true))
        #expect(whole.position == ReloadPlan.Position(sequence: 9, part: 0))
        #expect(whole.uri(for: "https://a.example/p") == "https://a.example/p?_HLS_msn=9&_HLS_part=0")
        #expect(whole.wait <= .milliseconds(50))
        let idle = try #require(ReloadPlan(after: lowLatency(parts: [part(8, 9)], last: 8), isChanged: false))
        #expect(idle.wait == ReloadPlan.shortestWait)
        let plain = try #require(
            ReloadPlan(after: lowLatency(parts: [part(8, 9)], last: 8, blocks: false), isChanged: true))
        #expect(plain.position == nil && plain.wait == .milliseconds(400))
    }

    @Test func withoutPartsABlockingServerIsAskedForTheNextSegment() throws {
        var extras = MediaPlaylist.Extras()
        extras.serverControl.canBlockReload = true
        let old = lowLatency(parts: [], last: 14)
        let playlist = MediaPlaylist(
            targetDuration: old.targetDuration, kind: .live, isEnded: false, segments: old.segments,
            duration: old.duration, extras: extras)
        let follower = follower((.mediaPlaylist(playlist), [1]))
        #expect(follower.nextURI == "https://a.example/p.m3u8?_HLS_msn=15")
    }

    @Test func newPartsAndDateRangesAreCounted() {
        let old = lowLatency(parts: [part(8, 0)], last: 7)
        var follower = follower((.mediaPlaylist(old), [1]))
        var new = lowLatency(parts: [part(8, 0), part(8, 1), part(9, 0)], last: 8)
        var extras = new.extras
        extras.dateRanges = [DateRange(id: "ad", rangeClass: "c")]
        new = MediaPlaylist(
            targetDuration: new.targetDuration, kind: .live, isEnded: false, segments: new.segments,
            duration: new.duration, extras: extras)
        let change = follower.loaded(.mediaPlaylist(new), [2], documentURI: "https://a.example/", load(1, 1.1))
        #expect(change.addedParts == 2 && change.firstAdded == 8 && change.lastAdded == 8)
        #expect(change.dateRanges.map(\.id) == ["ad"])
        #expect(ChangeText.render(change, style: .init()).contains("+1 segment 8 · +2 parts · −1 · date range ad (c)"))
    }

    private func mpd(_ segments: ClosedRange<Int>, update: TimeAmount?, location: String? = nil, periods: Int = 1)
        -> Presentation
    {
        let list = SegmentList(
            segments.enumerated().map { position, number in
                Segment(
                    sequence: Int64(position + 1), start: .seconds(Double(number) * 2), duration: .seconds(Int64(2)),
                    uri: "\(number)")
            })
        let track = Track(id: "v", bitRate: .zero, media: .segments(list), locations: [TrackLocation(references: [])])
        let set = SwitchingSet(kind: .video, tracks: [track])
        return Presentation(
            format: .dash,
            periods: (0..<periods).map { Period(start: .seconds(Double($0)), switchingSets: [set]) }, isDynamic: true,
            dynamicTiming: DynamicTiming(
                availabilityStart: Everything.now, minimumUpdatePeriod: update,
                locations: location.map { [ManifestLocation(uri: $0)] } ?? []))
    }

    @Test func anMPDIsLoadedAgainAfterItsUpdatePeriodFromItsLocation() {
        let uri = "https://a.example/x/m.mpd"
        var follower = follower((.presentation(mpd(5...9, update: .seconds(3.0), location: "../y.mpd")), [1]), uri: uri)
        #expect(follower.due == .seconds(3) && follower.nextURI == "https://a.example/y.mpd")
        let change = follower.loaded(
            .presentation(mpd(7...11, update: .seconds(3.0), periods: 2)), [2], documentURI: follower.uri, load(3, 3.2))
        // Numbers are positions in this list: the new segments are its fourth and fifth.
        #expect(change.firstAdded == 4 && change.lastAdded == 5 && change.removedSegments == 2)
        #expect(change.discontinuities == 1 && change.window.text == "10")
        #expect(ReloadPlan(after: mpd(5...9, update: nil)) == nil)
        #expect(ReloadPlan(after: mpd(5...9, update: .zero))?.wait == .seconds(Int64(2)))
        #expect(ReloadPlan(after: mpd(5...9, update: .nanoseconds(1)))?.wait == ReloadPlan.shortestWait)
    }

    @Test func whatFollowingCameToIsSummedUp() {
        let finding = ReportFinding(Finding(id: "stale", severity: .error, message: "late", clause: "c"), uri: "u")
        let result = ReportFindings(
            time: Timestamp(Everything.now), loads: 1, changes: 0, failures: 0, longestAge: Seconds(nanoseconds: 0),
            findings: [finding])
        let text = ChangeText.render(result, style: .init())
        #expect(text.contains("1 load, 0 with news, 0 failed") && text.contains("Findings while following: 1 error"))
    }
}
