import Audience
import CurlTransport
import Journeys
import Manifests
import Measurement
import Playback
import Quantities

/// What the sessions of one event loop share.
final class LoopContext: @unchecked Sendable {
    // Invariant: `recorder`, `observer`, `tokens` and the counters below them are touched on the loop's own thread only: by sessions, which run
    // there, and by work posted to the loop. The rest is constant.

    let loop: CurlLoop
    let settings: LoadTestSettings
    let schedule: AudienceSchedule
    /// What the sessions of each device share, as numbered in the plan.
    let players: [PlayerSession.Context]
    let documents: ManifestCache
    let clocks: ClockSources
    /// The hosts that may see tokens, beside each stream's own.
    let tokenHosts: Set<String>
    /// What viewers do beside playing; nil means nothing.
    let journey: JourneyRun.Context?
    /// Which URIs that documents name may be fetched.
    let policy: URIPolicy
    let recorder: LoopRecorder
    let observer: ResponseObserver
    /// Tokens of sessions that play, for probes.
    var tokens = TokenPool()
    var sessions = 0
    /// Kinds of problem seen, with one sentence about the first of each.
    private(set) var problems: [ProblemKey: RunProblem] = [:]

    /// What problems are told apart by.
    struct ProblemKey: Hashable {
        var kind: TransferKind
        var label: String
    }

    init(
        loop: CurlLoop, settings: LoadTestSettings, schedule: AudienceSchedule, players: [PlayerSession.Context],
        documents: ManifestCache,
        clocks: ClockSources, journey: JourneyRun.Context? = nil
    ) {
        self.loop = loop
        self.settings = settings
        self.schedule = schedule
        self.players = players
        self.documents = documents
        self.clocks = clocks
        self.journey = journey
        let ownHosts = settings.streams.compactMap { URIReference($0.uri).host?.lowercased() }
        tokenHosts = Set(ownHosts).union(settings.token?.hosts ?? [])
        policy = URIPolicy(allowedHosts: settings.transport.allowedHosts ?? [])
        recorder = LoopRecorder(sampling: settings.sampling)
        observer = ResponseObserver(
            hasTokensInPaths: settings.token?.placement == .path || journey?.journey.manifest != nil)
    }

    /// The wall time at an instant, as viewers see it.
    func wall(at instant: Instant) -> WallTime {
        players.first?.wall(at: instant) ?? WallTime(nanoseconds: 0) + (instant - .zero)
    }

    /// Counts a problem; the sentence is made for the first of its kind only.
    func note(_ kind: TransferKind, _ label: String, _ sentence: () -> String) {
        let key = ProblemKey(kind: kind, label: label)
        if problems[key] == nil {
            // A hostile server could invent statuses; nobody reads more than this.
            guard problems.count < 200 else { return }
            problems[key] = RunProblem(kind: kind, label: label, count: 0, sentence: sentence())
        }
        problems[key]?.count += 1
    }

    /// The problems seen so far.
    func takeProblems() async -> [RunProblem] {
        await withCheckedContinuation { continuation in
            loop.post { [self] in continuation.resume(returning: Array(problems.values)) }
        }
    }

    /// What the loop measured since it was last asked; the loop's thread answers between its other work.
    func takeInterval() async -> (delta: IntervalDelta, sessions: Int) {
        await withCheckedContinuation { continuation in
            loop.post { [self] in
                observer.takeAges(into: recorder)
                continuation.resume(returning: (recorder.takeInterval(at: loop.now), sessions))
            }
        }
    }
}

/// A kind of problem that transfers had.
package struct RunProblem: Sendable, Hashable {
    /// What the transfers were for.
    package var kind: TransferKind
    /// A short word, such as `404` or `connect`.
    package var label: String
    /// How many had it.
    package var count: Int
    /// One sentence about the first, without a full stop and without secrets.
    package var sentence: String
}
