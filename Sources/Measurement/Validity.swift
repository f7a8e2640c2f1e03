import Quantities

/// Whether a run can be believed.
package enum ValidityVerdict: UInt8, Sendable, Codable, Comparable {
    /// Nothing speaks against it.
    case valid
    /// Something was not as it should be; read the reasons before drawing conclusions.
    case suspect
    /// The tester was the bottleneck or lost count: the figures must not be held against the CDN.
    case invalid

    /// The stable word.
    package var label: String {
        switch self {
        case .valid: "valid"
        case .suspect: "suspect"
        case .invalid: "invalid"
        }
    }

    package static func < (left: ValidityVerdict, right: ValidityVerdict) -> Bool { left.rawValue < right.rawValue }
}

/// The verdict on a run's own measurement, with its reasons.
package struct Validity: Sendable, Hashable {
    /// One thing that speaks against the run.
    package struct Reason: Sendable, Hashable {
        /// How grave it is.
        package var verdict: ValidityVerdict
        /// One sentence: what was measured, and what the limit is.
        package var sentence: String
    }

    /// What speaks against the run, the gravest first; empty when it is valid.
    package var reasons: [Reason]

    /// Creates a verdict from its reasons.
    package init(reasons: [Reason]) {
        self.reasons = reasons.sorted { $0.verdict > $1.verdict }
    }

    /// The gravest of the reasons.
    package var verdict: ValidityVerdict { reasons.map(\.verdict).max() ?? .valid }
}

/// The limits of the validity verdict.
///
/// Beyond `suspect` a run is suspect, beyond `invalid` it is invalid.
package enum ValidityLimits {
    /// A pair of limits.
    package struct Pair<Value: Comparable & Sendable>: Sendable {
        /// Beyond this a run is suspect.
        package var suspect: Value
        /// Beyond this a run is invalid.
        package var invalid: Value
    }

    /// Timer lateness, 99th percentile.
    ///
    /// It adds to every time measured: 20 ms is half a frame's time at 25 Hz and 1 % of a two-second startup; 100 ms is
    /// what a viewer notices, and more than most edges take to answer.
    package static let latenessP99 = Pair(suspect: TimeAmount.milliseconds(20), invalid: .milliseconds(100))
    /// The greatest timer lateness.
    ///
    /// One long stop of a loop delays all its sessions at once: a quarter of a second can be told from the CDN's doing
    /// in the timeline, two seconds can drain the buffer of a low-latency player.
    package static let latenessMaximum = Pair(suspect: TimeAmount.milliseconds(250), invalid: .seconds(2 as Int64))
    /// A second in which a loop's thread used this part of a processor or more is a busy one: work queues up.
    package static let busyShare = 0.9
    /// The part of a loop's seconds that were busy: single ones happen at spikes of arrivals, a quarter is saturation.
    package static let busySeconds = Pair(suspect: 0.05, invalid: 0.25)
    /// Lateness of arrivals, 99th percentile: the crowd did not come as planned.
    package static let arrivalLatenessP99 = Pair(suspect: TimeAmount.milliseconds(100), invalid: .seconds(1 as Int64))
    /// The part of the arrivals that nobody began.
    package static let droppedArrivals = Pair(suspect: 0.0, invalid: 0.01)
    /// The part of the allowed file descriptors in use: from the last tenth on new connections are at risk.
    package static let descriptors = Pair(suspect: 0.9, invalid: 0.99)
    /// The part of the machine's memory in use: past this the system reclaims, and everything waits.
    package static let memory = Pair(suspect: 0.9, invalid: 0.97)
    /// TCP segments sent again by this machine.
    ///
    /// It mostly sends requests: a percent lost is a bad link near the tester.
    package static let retransmits = 0.01
    /// Movement of the wall clock against the monotonic one.
    ///
    /// Live latency and token lifetimes are read from it.
    package static let clockStep = Pair(suspect: TimeAmount.milliseconds(50), invalid: .seconds(1 as Int64))
    /// Connections that were opened again without the server's doing, per transfer: it should never happen.
    package static let reconnects = Pair(suspect: 0.0, invalid: 0.01)
}
