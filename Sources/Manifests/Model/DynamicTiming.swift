import Quantities

/// The timing of a dynamic MPD (ISO/IEC 23009-1 section 5.3.1.2).
package struct DynamicTiming: Sendable, Hashable {
    /// `availabilityStartTime`: the wall time of the timeline's zero.
    package var availabilityStart: WallTime
    /// `availabilityEndTime`, where given.
    package var availabilityEnd: WallTime?
    /// `minimumUpdatePeriod`; nil means that the MPD will not change.
    package var minimumUpdatePeriod: TimeAmount?
    /// `timeShiftBufferDepth`; nil means that everything stays available.
    package var timeShiftBufferDepth: TimeAmount?
    /// ServiceDescription Latency@target where given, else `suggestedPresentationDelay`.
    package var suggestedDelay: TimeAmount?
    /// `publishTime`.
    package var publishTime: WallTime?
    /// `Location` elements: where to fetch updates; empty means the same URI.
    package var locations: [ManifestLocation]
    /// `PatchLocation` elements, in order of preference.
    package var patchLocations: [PatchLocation]
    /// UTCTiming elements in order of preference.
    package var clocks: [UTCTiming]
    /// `maxSegmentDuration`, where given.
    package var maximumSegmentDuration: TimeAmount?
    /// What the service wants of latency and catching up.
    package var service: ServiceDescription

    /// Creates the timing of a dynamic MPD.
    package init(
        availabilityStart: WallTime, availabilityEnd: WallTime? = nil, minimumUpdatePeriod: TimeAmount? = nil,
        timeShiftBufferDepth: TimeAmount? = nil, suggestedDelay: TimeAmount? = nil, publishTime: WallTime? = nil,
        locations: [ManifestLocation] = [], patchLocations: [PatchLocation] = [], clocks: [UTCTiming] = [],
        maximumSegmentDuration: TimeAmount? = nil, service: ServiceDescription = ServiceDescription()
    ) {
        self.availabilityStart = availabilityStart
        self.availabilityEnd = availabilityEnd
        self.minimumUpdatePeriod = minimumUpdatePeriod
        self.timeShiftBufferDepth = timeShiftBufferDepth
        self.suggestedDelay = suggestedDelay
        self.publishTime = publishTime
        self.locations = locations
        self.patchLocations = patchLocations
        self.clocks = clocks
        self.maximumSegmentDuration = maximumSegmentDuration
        self.service = service
    }
}

/// A `Location` of an MPD: where updates are fetched.
package struct ManifestLocation: Sendable, Hashable {
    /// The reference as written.
    package var uri: String
    /// `serviceLocation`, or `""`.
    package var name: String

    /// Creates a location.
    package init(uri: String, name: String = "") {
        self.uri = uri
        self.name = name
    }
}

/// A `PatchLocation` of an MPD: where changes to it are fetched.
package struct PatchLocation: Sendable, Hashable {
    /// The reference as written.
    package var uri: String
    /// How long after `publishTime` a patch may be asked for; nil means without limit.
    package var timeToLive: TimeAmount?

    /// Creates a location.
    package init(uri: String, timeToLive: TimeAmount? = nil) {
        self.uri = uri
        self.timeToLive = timeToLive
    }
}

/// `ServiceDescription`: the latency and playback rates that the service wants (ISO/IEC 23009-1 annex K).
package struct ServiceDescription: Sendable, Hashable {
    /// Latency@target.
    package var targetLatency: TimeAmount?
    /// Latency@min.
    package var shortestLatency: TimeAmount?
    /// Latency@max.
    package var longestLatency: TimeAmount?
    /// PlaybackRate@min, such as 0.96.
    package var slowestRate: Double?
    /// PlaybackRate@max, such as 1.04.
    package var fastestRate: Double?

    /// Creates a description of which nothing is given.
    package init() {}
}

/// One UTCTiming element: a scheme and its value.
package struct UTCTiming: Sendable, Hashable {
    /// The scheme's URI, such as `urn:mpeg:dash:utc:http-iso:2014`.
    package var scheme: String
    /// A URI, a date or host names, as the scheme says.
    package var value: String

    /// Creates a clock reference.
    package init(scheme: String, value: String) {
        self.scheme = scheme
        self.value = value
    }
}
