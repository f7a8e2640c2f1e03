import CurlTransport
import Manifests
import Measurement
import Playback
import Quantities

/// What the sessions of one event loop share.
final class LoopContext: @unchecked Sendable {
    // Invariant: `recorder` and the counters below it are touched on the loop's own thread only: by sessions, which run
    // there, and by work posted to the loop. The rest is constant.

    let loop: CurlLoop
    let settings: LoadTestSettings
    let player: PlayerSession.Context
    let documents: ManifestCache
    let recorder: LoopRecorder
    var sessions = 0

    init(loop: CurlLoop, settings: LoadTestSettings, player: PlayerSession.Context, documents: ManifestCache) {
        self.loop = loop
        self.settings = settings
        self.player = player
        self.documents = documents
        recorder = LoopRecorder(sampling: settings.sampling)
    }

    /// What the loop measured since it was last asked; the loop's thread answers between its other work.
    func takeInterval() async -> (delta: IntervalDelta, sessions: Int) {
        await withCheckedContinuation { continuation in
            loop.post { [self] in
                continuation.resume(returning: (recorder.takeInterval(at: loop.now), sessions))
            }
        }
    }
}
