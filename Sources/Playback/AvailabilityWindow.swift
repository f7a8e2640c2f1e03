import Manifests
import Quantities

/// When the segments of a dynamic presentation can be had: what of its timing every look for the next segment needs.
struct AvailabilityWindow: Sendable {
    /// The wall time of the timeline's zero.
    let start: WallTime
    /// How long segments stay; nil without end.
    let depth: TimeAmount?
    /// True when the document will be fetched again.
    let grows: Bool

    /// The window of a dynamic presentation; nil for others.
    init?(_ presentation: Presentation?) {
        guard let presentation, presentation.isDynamic, let timing = presentation.dynamicTiming else { return nil }
        start = timing.availabilityStart
        depth = timing.timeShiftBufferDepth
        grows = timing.minimumUpdatePeriod != nil
    }
}
