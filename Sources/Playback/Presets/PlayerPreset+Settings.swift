import Quantities
import Transport

extension PlayerPreset {
    /// The constants; each can be changed in a copy.
    package var settings: PlayerSettings {
        var settings: PlayerSettings
        switch self {
        case .hlsJS: settings = Self.hlsJSSettings
        case .dashJS: settings = Self.dashJSSettings
        case .shaka: settings = Self.shakaSettings
        case .media3: settings = Self.media3Settings
        case .chromium: settings = Self.chromiumSettings
        case .avPlayer: settings = Self.avPlayerSettings
        case .standard: return PlayerSettings()
        }
        settings.name = rawValue
        // A closed tab or a player that is released gives its transfers up.
        settings.leaving = .abort
        return settings
    }

    /// The constants of hls.js.
    ///
    /// It plays what the media element can play (`canplay`), fetches up to 30 s or 60 MB, audio no more than a target duration
    /// ahead of video; its scheduler ticks every 100 ms. Statuses 400 to 499 are not tried again.
    private static var hlsJSSettings: PlayerSettings {
        var settings = PlayerSettings(
            startThreshold: .zero, resumeThreshold: .zero, forwardTarget: .seconds(30),
            adaptation: .adaptive(.hlsJS(HLSJSRule.Settings())),
            manifestRetry: RetryPolicy(attempts: 3, longestDelay: .seconds(8), givesUpOnClientErrors: true),
            segmentRetry: RetryPolicy(attempts: 7, longestDelay: .seconds(8), givesUpOnClientErrors: true),
            timeouts: TransferTimeouts(
                connect: .seconds(10), firstByte: .seconds(10), stalled: .seconds(120), total: .seconds(120)))
        settings.manifestRetry.timeoutAttempts = 2
        settings.segmentRetry.timeoutAttempts = 4
        settings.forwardBytes = ByteCount(Int64(60_000_000))
        settings.checkInterval = .milliseconds(100)
        settings.leadOverMainSegments = 1
        settings.holdBackPerStall = .seconds(1)
        settings.catchesUpInLowLatencyOnly = false
        // Demuxing, appending and the media element's `canplay` in the recorded runs: 0.07 to 0.2 s.
        settings.startDelay = .milliseconds(100)
        return settings
    }

    /// The constants of dash.js.
    ///
    /// It plays above 0.3 s, fetches up to 12 s (30 and 60 s in the highest track), audio up to a second ahead of
    /// video; looks every 500 ms while it is full. A higher track replaces what is buffered in a lower one.
    private static var dashJSSettings: PlayerSettings {
        var settings = PlayerSettings(
            startThreshold: .milliseconds(300), resumeThreshold: .milliseconds(300), forwardTarget: .seconds(12),
            liveEdgeSegments: 4, adaptation: .adaptive(.dashJS(DashJSRule.Settings())),
            manifestRetry: RetryPolicy(attempts: 4, firstDelay: .milliseconds(500), factor: 1),
            segmentRetry: RetryPolicy(attempts: 4, firstDelay: .seconds(1), factor: 1),
            timeouts: TransferTimeouts(
                connect: .seconds(20), firstByte: .seconds(20), stalled: .seconds(20), total: .seconds(20)))
        settings.topForwardTarget = .seconds(30)
        settings.longFormForwardTarget = .seconds(60)
        settings.leadOverMain = .seconds(1)
        settings.checkInterval = .milliseconds(500)
        settings.replacesLowerTracks = true
        settings.catchUp = .dashJS(DashJSCatchUp.Settings())
        settings.startDelay = .milliseconds(80)
        return settings
    }

    /// Shaka: the media element decides when to play, fetches up to 10 s, audio after the first video segment.
    private static var shakaSettings: PlayerSettings {
        var settings = PlayerSettings(
            startThreshold: .zero, resumeThreshold: .zero, forwardTarget: .seconds(10),
            adaptation: .adaptive(.shaka(ShakaRule.Settings())),
            manifestRetry: RetryPolicy(attempts: 2, firstDelay: .seconds(1), factor: 2),
            segmentRetry: RetryPolicy(attempts: 2, firstDelay: .seconds(1), factor: 2),
            timeouts: TransferTimeouts(
                connect: .seconds(10), firstByte: .seconds(30), stalled: .seconds(5), total: .seconds(30)))
        settings.manifestRetry.fuzz = 0.5
        settings.segmentRetry.fuzz = 0.5
        settings.loading = .mainFirst
        settings.fetchesInitializationBeside = true
        settings.trackPenalty = .seconds(30)
        settings.checkInterval = .milliseconds(500)
        settings.startDelay = .milliseconds(50)
        return settings
    }

    /// Media3: starts at 1 s, resumes at 2 s, keeps 50 s.
    private static var media3Settings: PlayerSettings {
        var settings = PlayerSettings(
            startThreshold: .seconds(1), resumeThreshold: .seconds(2), forwardTarget: .seconds(50),
            adaptation: .adaptive(.media3(Media3Rule.Settings())),
            manifestRetry: RetryPolicy(attempts: 4, firstDelay: .zero, factor: 1, longestDelay: .seconds(5)),
            segmentRetry: RetryPolicy(attempts: 4, firstDelay: .zero, factor: 1, longestDelay: .seconds(5)),
            timeouts: TransferTimeouts(
                connect: .seconds(8), firstByte: .seconds(8), stalled: .seconds(8), total: .seconds(600)),
            stuckAfterTargetDurations: 3.5)
        settings.manifestRetry.increment = .seconds(1)
        settings.segmentRetry.increment = .seconds(1)
        settings.trackPenalty = .seconds(60)
        settings.locationPenalty = .seconds(300)
        settings.catchUp = .media3(Media3CatchUp.Settings())
        return settings
    }

    /// Chromium: video and audio in turn, up to 10 s each, then rest down to 5 s; no low-latency parts; an error is final.
    private static var chromiumSettings: PlayerSettings {
        var settings = PlayerSettings(
            startThreshold: .zero, resumeThreshold: .zero, forwardTarget: .seconds(10),
            adaptation: .adaptive(.chromium(ChromiumRule.Settings())), manifestRetry: RetryPolicy(attempts: 1),
            segmentRetry: RetryPolicy(attempts: 1))
        settings.loading = .sequential
        settings.fetchesInitializationBeside = true
        settings.refillLevel = .seconds(5)
        // `playing` is fired after one segment of each kind, but no frame is shown before the second round of segments
        // (measured on four links); audio and video decoders read 0.3 s ahead in the recorded runs.
        settings.pictureSegments = 2
        settings.readAhead = .milliseconds(300)
        settings.usesLowLatency = false
        settings.playsInterstitials = false
        // Before it plays it reads the begin of a segment of each kind with a request of its own to learn the container:
        // about 0.15 s in the recorded runs, the pipeline's start included.
        settings.startDelay = .milliseconds(150)
        return settings
    }

    /// AVPlayer, approximately: waits until it expects to play without stalls, keeps about 50 s, drops a playlist that stood
    /// for 1.5 to 3 target durations.
    private static var avPlayerSettings: PlayerSettings {
        PlayerSettings(
            startThreshold: .seconds(2), resumeThreshold: .seconds(4), forwardTarget: .seconds(50),
            adaptation: .throughput(
                ThroughputRule.Settings(factor: 0.8, upFactor: 0.8, initialEstimate: .megabits(2))),
            manifestRetry: RetryPolicy(attempts: 4, longestDelay: .seconds(10)),
            segmentRetry: RetryPolicy(attempts: 4, longestDelay: .seconds(10)),
            timeouts: TransferTimeouts(
                connect: .seconds(10), firstByte: .seconds(15), stalled: .seconds(15), total: .seconds(120)),
            stuckAfterTargetDurations: 3)
    }
}
