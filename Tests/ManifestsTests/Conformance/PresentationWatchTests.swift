import Quantities
import Testing

@testable import Manifests

@Suite struct PresentationWatchTests {
    private func findings(_ change: (inout WatchedMPD) -> Void) -> [String] {
        var watch = PresentationWatch()
        #expect(watch.observe(WatchedMPD().presentation, at(0)).isEmpty)
        var next = WatchedMPD().advanced(by: 1)
        change(&next)
        return watch.observe(next.presentation, at(2)).ids
    }

    /// An answer at a second; the clock reads as if the last segment of the first version had just ended.
    private func at(_ second: Double, took: Double = 0.1) -> DocumentAnswer {
        DocumentAnswer(
            begun: .seconds(second), answered: .seconds(second + took),
            wall: WatchedPlaylist.epoch + .seconds(220 + second + took))
    }

    @Test func aSoundLivePresentationHasNothingToTell() {
        var watch = PresentationWatch()
        for version in 0..<50 as Range<Int64> {
            let presentation = WatchedMPD().advanced(by: version).presentation
            for look in 0..<3 {
                #expect(watch.observe(presentation, at(Double(version) * 2 + Double(look) * 0.6)).isEmpty)
            }
        }
    }

    @Test func tellsWhatTheDocumentShowsOnceForEachVersion() {
        let finding = Finding(id: "dash-x", severity: .warning, message: "x", clause: "y")
        let presentation = WatchedMPD(findings: [finding]).presentation
        var watch = PresentationWatch()
        #expect(watch.observe(presentation, at(0)).ids == ["dash-x"])
        #expect(watch.observe(presentation, at(1)).isEmpty)
        #expect(watch.observe(Presentation(format: .hls, periods: [], findings: [finding]), at(9)).ids == ["dash-x"])
    }

    @Test func tellsWhatChangedBetweenVersions() {
        #expect(findings { _ in } == [])
        #expect(findings { $0.published = 220 } == ["dash-publish-time-kept"])
        #expect(findings { $0.periods[0].start = 1 } == ["dash-period-changed"])
        #expect(findings { $0.periods[0].id = "2" } == ["dash-period-changed"])
        #expect(findings { $0.periods[0].shift = 0.5 } == ["dash-segment-time-changed"])
        #expect(findings { $0.periods[0].shift = 0.001 } == [])
        #expect(findings { $0.periods[0].first = 112 } == ["dash-timeline-hole-between-versions"])
        #expect(findings { $0.periods[0].first = 20 } == ["dash-timeline-restarted"])
    }

    @Test func aWindowThatPassedWhileNobodyLookedIsNoHole() {
        var watch = PresentationWatch()
        _ = watch.observe(WatchedMPD().presentation, at(0))
        #expect(watch.observe(WatchedMPD().advanced(by: 20).presentation, at(40)).isEmpty)
    }

    @Test func anOlderVersionCountsOnlyWhenItWasAskedForLater() {
        let older = WatchedMPD().presentation
        var watch = PresentationWatch()
        _ = watch.observe(older, at(0))
        _ = watch.observe(WatchedMPD().advanced(by: 1).presentation, at(2))
        #expect(watch.observe(older, at(1.9, took: 2)).isEmpty)
        #expect(watch.observe(older, at(3)).ids == ["dash-publish-time-back"])
        #expect(watch.observe(older, at(3.5)).isEmpty)
        #expect(watch.observe(WatchedMPD().advanced(by: 2).presentation, at(4)).isEmpty)
    }

    @Test func onlyTheOldestPeriodMayLeave() {
        let three = WatchedMPD(periods: [
            .init(id: "a", start: 0, first: 90, count: 5), .init(id: "b", start: 190, first: 95, count: 5),
            .init(id: "c", start: 200, first: 100, count: 10),
        ])
        for (left, expected) in [(0, []), (1, ["dash-period-vanished"])] {
            var watch = PresentationWatch()
            _ = watch.observe(three.presentation, at(0))
            var next = three.advanced(by: 1)
            next.periods.remove(at: left)
            #expect(watch.observe(next.presentation, at(2)).ids == expected)
        }
    }

    @Test func anMPDThatDoesNotChangeIsStale() {
        let presentation = WatchedMPD().presentation
        var watch = PresentationWatch()
        _ = watch.observe(presentation, at(0))
        #expect(watch.observe(presentation, at(4)).isEmpty)
        #expect(watch.observe(presentation, at(4.2)).ids == ["dash-stale-mpd"])
        #expect(watch.observe(presentation, at(8)).isEmpty)
        // Without a timeline that grows, or without updates promised, nothing has to change.
        for mpd in [WatchedMPD(updatePeriod: nil), WatchedMPD(isDynamic: false)] {
            let presentation = mpd.presentation
            var watch = PresentationWatch()
            _ = watch.observe(presentation, at(0))
            #expect(watch.observe(presentation, at(400)).isEmpty)
        }
    }

    @Test func aCopyThatIsOldWhenItIsFirstSeenIsStale() {
        for (second, expected) in [(0.0, []), (4.8, []), (5.2, ["dash-stale-mpd"]), (90, ["dash-stale-mpd"])] {
            var watch = PresentationWatch()
            #expect(watch.observe(WatchedMPD().presentation, at(second)).ids == expected)
        }
    }

    @Test func anEndThatIsTakenBackIsTold() {
        var watch = PresentationWatch()
        _ = watch.observe(WatchedMPD().presentation, at(0))
        #expect(watch.observe(WatchedMPD(isDynamic: false).presentation, at(2)).isEmpty)
        #expect(watch.observe(WatchedMPD().advanced(by: 1).presentation, at(4)).ids == ["dash-dynamic-again"])
    }
}

@Suite struct EdgeComparisonTests {
    @Test func equalBytesOnAllEdgesAreFine() {
        var comparison = EdgeComparison()
        for version in 0..<20 as Range<Int64> {
            let playlist = WatchedPlaylist(first: 100 + version).playlist
            for (position, edge) in ["a", "b", "c"].enumerated() {
                let answer = DocumentAnswer.at(Double(version) * 4 + Double(position) * 0.2)
                #expect(comparison.observe(playlist, answer, edge: edge).isEmpty)
            }
        }
    }

    @Test func anEdgeThatLagsByMoreThanATargetDurationIsTold() {
        for (behind, expected) in [(1, []), (2, ["hls-edge-behind"]), (30, ["hls-edge-behind"])] as [(Int64, [String])]
        {
            var comparison = EdgeComparison()
            _ = comparison.observe(WatchedPlaylist().playlist, .at(0), edge: "a")
            let old = WatchedPlaylist(first: 100 - behind).playlist
            #expect(comparison.observe(old, .at(1), edge: "b").ids == expected)
            #expect(comparison.observe(old, .at(1.5), edge: "b").isEmpty)
            // Asked for before the other had shown its version: nobody is to blame.
            #expect(comparison.observe(old, .at(0.05, took: 3), edge: "c").isEmpty)
        }
    }

    @Test func edgesMustMeanTheSameByANumber() {
        var comparison = EdgeComparison()
        _ = comparison.observe(WatchedPlaylist().playlist, .at(0), edge: "a")
        let other = WatchedPlaylist(uri: { "x\($0).ts" }).playlist
        #expect(comparison.observe(other, .at(1), edge: "b").ids == ["hls-edges-disagree"])
        #expect(comparison.observe(other, .at(2), edge: "b").isEmpty)
        let longer = WatchedPlaylist(durations: [103: 4.2]).playlist
        #expect(comparison.observe(longer, .at(3), edge: "c").ids == ["hls-edges-disagree"])
        let tokens = WatchedPlaylist(uri: { "s\($0).ts?t=1" }).playlist
        #expect(comparison.observe(tokens, .at(4), edge: "d").isEmpty)
    }

    @Test func presentationsAreComparedByTheirEnds() {
        for (behind, expected) in [(1, []), (2, ["dash-edge-behind"])] as [(Int64, [String])] {
            var comparison = EdgeComparison()
            _ = comparison.observe(WatchedMPD().presentation, .at(0), edge: "a")
            var old = WatchedMPD()
            old.periods[0].first -= behind
            #expect(comparison.observe(old.presentation, .at(1), edge: "b").ids == expected)
            #expect(comparison.observe(old.presentation, .at(2), edge: "b").isEmpty)
        }
    }

    @Test func renditionsEndTogether() {
        for (shift, expected) in [(0.0, []), (-3.9, []), (-4.5, ["hls-variants-apart"]), (9, ["hls-variants-apart"])] {
            var comparison = VariantComparison()
            #expect(comparison.observe(WatchedPlaylist().playlist, .at(0), name: "video").isEmpty)
            let audio = WatchedPlaylist(dateShift: shift).playlist
            #expect(comparison.observe(audio, .at(0), name: "audio").ids == expected)
            // A minute later the same is the same.
            let later = WatchedPlaylist(first: 115, dateShift: shift).playlist
            #expect(comparison.observe(later, .at(60), name: "audio").isEmpty)
        }
    }

    @Test func longerSegmentsOfSubtitlesMayEndEarlier() {
        var comparison = VariantComparison()
        #expect(comparison.observe(WatchedPlaylist().playlist, .at(0), name: "video").isEmpty)
        let subtitles = WatchedPlaylist(target: 60, dateShift: -50).playlist
        #expect(comparison.observe(subtitles, .at(0), name: "text").isEmpty)
        #expect(comparison.observe(WatchedPlaylist(first: 101).playlist, .at(4), name: "video").isEmpty)
    }

    @Test func allRenditionsHaveDatesOrNone() {
        var comparison = VariantComparison()
        #expect(comparison.observe(WatchedPlaylist().playlist, .at(0), name: "v.m3u8").isEmpty)
        let without = WatchedPlaylist(hasDates: false).playlist
        #expect(
            comparison.observe(without, .at(0), name: "a.m3u8").map(\.message) == [
                "a.m3u8 has none, other renditions do"
            ])
    }
}

@Suite struct StreamWatchTests {
    @Test func watchesEachPlaylistOnEachEdge() {
        let watch = StreamWatch()
        let playlist = WatchedPlaylist().playlist
        for edge in ["a", "b"] {
            for token in 0..<20 {
                let uri = "https://u:p@h/live/v.m3u8?token=\(token)"
                #expect(watch.observe(playlist, uri: uri, stream: "main", edge: edge, .at(Double(token) * 0.1)).isEmpty)
            }
            let findings = watch.observe(playlist, uri: "https://h/live/v.m3u8", stream: "main", edge: edge, .at(7))
            #expect(findings.ids == ["hls-stale-playlist"])
        }
        let ages = watch.takeAges().sorted { $0.edge < $1.edge }
        #expect(ages.map(\.edge) == ["a", "b"])
        #expect(ages.allSatisfy { $0.stream == "main" && $0.ages.maximum > 1.5 })
        #expect(watch.takeAges().isEmpty)
    }

    @Test func findsEdgesAndRenditionsThatDiffer() {
        let watch = StreamWatch()
        _ = watch.observe(WatchedPlaylist().playlist, uri: "v", stream: "s", edge: "a", .at(0))
        let old = WatchedPlaylist(first: 95).playlist
        let findings = watch.observe(old, uri: "v", stream: "s", edge: "b", .at(1))
        #expect(findings.ids == ["hls-edge-behind"])
        let late = WatchedPlaylist(dateShift: -20).playlist
        #expect(watch.observe(late, uri: "w", stream: "s", edge: "a", .at(1)).ids == ["hls-variants-apart"])
        #expect(watch.observe(late, uri: "w", stream: "other", edge: "a", .at(1)).isEmpty)
        #expect(watch.observe(WatchedMPD().presentation, uri: "m", stream: "s", edge: "a", .at(-420)).isEmpty)
    }

    @Test func remembersABoundedNumber() {
        let watch = StreamWatch(limit: 10)
        let playlist = WatchedPlaylist().playlist
        for number in 0..<1_000 {
            _ = watch.observe(playlist, uri: "p\(number)", stream: "s", edge: "a", .at(0))
            let size = watch.observeSegment(
                track: "t\(number)", stream: "s", .init(bitRate: .kilobits(1), targetDuration: .seconds(4.0)),
                sequence: 1,
                duration: .seconds(4.0), bytes: 1_000_000)
            #expect(size.count == (number < 10 ? 1 : 0))
        }
        #expect(watch.observe(playlist, uri: "p5", stream: "s", edge: "a", .at(9)).ids == ["hls-stale-playlist"])
        #expect(watch.observe(playlist, uri: "p500", stream: "s", edge: "a", .at(9)).isEmpty)
    }
}
