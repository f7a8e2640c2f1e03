import Quantities

/// What one media playlist alone shows to be wrong or doubtful (docs/FINDINGS.md).
extension MediaPlaylistDecoder {
    /// Checks the whole playlist, when its last line is read.
    mutating func check(targetDuration: TimeAmount) {
        if pending.duration != nil {
            findings.add(
                "hls-segment-without-uri", .error, clause: "rfc8216bis 4.4.4.1", line: lines.number,
                "the last EXTINF has no URI line")
        }
        required.check(declared: extras.version, findings: &findings)
        checkServerControl(targetDuration)
        checkDurations(against: targetDuration)
        checkWindow(against: targetDuration)
        checkLowLatency()
        checkParts()
        checkDateRanges()
    }

    /// Takes note of a segment's own date, which must go on from the one before it.
    mutating func noteDate(_ given: WallTime) {
        hasDates = true
        guard pending.discontinuities == 0, let expected = segments.dateAtEnd else { return }
        let difference = given - expected
        guard abs(difference.nanoseconds.clampedToDuration) > 1_000_000_000 else { return }
        findings.add(
            "hls-date-jump", .error, clause: "rfc8216bis 6.2.1", line: lines.number,
            "EXT-X-PROGRAM-DATE-TIME jumps by \(difference) without a discontinuity")
    }

    /// EXT-X-BITRATE does not apply to segments that are byte ranges.
    mutating func noteRateOfRange() {
        findings.add(
            "hls-bit-rate-of-range", .warning, clause: "rfc8216bis 4.4.4.8", line: lines.number,
            "EXT-X-BITRATE stands before a segment with EXT-X-BYTERANGE, to which it does not apply")
    }

    private mutating func checkServerControl(_ target: TimeAmount) {
        let control = extras.serverControl
        if let holdBack = control.holdBack, holdBack < target.times(3) {
            findings.add(
                "hls-hold-back-too-small", .error, clause: "rfc8216bis 4.4.3.8",
                "HOLD-BACK \(holdBack) is less than three target durations of \(target)")
        }
        if let boundary = control.canSkipUntil, boundary < target.times(6) {
            findings.add(
                "hls-skip-boundary-too-small", .error, clause: "rfc8216bis 4.4.3.8",
                "CAN-SKIP-UNTIL \(boundary) is less than six target durations of \(target)")
        }
        if control.canSkipDateRanges, control.canSkipUntil == nil {
            findings.add(
                "hls-skip-boundary-missing", .error, clause: "rfc8216bis 4.4.3.8",
                "CAN-SKIP-DATERANGES stands without CAN-SKIP-UNTIL")
        }
        guard let partTarget = extras.partTarget else { return }
        guard let holdBack = control.partHoldBack else {
            findings.add(
                "hls-part-hold-back-missing", .error, clause: "rfc8216bis 4.4.3.8",
                "a playlist with EXT-X-PART-INF has no PART-HOLD-BACK")
            return
        }
        if holdBack < partTarget.times(2) {
            findings.add(
                "hls-part-hold-back-too-small", .error, clause: "rfc8216bis 4.4.3.8",
                "PART-HOLD-BACK \(holdBack) is less than two part target durations of \(partTarget)")
        } else if holdBack < partTarget.times(3) {
            findings.add(
                "hls-part-hold-back-short", .warning, clause: "rfc8216bis 4.4.3.8",
                "PART-HOLD-BACK \(holdBack) is less than three part target durations of \(partTarget)")
        }
    }

    /// Each EXTINF, rounded to whole seconds, must not be longer than the target duration.
    private mutating func checkDurations(against target: TimeAmount) {
        guard !isIFramesOnly, segments.longestDuration >= target.nanoseconds + 500_000_000 else { return }
        for (position, entry) in segments.entries.enumerated()
        where entry.duration >= target.nanoseconds + 500_000_000 {
            findings.add(
                "hls-segment-longer-than-target", .error, clause: "rfc8216bis 4.4.3.1",
                """
                segment \(segments.firstSequence + Int64(position)) lasts \(TimeAmount.nanoseconds(entry.duration)), \
                the target duration is \(target)
                """)
        }
    }

    /// A live playlist must not be shorter than three target durations, and fragmented MP4 needs a map.
    private mutating func checkWindow(against target: TimeAmount) {
        guard let first = segments.entries.first else { return }
        if !isEnded, kind == .live, segments.end < target.nanoseconds * 3 {
            findings.add(
                "hls-live-window-too-short", .warning, clause: "rfc8216bis 6.2.2",
                """
                the live playlist lasts \(TimeAmount.nanoseconds(segments.end)), less than three target durations of \
                \(target)
                """)
        }
        if !isEnded, kind == .vod {
            findings.add(
                "hls-vod-without-end", .warning, clause: "rfc8216bis 4.4.3.5",
                "a playlist of type VOD has no EXT-X-ENDLIST")
        }
        guard let lastURI, segments.contexts[Int(first.context)].initialization == nil else { return }
        let path = lastURI.lowerBound..<(bytes.first(UInt8(ascii: "?"), in: lastURI) ?? lastURI.upperBound)
        let isFragment = [".m4s", ".cmfv", ".cmfa"].contains { bytes.text(path.suffix(5)).hasSuffix($0) }
        if isFragment {
            findings.add(
                "hls-fragment-without-map", .error, clause: "rfc8216bis 3.1.2",
                "segments of fragmented MP4 have no EXT-X-MAP")
        }
    }

    /// What the low-latency profile asks of a live playlist with parts (rfc8216bis appendix B).
    private mutating func checkLowLatency() {
        if !extras.preloadHints.isEmpty, isEnded {
            findings.add(
                "hls-hint-after-end", .error, clause: "rfc8216bis 4.4.5.3",
                "a playlist with EXT-X-ENDLIST has EXT-X-PRELOAD-HINT")
        }
        if !extras.parts.isEmpty, extras.partTarget == nil {
            findings.add(
                "hls-parts-without-target", .error, clause: "rfc8216bis 4.4.3.7",
                "a playlist with EXT-X-PART has no EXT-X-PART-INF")
        }
        guard extras.partTarget != nil, !isEnded, kind != .vod else { return }
        if !extras.serverControl.canBlockReload {
            findings.add(
                "hls-blocking-reload-missing", .warning, clause: "rfc8216bis B.1",
                "a low-latency playlist does not say CAN-BLOCK-RELOAD=YES")
        }
        if extras.renditionReports.isEmpty {
            findings.add(
                "hls-rendition-reports-missing", .warning, clause: "rfc8216bis B.1",
                "a low-latency playlist has no EXT-X-RENDITION-REPORT")
        }
    }

    /// Parts last no longer than the target and no shorter than 85 % of it, save where the draft says so.
    private mutating func checkParts() {
        guard let target = extras.partTarget?.nanoseconds else { return }
        // A microsecond is allowed, because both are written with few digits.
        let shortest = Int64(Double(target) * 0.85) - 1_000
        let entries = parts.entries
        for (place, part) in entries.enumerated() {
            let next = place + 1 < entries.count ? entries[place + 1] : nil
            if part.duration > target + 1_000 {
                findings.add(
                    "hls-part-longer-than-target", .error, clause: "rfc8216bis 4.4.4.9", line: part.line,
                    """
                    a part lasts \(TimeAmount.nanoseconds(part.duration)), the part target duration is \
                    \(TimeAmount.nanoseconds(target))
                    """)
            }
            // The last one listed may turn out to be the last of its segment.
            guard part.duration < shortest, !part.isIndependent, !part.isGap, let next, !next.isGap,
                next.position == part.position
            else { continue }
            findings.add(
                "hls-part-too-short", .error, clause: "rfc8216bis 4.4.4.9", line: part.line,
                """
                a part lasts \(TimeAmount.nanoseconds(part.duration)), less than 85 % of the part target duration of \
                \(TimeAmount.nanoseconds(target))
                """)
        }
    }
}

/// Checks of date ranges (rfc8216bis section 4.4.5.1 and appendix D).
extension MediaPlaylistDecoder {
    private mutating func checkDateRanges() {
        guard !dateRanges.isEmpty else { return }
        if !hasDates, pending.programDateTime == nil, !segments.entries.isEmpty {
            findings.add(
                "hls-date-range-without-date", .error, clause: "rfc8216bis 4.4.5.1",
                "the playlist has EXT-X-DATERANGE and no EXT-X-PROGRAM-DATE-TIME")
        }
        for range in extras.dateRanges {
            checkTimes(of: range)
            checkRules(of: range)
        }
    }

    private mutating func checkTimes(of range: DateRange) {
        let id = range.id.prefix(40)
        guard let start = range.start else {
            findings.add(
                "hls-date-range-without-start", .error, clause: "rfc8216bis 4.4.5.1",
                "the date range \"\(id)\" has no valid START-DATE")
            return
        }
        guard let end = range.end else { return }
        if end < start {
            findings.add(
                "hls-date-range-backwards", .error, clause: "rfc8216bis 4.4.5.1",
                "the date range \"\(id)\" ends before it starts")
        } else if let duration = range.duration,
            abs(((end - start) - duration).nanoseconds.clampedToDuration) > 1_000_000
        {
            findings.add(
                "hls-date-range-end-mismatch", .error, clause: "rfc8216bis 4.4.5.1",
                "END-DATE of the date range \"\(id)\" is not its START-DATE and DURATION")
        }
    }

    private mutating func checkRules(of range: DateRange) {
        let id = range.id.prefix(40)
        if range.endsOnNext, range.rangeClass.isEmpty || range.end != nil || range.duration != nil {
            findings.add(
                "hls-end-on-next-misused", .error, clause: "rfc8216bis 4.4.5.1",
                "the date range \"\(id)\" has END-ON-NEXT without CLASS, or with DURATION or END-DATE")
        }
        if range.cues.contains("PRE"), range.cues.contains("POST") {
            findings.add(
                "hls-cue-pre-and-post", .error, clause: "rfc8216bis 4.4.5.1",
                "CUE of the date range \"\(id)\" has both PRE and POST")
        }
        guard range.rangeClass == Interstitial.rangeClass else { return }
        if (range.attributes["X-ASSET-URI"] == nil) == (range.attributes["X-ASSET-LIST"] == nil) {
            findings.add(
                "hls-interstitial-content", .error, clause: "rfc8216bis D.2",
                "the interstitial \"\(id)\" does not have exactly one of X-ASSET-URI and X-ASSET-LIST")
        }
    }
}

extension Int64 {
    /// The number within what `abs` can take.
    var clampedToDuration: Int64 { Swift.max(self, -Int64.max) }
}

extension TimeAmount {
    /// So many times the amount; the factor is small and amounts of a playlist leave room for it.
    func times(_ factor: Int64) -> TimeAmount { .nanoseconds(nanoseconds * factor) }
}
