import Quantities

/// A step of the viewers' journey, as figures are kept by.
package struct StepKey: Hashable, Sendable, Comparable {
    /// Its position in the profile.
    package var position: Int
    /// Its name in the profile.
    package var name: String
    /// When it is done: `before`, `every`, `on token refresh`, `on licence` or `after`.
    package var occasion: String

    /// Creates a key.
    package init(position: Int, name: String, occasion: String) {
        self.position = position
        self.name = name
        self.occasion = occasion
    }

    /// True for a step that the viewer takes on the way to the picture.
    package var isBefore: Bool { occasion == "before" }

    package static func < (left: StepKey, right: StepKey) -> Bool {
        (left.position, left.name, left.occasion) < (right.position, right.name, right.occasion)
    }
}

/// How often a step passed and how long it took.
package struct StepTally: Sendable, Equatable {
    /// How a step came to its end.
    package enum Result: Sendable, Hashable {
        /// It was answered as expected.
        case passed
        /// It was refused, and the viewer left or the playback failed for it.
        case left
        /// It was refused, and the viewer went on.
        case wentOn
    }

    /// Steps that passed.
    package var passed: Int64 = 0
    /// Steps for which a viewer left.
    package var left: Int64 = 0
    /// Steps that were refused and let a viewer go on.
    package var wentOn: Int64 = 0
    /// From the instant at which the first try was due to the end, of steps that passed; waits between tries included.
    package var duration = LogHistogram()

    /// Creates zeros.
    package init() {}

    /// All that came to an end.
    package var ended: Int64 { passed.addingClamped(left).addingClamped(wentOn) }

    /// Viewers who were behind the step afterwards.
    package var goneOn: Int64 { passed.addingClamped(wentOn) }

    mutating func merge(_ other: StepTally) {
        passed = passed.addingClamped(other.passed)
        left = left.addingClamped(other.left)
        wentOn = wentOn.addingClamped(other.wentOn)
        duration.merge(other.duration)
    }
}

/// The way of all viewers from their arrival to the picture, and what they did beside it.
///
/// Empty for a run whose viewers have no journey. Logs of loops, intervals and shards are merged by addition.
package struct JourneyLog: Sendable, Equatable {
    /// Viewers who arrived.
    package var arrived: Int64 = 0
    /// Viewers whose player was started: all steps before it were behind them.
    package var started: Int64 = 0
    /// Viewers who saw the first frame.
    package var playing: Int64 = 0
    /// From the arrival to the start of the player.
    package var timeToStart = LogHistogram()
    /// From the arrival to the first frame.
    package var timeToPicture = LogHistogram()
    /// The steps.
    package var steps: [StepKey: StepTally] = [:]

    /// Creates an empty log.
    package init() {}

    /// True when no viewer had a journey.
    package var isEmpty: Bool { arrived == 0 && started == 0 && playing == 0 && steps.isEmpty }

    /// Notes the end of a step.
    package mutating func note(_ key: StepKey, _ result: StepTally.Result, after duration: TimeAmount) {
        switch result {
        case .passed:
            steps[key, default: StepTally()].passed += 1
            steps[key, default: StepTally()].duration.record(duration)
        case .left: steps[key, default: StepTally()].left += 1
        case .wentOn: steps[key, default: StepTally()].wentOn += 1
        }
    }

    mutating func noteArrival() { arrived += 1 }

    mutating func noteStart(after wait: TimeAmount) {
        started += 1
        timeToStart.record(wait)
    }

    mutating func notePicture(after wait: TimeAmount) {
        playing += 1
        timeToPicture.record(wait)
    }

    /// Adds the log of another loop, interval or shard.
    package mutating func merge(_ other: JourneyLog) {
        guard !other.isEmpty else { return }
        arrived = arrived.addingClamped(other.arrived)
        started = started.addingClamped(other.started)
        playing = playing.addingClamped(other.playing)
        timeToStart.merge(other.timeToStart)
        timeToPicture.merge(other.timeToPicture)
        for (key, tally) in other.steps { steps[key, default: StepTally()].merge(tally) }
    }
}

/// A stage of the way from the arrival to the picture.
package struct FunnelStage: Sendable, Equatable {
    /// `arrived`, the name of a step, `started` or `playing`.
    package var name: String
    /// True for a step; its name is the profile's.
    package var isStep: Bool
    /// How many viewers got there; for a step, how many are behind it.
    package var viewers: Int64
    /// The part of the viewers of the stage before; nil for the first, and where nobody was there.
    package var shareOfPrevious: Double?
    /// The part of the viewers who arrived; nil where nobody did.
    package var shareOfArrived: Double?
    /// Viewers who left here because they were refused; 0 where that cannot be.
    package var refused: Int64
    /// How long it took: a step from its first try to its end, the other stages from the arrival; empty for arrivals.
    package var duration: LogHistogram
}

extension JourneyLog {
    /// The way to the picture, stage by stage: arrived, each step before playback, started, playing; empty when no
    /// viewer had a journey.
    package var funnel: [FunnelStage] {
        guard !isEmpty else { return [] }
        var stages: [FunnelStage] = []
        func add(_ name: String, _ viewers: Int64, isStep: Bool, refused: Int64, _ duration: LogHistogram) {
            let previous = stages.last?.viewers ?? 0
            stages.append(
                FunnelStage(
                    name: name, isStep: isStep, viewers: viewers,
                    shareOfPrevious: previous > 0 ? Double(viewers) / Double(previous) : nil,
                    shareOfArrived: arrived > 0 ? Double(viewers) / Double(arrived) : nil, refused: refused,
                    duration: duration))
        }
        add("arrived", arrived, isStep: false, refused: 0, LogHistogram())
        for (key, tally) in steps.sorted(by: { $0.key < $1.key }) where key.isBefore {
            add(key.name, tally.goneOn, isStep: true, refused: tally.left, tally.duration)
        }
        add("started", started, isStep: false, refused: 0, timeToStart)
        add("playing", playing, isStep: false, refused: 0, timeToPicture)
        return stages
    }
}
