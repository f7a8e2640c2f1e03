import Quantities

/// What the validity verdict is made of; collected sample by sample.
package struct ValidityEvidence: Sendable {
    /// What is known of one loop.
    package struct Loop: Sendable {
        /// How late its timers fired.
        package var lateness = LogHistogram()
        /// Its seconds.
        package var seconds = 0
        /// Those in which it used ``ValidityLimits/busyShare`` of a processor or more.
        package var busySeconds = 0
        /// Its processor time.
        package var cpu = TimeAmount.zero
        /// Its time.
        package var wall = TimeAmount.zero
        /// The busiest second, as a part of a processor.
        package var highestShare = 0.0
        /// Connections opened again without the server's doing.
        package var unexpectedReconnects = 0

        /// Its mean part of a processor.
        package var meanShare: Double { wall > .zero ? cpu.seconds / wall.seconds : 0 }
    }

    /// The loops by number.
    package private(set) var loops: [Int: Loop] = [:]
    /// The greatest part of the allowed descriptors in use; nil when not known.
    package private(set) var descriptorShare: Double?
    /// The greatest part of the memory in use; nil when not known.
    package private(set) var memoryShare: Double?
    /// The most resident memory of the process.
    package private(set) var residentMemory = ByteCount.zero
    /// TCP segments sent.
    package private(set) var segmentsSent: Int64 = 0
    /// TCP segments sent again.
    package private(set) var segmentsRetransmitted: Int64 = 0
    /// The greatest movement of the wall clock, without its sign.
    package private(set) var clockStep = TimeAmount.zero
    /// Arrivals that nobody began.
    package private(set) var arrivalsDropped: Int64 = 0
    /// Session events that were not recorded.
    package private(set) var eventsLost: Int64 = 0

    /// Creates empty evidence.
    package init() {}

    /// Adds an interval of a loop.
    package mutating func add(_ sample: LoopSample) {
        var loop = loops[sample.loop] ?? Loop()
        loop.lateness.merge(sample.lateness)
        // A fraction of a second, as at the end of a run, says nothing about saturation.
        if sample.wall >= .milliseconds(500) {
            loop.seconds += 1
            if sample.cpuShare >= ValidityLimits.busyShare { loop.busySeconds += 1 }
            loop.highestShare = max(loop.highestShare, sample.cpuShare)
        }
        loop.cpu += sample.cpu
        loop.wall += sample.wall
        loop.unexpectedReconnects += sample.unexpectedReconnects
        loops[sample.loop] = loop
    }

    /// Adds a sample of the machine.
    package mutating func add(_ sample: MachineSample) {
        if sample.descriptorLimit > 0 {
            descriptorShare = max(descriptorShare ?? 0, Double(sample.descriptors) / Double(sample.descriptorLimit))
        }
        if sample.totalMemory > .zero {
            let used = 1 - Double(sample.availableMemory.count) / Double(sample.totalMemory.count)
            memoryShare = max(memoryShare ?? 0, used)
        }
        residentMemory = max(residentMemory, sample.residentMemory)
        segmentsSent = max(segmentsSent, sample.segmentsSent)
        segmentsRetransmitted = max(segmentsRetransmitted, sample.segmentsRetransmitted)
        clockStep = max(clockStep, max(sample.clockStep, -sample.clockStep))
        arrivalsDropped = max(arrivalsDropped, sample.arrivalsDropped)
        eventsLost = max(eventsLost, sample.eventsLost)
    }
}

extension ValidityEvidence {
    /// The verdict on a run.
    ///
    /// - Parameter totals: What the run counted.
    /// - Returns: The verdict with everything that speaks against the run.
    package func verdict(totals: RunTotals) -> Validity {
        var reasons: [Validity.Reason] = []
        for (number, loop) in loops.sorted(by: { $0.key < $1.key }) {
            judge(loop, number, &reasons)
        }
        judgeArrivals(totals.overall, &reasons)
        judgeMachine(&reasons)
        judgeConnections(totals.allTransfers.all.count, &reasons)
        return Validity(reasons: reasons)
    }

    private func judge(_ loop: Loop, _ number: Int, _ reasons: inout [Validity.Reason]) {
        if let p99 = loop.lateness.percentile(99), let verdict = Self.verdict(p99, ValidityLimits.latenessP99) {
            let limit = ValidityLimits.latenessP99.suspect
            reasons.append(
                .init(
                    verdict: verdict,
                    sentence:
                        "Event loop \(number) was late: 1 % of its timers fired \(p99) or more after they were due"
                        + " (limit \(limit)), and every time measured on it is that much too long."))
        }
        if let most = loop.lateness.maximum, let verdict = Self.verdict(most, ValidityLimits.latenessMaximum) {
            let limit = ValidityLimits.latenessMaximum.suspect
            reasons.append(
                .init(
                    verdict: verdict,
                    sentence: "Event loop \(number) stood still once for \(most) (limit \(limit))."))
        }
        let busy = loop.seconds > 0 ? Double(loop.busySeconds) / Double(loop.seconds) : 0
        if let verdict = Self.verdict(busy, ValidityLimits.busySeconds) {
            reasons.append(
                .init(
                    verdict: verdict,
                    sentence:
                        "Event loop \(number) used \(Self.percent(ValidityLimits.busyShare)) of a processor or more"
                        + " in \(Self.percent(busy)) of its seconds (limit"
                        + " \(Self.percent(ValidityLimits.busySeconds.suspect)))."))
        }
    }

    private func judgeArrivals(_ overall: SessionCell, _ reasons: inout [Validity.Reason]) {
        if let p99 = overall.arrivalLateness.percentile(99),
            let verdict = Self.verdict(p99, ValidityLimits.arrivalLatenessP99)
        {
            let limit = ValidityLimits.arrivalLatenessP99.suspect
            reasons.append(
                .init(
                    verdict: verdict,
                    sentence:
                        "Viewers came late: 1 % of them began \(p99) or more after the plan said (limit \(limit))."))
        }
        let planned = overall.arrivals + arrivalsDropped
        let dropped = planned > 0 ? Double(arrivalsDropped) / Double(planned) : 0
        if let verdict = Self.verdict(dropped, ValidityLimits.droppedArrivals) {
            reasons.append(
                .init(
                    verdict: verdict,
                    sentence: "\(arrivalsDropped) of \(planned) planned viewers never began (limit 0)."))
        }
        if eventsLost > 0 {
            reasons.append(
                .init(
                    verdict: .invalid, sentence: "\(eventsLost) session events were lost (limit 0): counts are too low."
                ))
        }
    }

    private func judgeMachine(_ reasons: inout [Validity.Reason]) {
        if let share = descriptorShare, let verdict = Self.verdict(share, ValidityLimits.descriptors) {
            let limit = Self.percent(ValidityLimits.descriptors.suspect)
            reasons.append(
                .init(
                    verdict: verdict,
                    sentence: "\(Self.percent(share)) of the allowed file descriptors were in use (limit \(limit));"
                        + " raise the limit with ulimit -n."))
        }
        if let share = memoryShare, let verdict = Self.verdict(share, ValidityLimits.memory) {
            let limit = Self.percent(ValidityLimits.memory.suspect)
            reasons.append(
                .init(
                    verdict: verdict,
                    sentence: "\(Self.percent(share)) of this machine's memory was in use (limit \(limit))."))
        }
        if let verdict = Self.verdict(clockStep, ValidityLimits.clockStep) {
            let limit = ValidityLimits.clockStep.suspect
            reasons.append(
                .init(
                    verdict: verdict,
                    sentence: "The wall clock moved by \(clockStep) during the run (limit \(limit));"
                        + " live latency and token lifetimes depend on it."))
        }
    }

    private func judgeConnections(_ transfers: Int64, _ reasons: inout [Validity.Reason]) {
        // A few segments sent again are no share of anything.
        if segmentsSent >= 1_000 {
            let share = Double(segmentsRetransmitted) / Double(segmentsSent)
            if share > ValidityLimits.retransmits {
                reasons.append(
                    .init(
                        verdict: .suspect,
                        sentence: "This machine sent \(Self.percent(share)) of its TCP segments again (limit"
                            + " \(Self.percent(ValidityLimits.retransmits))): packets are lost on its own way out."))
            }
        }
        let reconnects = loops.values.reduce(0) { $0 + $1.unexpectedReconnects }
        let share = transfers > 0 ? Double(reconnects) / Double(transfers) : 0
        if let verdict = Self.verdict(share, ValidityLimits.reconnects) {
            reasons.append(
                .init(
                    verdict: verdict,
                    sentence: "\(reconnects) connections were opened again though the server had not closed them"
                        + " (limit 0)."))
        }
    }

    private static func verdict<Value: Comparable>(
        _ value: Value, _ limits: ValidityLimits.Pair<Value>
    ) -> ValidityVerdict? {
        value > limits.invalid ? .invalid : value > limits.suspect ? .suspect : nil
    }

    private static func percent(_ share: Double) -> String {
        let tenths = Int64(clampingRounded: share * 1_000)
        return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(abs(tenths % 10)) %"
    }
}
