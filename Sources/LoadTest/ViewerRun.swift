import Audience
import CurlTransport
import Measurement
import Playback
import Quantities
import Transport

/// One visit of one viewer: its connections, and its playbacks one after the other; owned by its task.
///
/// A viewer who zaps, or tries again after a failure, keeps connections and cookies, as a browser or an app does; each
/// playback is a session of its own in the report, and does the journey anew.
final class ViewerRun {
    /// A playback that is to begin.
    struct Playback {
        var id: SessionID
        var stream: Int
        /// When it should begin.
        var due: Instant
        /// True for the first of the viewer's first visit.
        var isFirst: Bool
    }

    let context: LoopContext
    let planned: PlannedSession
    let channelSettings: ChannelSettings
    let channel: CurlChannel
    /// The label of the edge that the viewer is pinned to; empty where names are looked up.
    let edge: String
    var mind: ViewerMind
    var nextTransfer: UInt32 = 0

    /// The most playbacks of one visit.
    private static let playbackLimit = 65_535

    init(context: LoopContext, planned: PlannedSession) {
        self.context = context
        self.planned = planned
        (channelSettings, edge) = context.settings.channel(for: planned, journey: context.journey?.journey)
        channel = context.loop.openChannel(channelSettings)
        let plan = context.settings.plan
        mind = ViewerMind(planned, settings: plan.settings, seed: plan.seed)
    }

    /// Plays from the arrival to the end of the visit.
    func run() async {
        defer { channel.close() }
        var playback: Playback? = Playback(
            id: planned.id, stream: planned.stream, due: planned.arrival, isFirst: planned.id.visit == 0)
        var count = 0
        while let current = playback {
            let session = SessionRun(self, playback: current)
            await play(session)
            mind = session.mind
            nextTransfer = session.nextTransfer
            count += 1
            playback = nil
            guard !session.isStoppedByRun, count < Self.playbackLimit, let (stream, due) = await following(session)
            else { return }
            playback = Playback(
                id: SessionID(viewer: Int(clamping: planned.id.viewer), visit: planned.id.visit, playback: count),
                stream: stream, due: due, isFirst: false)
        }
    }

    private func play(_ session: SessionRun) async {
        guard let prober = session.prober else { return await session.play() }
        async let probes: Void = prober.work()
        await session.play()
        prober.finish()
        await probes
    }

    /// What is watched after a session, and when it was to begin; nil when the visit is over.
    private func following(_ session: SessionRun) async -> (stream: Int, due: Instant)? {
        switch session.next {
        case .zap(let target)?: return (target, channel.now)
        case .again?: return (session.stream, channel.now)
        case nil: break
        }
        // After a failure the viewer may want to try again, by and by.
        guard session.player.state == .failed, session.steps?.refusal == nil else { return nil }
        while let instant = mind.wakeUp, await reaches(instant) {
            switch mind.decide(at: channel.now) {
            case .playAgain?: return (session.stream, instant)
            case .zap(let target)? where context.settings.streams.indices.contains(target): return (target, instant)
            case .leave?, .drop?: return nil
            case .zap?, .pause?, .resume?, .seek?, nil: continue
            }
        }
        return nil
    }

    /// Waits for an instant; false when the run ends before.
    private func reaches(_ instant: Instant) async -> Bool {
        guard !Task.isCancelled else { return false }
        guard instant > channel.now else { return true }
        channel.setAlarm(at: instant)
        while true {
            switch await channel.nextEvent() {
            case .alarm: return true
            case .taskCancelled: return false
            case .transferFinished, .chunkArrived: continue
            }
        }
    }
}
