import Quantities
import Testing

@testable import Manifests

@Suite struct PlaylistWatchTests {
    /// Feeds two versions; the second is asked for 4 s after the first.
    private func findings(_ first: MediaPlaylist, _ second: MediaPlaylist, at second2: Double = 4) -> [String] {
        var watch = PlaylistWatch()
        #expect(watch.observe(first, .at(0)).isEmpty)
        return watch.observe(second, .at(second2)).ids
    }

    private func advanced(_ change: (inout WatchedPlaylist) -> Void) -> [String] {
        var next = WatchedPlaylist(first: 101)
        change(&next)
        return findings(WatchedPlaylist().playlist, next.playlist)
    }

    @Test func aSoundLiveStreamHasNothingToTell() {
        var watch = PlaylistWatch()
        for version in 0..<200 as Range<Int64> {
            let playlist = WatchedPlaylist(first: 100 + version).playlist
            for look in 0..<5 {
                let at = Double(version) * 4 + Double(look) * 0.7
                #expect(watch.observe(playlist, .at(at)).isEmpty)
            }
        }
        #expect(watch.ages.count == 199)
        #expect(watch.ages.percentile(95) ?? 9 < 1.11)
    }

    @Test func tellsWhatTheDocumentShowsOnceForEachVersion() {
        let finding = Finding(id: "hls-x", severity: .warning, message: "x", clause: "y")
        let first = WatchedPlaylist(findings: [finding]).playlist
        var watch = PlaylistWatch()
        #expect(watch.observe(first, .at(0)).ids == ["hls-x"])
        #expect(watch.observe(first, .at(1)).isEmpty)
        #expect(watch.observe(WatchedPlaylist(first: 101, findings: [finding]).playlist, .at(4)).ids == ["hls-x"])
    }

    // MARK: - Age

    @Test func staleIsToldOnceAfterOneAndAHalfTargetDurations() {
        let playlist = WatchedPlaylist().playlist
        var watch = PlaylistWatch()
        _ = watch.observe(playlist, .at(0))
        #expect(watch.observe(playlist, .at(6)).isEmpty)
        #expect(watch.observe(playlist, .at(6.2)).ids == ["hls-stale-playlist"])
        #expect(watch.observe(playlist, .at(9)).isEmpty)
        #expect(abs(watch.ages.maximum - 8.9 / 4) < 1e-6)
        #expect(watch.observe(WatchedPlaylist(first: 101).playlist, .at(10)).isEmpty)
        #expect(watch.ages.count == 1)
        #expect(watch.ages.maximum == 2.5)
    }

    @Test func aSlowAnswerIsNotAStalePlaylist() {
        let playlist = WatchedPlaylist().playlist
        var watch = PlaylistWatch()
        _ = watch.observe(playlist, .at(0))
        // Asked for early and answered late: the server may have made it when it was asked.
        #expect(watch.observe(playlist, .at(1, took: 8)).isEmpty)
        // And nobody looked for long: the next version tells nothing of the time between.
        #expect(watch.observe(WatchedPlaylist(first: 105).playlist, .at(20)).isEmpty)
        #expect(watch.ages.count == 0)
    }

    @Test func aStaticPlaylistIsNeverStale() {
        for playlist in [WatchedPlaylist(kind: .vod, isEnded: true).playlist, WatchedPlaylist(isEnded: true).playlist] {
            var watch = PlaylistWatch()
            _ = watch.observe(playlist, .at(0))
            #expect(watch.observe(playlist, .at(500)).isEmpty)
        }
    }

    @Test func tokensInEveryViewersDocumentAreNoChange() {
        var watch = PlaylistWatch()
        for viewer in 0..<50 {
            let playlist = WatchedPlaylist(uri: { "s\($0).ts?token=\(viewer)" }).playlist
            #expect(watch.observe(playlist, .at(Double(viewer) * 0.1)).isEmpty)
        }
        let last = WatchedPlaylist(uri: { "s\($0).ts?token=99" }).playlist
        #expect(watch.observe(last, .at(7)).ids == ["hls-stale-playlist"])
    }

    @Test func tokensInFoldersCanBeLeftOut() {
        for (ignores, expected) in [(true, []), (false, ["hls-segment-changed"])] {
            var watch = PlaylistWatch(ignoresFolders: ignores)
            _ = watch.observe(WatchedPlaylist(uri: { "hdntl=exp=1/s\($0).ts" }).playlist, .at(0))
            let next = WatchedPlaylist(first: 101, uri: { "hdntl=exp=2/s\($0).ts" }).playlist
            let findings = watch.observe(next, .at(4))
            #expect(findings.ids == expected)
            #expect(findings.allSatisfy { !$0.message.contains("exp=") })
        }
    }

    // MARK: - Order

    @Test func anOlderVersionCountsOnlyWhenItWasAskedForLater() {
        let older = WatchedPlaylist().playlist
        var watch = PlaylistWatch()
        _ = watch.observe(older, .at(0))
        _ = watch.observe(WatchedPlaylist(first: 101).playlist, .at(4))
        #expect(watch.observe(older, .at(3.9, took: 2)).isEmpty)
        #expect(watch.observe(older, .at(5)).ids == ["hls-media-sequence-back", "hls-older-version"])
        #expect(watch.observe(older, .at(5.5)).isEmpty)
        #expect(watch.observe(WatchedPlaylist(first: 102).playlist, .at(8)).isEmpty)
    }

    @Test func numbersThatBeginAnewAreToldOnce() {
        var watch = PlaylistWatch()
        _ = watch.observe(WatchedPlaylist().playlist, .at(0))
        func restarted(_ first: Int64) -> MediaPlaylist { WatchedPlaylist(first: first, hasDates: false).playlist }
        #expect(watch.observe(restarted(0), .at(4)).ids == ["hls-media-sequence-back", "hls-older-version"])
        #expect(watch.observe(restarted(1), .at(8)).isEmpty)
        #expect(watch.observe(restarted(2), .at(12)).isEmpty)
    }

    @Test func anEndThatIsTakenBackIsTold() {
        var watch = PlaylistWatch()
        _ = watch.observe(WatchedPlaylist(isEnded: true).playlist, .at(0))
        #expect(watch.observe(WatchedPlaylist().playlist, .at(4)).ids == ["hls-end-removed"])
    }

    // MARK: - Changes

    @Test func tellsChangedSegments() {
        #expect(advanced { _ in } == [])
        #expect(advanced { $0.uri = { $0 == 103 ? "other.ts" : "s\($0).ts" } } == ["hls-segment-changed"])
        #expect(advanced { $0.durations = [103: 3.5] } == ["hls-segment-duration-changed"])
        #expect(advanced { $0.dateShift = 0.3 } == ["hls-program-date-time-changed"])
        #expect(advanced { $0.dateShift = 0.05 } == [])
        #expect(advanced { $0.target = 5 } == ["hls-target-duration-changed"])
        #expect(advanced { $0.hasDates = false } == ["hls-program-date-time-missing"])
        #expect(advanced { $0.kind = .event } == ["hls-playlist-type-changed"])
    }

    @Test func segmentsThatLeaveMustRaiseTheSequenceNumber() {
        // The files moved by two, the number stayed: s102 is now called 100.
        let next = WatchedPlaylist(count: 7, hasDates: false, uri: { "s\($0 + 2).ts" }).playlist
        var watch = PlaylistWatch()
        _ = watch.observe(WatchedPlaylist(hasDates: false).playlist, .at(0))
        let findings = watch.observe(next, .at(4))
        #expect(findings.ids == ["hls-media-sequence-not-incremented"])
        #expect(findings.first?.message.hasPrefix("2 segments left") == true)
    }

    @Test func discontinuitiesThatLeaveMustRaiseTheirSequenceNumber() {
        let first = WatchedPlaylist(discontinuities: [100: 7, 101: 8]).playlist
        let sound = WatchedPlaylist(first: 102, discontinuities: [102: 8]).playlist
        let wrong = WatchedPlaylist(first: 102, discontinuities: [102: 7]).playlist
        #expect(findings(first, sound) == [])
        #expect(findings(first, wrong) == ["hls-discontinuity-sequence-not-incremented"])
        let back = WatchedPlaylist(first: 102, discontinuities: [102: 3]).playlist
        #expect(
            findings(first, back) == [
                "hls-discontinuity-sequence-back", "hls-discontinuity-sequence-not-incremented",
            ])
        let raised = WatchedPlaylist(first: 102, discontinuities: [102: 9]).playlist
        #expect(findings(first, raised) == ["hls-discontinuity-sequence-changed"])
    }

    @Test func vodAndEventKeepTheirSegments() {
        let vod = WatchedPlaylist(kind: .vod, isEnded: true).playlist
        #expect(findings(vod, WatchedPlaylist(count: 7, kind: .vod, isEnded: true).playlist) == ["hls-vod-changed"])
        let event = WatchedPlaylist(kind: .event).playlist
        #expect(findings(event, WatchedPlaylist(count: 7, kind: .event).playlist) == [])
        #expect(
            findings(event, WatchedPlaylist(first: 101, kind: .event).playlist) == ["hls-event-lost-segments"])
    }

    @Test func anAttributeOfADateRangeMustNotChange() {
        var old = WatchedPlaylist()
        old.extras.dateRanges = [DateRange(id: "a", start: .seconds(1.0), attributes: ["X-A": "1"])]
        func ids(_ range: DateRange) -> [String] {
            var next = WatchedPlaylist(first: 101)
            next.extras.dateRanges = [range]
            return findings(old.playlist, next.playlist)
        }
        #expect(ids(DateRange(id: "a", start: .seconds(1.0), end: .seconds(9.0), attributes: ["X-A": "1"])) == [])
        #expect(ids(DateRange(id: "a", start: .seconds(2.0), attributes: ["X-A": "1"])) == ["hls-date-range-changed"])
        #expect(ids(DateRange(id: "a", start: .seconds(1.0), attributes: ["X-A": "2"])) == ["hls-date-range-changed"])
        #expect(ids(DateRange(id: "b", start: .seconds(2.0))) == [])
    }

    // MARK: - Dates

    @Test func datesThatDriftAreToldOnce() {
        var watch = PlaylistWatch()
        var seen: [String] = []
        for version in 0..<120 as Range<Int64> {
            // 8 ms in 4 s: 120 ms a minute.
            let playlist = WatchedPlaylist(first: 100 + version, dateStep: 0.008).playlist
            seen += watch.observe(playlist, .at(Double(version) * 4)).ids
        }
        #expect(seen == ["hls-program-date-time-drift"])
    }

    @Test func roundedDatesDoNotDrift() {
        var watch = PlaylistWatch()
        for version in 0..<400 as Range<Int64> {
            let playlist = WatchedPlaylist(first: 100 + version, dateStep: 0.0005).playlist
            #expect(watch.observe(playlist, .at(Double(version) * 4)).isEmpty)
        }
    }

    @Test func aStepBetweenVersionsIsTold() {
        let first = WatchedPlaylist().playlist
        func next(_ shift: Double, _ discontinuity: Int64 = 0) -> MediaPlaylist {
            WatchedPlaylist(first: 106, dateShift: shift, discontinuities: [106: discontinuity]).playlist
        }
        #expect(findings(first, next(0), at: 24) == [])
        #expect(findings(first, next(0.7), at: 24) == ["hls-program-date-time-jump-between-versions"])
        #expect(findings(first, next(3, 1), at: 24) == [])
        #expect(findings(first, next(-1.5, 1), at: 24) == ["hls-program-date-time-overlap"])
    }

    @Test func aPlaylistFromTheFutureIsToldOnce() {
        var watch = PlaylistWatch()
        #expect(watch.observe(WatchedPlaylist(dateShift: 10).playlist, .at(0)).ids == ["hls-program-date-time-ahead"])
        #expect(watch.observe(WatchedPlaylist(first: 101, dateShift: 10).playlist, .at(4)).isEmpty)
    }

    // MARK: - Hostile input

    @Test func extremeValuesAreHarmless() {
        for first in [Int64.min + 1, -5, 0, Int64.max - 7] {
            var watch = PlaylistWatch()
            for target in [0, 1e-9, 9e18] {
                for shift in [0, 9e9, -9e9] {
                    let playlist = WatchedPlaylist(
                        first: first, count: 5, target: target, duration: 1, hasDates: true, dateShift: shift
                    ).playlist
                    _ = watch.observe(playlist, .at(1))
                    _ = watch.observe(playlist, .at(1e9))
                    let renamed = WatchedPlaylist(
                        first: first, count: 5, target: target, duration: 1, uri: { "x\($0)" }
                    ).playlist
                    _ = watch.observe(renamed, .at(1.5e9))
                    _ = watch.observe(WatchedPlaylist(first: 5, count: 0).playlist, .at(2e9))
                }
            }
        }
    }
}

@Suite struct PlaylistPartWatchTests {
    private func position(_ sequence: Int64, _ part: Int? = nil) -> PlaylistPosition {
        PlaylistPosition(sequence: sequence, part: part)
    }

    @Test func aSoundLowLatencyStreamHasNothingToTell() {
        var watch = PlaylistWatch()
        var at = 0.0
        _ = watch.observe(WatchedPlaylist().withParts(open: 0, hint: "s106.0.ts"), .at(-1))
        for segment in 0..<10 as Range<Int64> {
            for open in 1...4 {
                let isWhole = open == 4
                let stream = WatchedPlaylist(first: 100 + segment + (isWhole ? 1 : 0))
                let hint = isWhole ? "s\(107 + segment).0.ts" : "s\(106 + segment).\(open).ts"
                let playlist = stream.withParts(open: isWhole ? 0 : open, hint: hint)
                let asked = position(106 + segment, open - 1)
                #expect(watch.observe(playlist, .at(at, took: 1, asked: asked)).isEmpty)
                at += 1
            }
        }
        #expect(watch.ages.count == 40)
    }

    @Test func aLatePartIsToldOnce() {
        let playlist = WatchedPlaylist().withParts(open: 1)
        var watch = PlaylistWatch()
        _ = watch.observe(playlist, .at(0))
        #expect(watch.observe(playlist, .at(1.9)).isEmpty)
        #expect(watch.observe(playlist, .at(2.2)).ids == ["hls-part-late"])
        #expect(watch.observe(playlist, .at(3)).isEmpty)
        #expect(watch.observe(WatchedPlaylist().withParts(open: 2), .at(3.1)).isEmpty)
    }

    @Test func aBlockedAnswerMeasuresThePause() {
        var watch = PlaylistWatch()
        _ = watch.observe(WatchedPlaylist().withParts(open: 1), .at(0))
        let next = WatchedPlaylist().withParts(open: 2)
        #expect(watch.observe(next, .at(0.2, took: 3, asked: position(106, 1))).ids == ["hls-part-late"])
    }

    @Test func aBlockingReloadMustWaitAndNotForever() {
        let playlist = WatchedPlaylist().withParts(open: 1)
        for (asked, took, expected) in [
            (position(106, 0), 0.1, []), (position(105), 0.1, []),
            (position(106, 1), 0.1, ["hls-blocking-reload-early"]),
            (position(107, 0), 0.1, ["hls-blocking-reload-early"]), (position(106), 0.1, ["hls-blocking-reload-early"]),
            (position(106, 0), 13, ["hls-blocking-reload-late"]),
        ] {
            var watch = PlaylistWatch()
            #expect(watch.observe(playlist, .at(0, took: took, asked: asked)).ids == expected, "\(asked)")
        }
        var watch = PlaylistWatch()
        #expect(watch.observe(WatchedPlaylist(isEnded: true).playlist, .at(0, asked: position(200))).isEmpty)
    }

    @Test func aHintIsAPromise() {
        func ids(hint: String, _ next: MediaPlaylist) -> [String] {
            var watch = PlaylistWatch()
            _ = watch.observe(WatchedPlaylist().withParts(open: 1, hint: hint), .at(0))
            return watch.observe(next, .at(0.9)).ids
        }
        let two = WatchedPlaylist().withParts(open: 2)
        #expect(ids(hint: "s106.1.ts?token=1", two) == [])
        #expect(ids(hint: "other.ts", two) == ["hls-hint-not-kept"])
        // The segment ended before the hinted part: it becomes the first of the next one.
        let whole = WatchedPlaylist(first: 101, durations: [106: 1]).playlist
        #expect(ids(hint: "s107.0.ts", whole) == [])
    }

    @Test func partsAreTheSegment() {
        func ids(_ next: WatchedPlaylist) -> [String] {
            var watch = PlaylistWatch()
            _ = watch.observe(WatchedPlaylist().withParts(open: 3), .at(0))
            return watch.observe(next.withParts(open: 0), .at(0.9)).ids
        }
        #expect(ids(WatchedPlaylist(first: 101)) == [])
        #expect(ids(WatchedPlaylist(first: 101, durations: [106: 3.5])) == ["hls-parts-disagree"])
        var watch = PlaylistWatch()
        _ = watch.observe(WatchedPlaylist().withParts(open: 1), .at(0))
        let renamed = WatchedPlaylist().withParts(open: 2, partURI: { "x\($0).\($1).ts" })
        #expect(watch.observe(renamed, .at(0.9)).ids == ["hls-part-changed"])
    }
}

@Suite struct UpdateAgesTests {
    @Test func percentilesAreUpperEndsOfSteps() {
        var ages = UpdateAges()
        #expect(ages.percentile(95) == nil)
        for tenth in 0..<100 { ages.record(Double(tenth) / 100) }
        ages.record(7.25)
        #expect(ages.count == 101)
        #expect(ages.percentile(50) == 0.6)
        #expect(ages.percentile(100) == 7.25)
        ages.record(.infinity)
        ages.record(.nan)
        ages.record(-3)
        #expect(ages.count == 104)
        #expect(ages.maximum == 1e9)
    }

    @Test func mergingIsTheSameAsRecordingTogether() {
        var left = UpdateAges()
        var right = UpdateAges()
        var both = UpdateAges()
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<500 {
            let age = generator.unit() * 30
            both.record(age)
            if generator.unit() < 0.4 { left.record(age) } else { right.record(age) }
        }
        right.merge(left)
        #expect(right == both)
        #expect(UpdateAges(counts: both.counts, maximum: both.maximum) == both)
    }
}
