import Manifests
import Quantities

/// What a session tells a collector (the event mode of CTA-5004-B).
extension PlayerSession {
    /// Takes the reports of events since the last call, the oldest first, for the collector that the settings name.
    ///
    /// Empty without a collector. To be asked after each ``handle(_:at:effects:)``: what nobody takes is thrown away
    /// beyond 256 reports.
    ///
    /// - Returns: The reports, and how many were thrown away.
    package mutating func takeTelemetry() -> (reports: [CMCDReport], dropped: Int) {
        guard hasTelemetry, !cmcd[0].queue.isEmpty else { return ([], 0) }
        return cmcd[0].takeQueue()
    }

    /// Begins to keep what the settings want told.
    static func telemetry(_ context: Context, seed: UInt64, isAsset: Bool) -> [CMCDState] {
        context.settings.cmcd == nil ? [] : [CMCDState(seed: seed, isAsset: isAsset)]
    }

    private func listens(to event: CMCDEvent) -> CMCDSettings? {
        guard hasTelemetry, !cmcd[0].isAsset, let settings = context.settings.cmcd, settings.version == .two,
            settings.collector?.events.contains(event) == true
        else { return nil }
        return settings
    }

    private mutating func tell(_ event: CMCDEvent, at now: Instant, _ add: (inout CMCDWriter) -> Void = { _ in }) {
        guard let settings = listens(to: event) else { return }
        var writer = CMCDWriter(settings, mode: event == .responseReceived ? .response : .event)
        describeSession(in: &writer)
        describePlayback(in: &writer, isEvent: true, at: now)
        cmcd[0].events += 1
        writer.set(.sequenceNumber, .integer(cmcd[0].events))
        writer.set(.event, .token(event.rawValue))
        writer.set(.timestamp, .integer(Self.milliseconds(TimeAmount(nanoseconds: context.wall(at: now).nanoseconds))))
        add(&writer)
        cmcd[0].add(writer.report)
    }

    /// Takes in that the state has changed.
    mutating func noteTelemetry(from old: PlaybackState, at now: Instant) {
        guard hasTelemetry else { return }
        if state == .rebuffering {
            for loader in loaders where loader.buffer.end <= playhead { cmcd[0].ranDry(loader.kind) }
        }
        cmcd[0].changed(from: old, to: state, at: now)
        tell(.playState, at: now)
    }

    /// Takes in that the playback has failed.
    mutating func noteTelemetry(_ failure: SessionFailure, at now: Instant) {
        tell(.error, at: now) { $0.set(.errorCodes, .list([CMCDItem(.string(failure.label))])) }
    }

    /// Takes in that a transfer has ended.
    mutating func noteTelemetry(_ transfer: PendingTransfer, _ outcome: TransferReport, at now: Instant) {
        guard outcome.error != "cancelled", listens(to: .responseReceived) != nil else { return }
        let isOfAsset = if case .asset = transfer.purpose { true } else { false }
        let type = objectType(of: transfer.kind, loader: isOfAsset ? nil : transfer.purpose.loader)
        let begun = context.wall(at: outcome.timings.begun)
        tell(.responseReceived, at: now) { writer in
            writer.set(.timestamp, .integer(Self.milliseconds(TimeAmount(nanoseconds: begun.nanoseconds))))
            writer.set(.objectType, .token(type.rawValue))
            writer.set(.status, .integer(Int64(outcome.status)))
            writer.set(.url, .string(Self.withoutQuery(transfer.uri)))
            writer.set(.lastByte, .integer(Self.milliseconds(outcome.timings.total)))
            if outcome.status > 0 {
                writer.set(.firstByte, .integer(Self.milliseconds(outcome.timings.firstByte)))
            }
            if transfer.mediaDuration > .zero {
                writer.set(.objectDuration, .integer(Self.milliseconds(transfer.mediaDuration)))
            }
            if transfer.bitRate > .zero {
                writer.set(.encodedBitRate, .list([CMCDItem(Self.kilobits(transfer.bitRate), of: type)]))
            }
        }
    }

    /// Tokens travel in queries: a collector is not shown them.
    private static func withoutQuery(_ uri: String) -> String {
        var reference = URIReference(uri)
        reference.query = nil
        reference.fragment = nil
        return reference.text
    }

    /// What is left to do when an input has been taken in: events that it led to, the interval, and whether the start is
    /// over.
    mutating func runTelemetry(_ events: [TimedEvent], at now: Instant) {
        guard isBegun else { return }
        if cmcd[0].started == nil {
            cmcd[0].started = now
            if listens(to: .timeInterval) != nil { cmcd[0].nextInterval = now + telemetryInterval }
            tell(.playState, at: now)
        }
        for event in events {
            switch event.event {
            case .trackSelected(let kind, _, let bitRate, isSwitch: true) where kind == loaders.first?.kind:
                let type = mediaType(of: 0)
                tell(.bitRateChange, at: event.at) { writer in
                    writer.set(.encodedBitRate, .list([CMCDItem(Self.kilobits(bitRate), of: type)]))
                }
            case .interstitialStarted: tell(.advertisementStart, at: event.at)
            case .interstitialEnded: tell(.advertisementEnd, at: event.at)
            case .started, .stateChanged, .transferFinished, .trackSelected, .rendered, .latencySampled,
                .locationChanged, .failed:
                break
            }
        }
        if cmcd[0].isStartup, state == .playing, bufferLevel(at: now) >= startupEnd || isComplete {
            cmcd[0].isStartup = false
        }
        guard let due = cmcd[0].nextInterval else { return }
        guard !state.isFinal else {
            cmcd[0].nextInterval = nil
            return
        }
        guard due <= now else { return }
        // A session that was woken late tells once, not once for each interval that went by.
        let missed = Double((now - due).nanoseconds / max(1, telemetryInterval.nanoseconds))
        cmcd[0].nextInterval = due + telemetryInterval * (missed + 1)
        tell(.timeInterval, at: now)
    }

    /// When the next report of the interval is due.
    var telemetryDue: Instant? { hasTelemetry ? cmcd[0].nextInterval : nil }

    private var telemetryInterval: TimeAmount {
        max(.seconds(1), context.settings.cmcd?.collector?.interval ?? .seconds(30))
    }

    /// The buffer level at which a start, a seek or a rebuffer is over: the target, or what a live viewer can hold of it,
    /// which ends a segment before the edge.
    private var startupEnd: TimeAmount {
        guard let holdBack, isLive else { return settings.forwardTarget }
        let segment = max(loaders.first?.media?.targetDuration ?? .zero, .zero)
        return min(settings.forwardTarget, max(holdBack - segment, holdBack * 0.5))
    }

    /// Numbers the report of an asset's request among those of its session.
    mutating func renumbered(_ request: SessionRequest) -> SessionRequest {
        guard hasTelemetry, request.telemetry?[.sequenceNumber] != nil else { return request }
        var request = request
        cmcd[0].requests += 1
        request.details.telemetry?.set(.sequenceNumber, .integer(cmcd[0].requests))
        return request
    }
}
