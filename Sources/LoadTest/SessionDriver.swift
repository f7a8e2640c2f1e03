import Audience

/// Drives one ``PlayerSession`` with real transfers and the real clock.
struct SessionDriver: Sendable {
    let context: LoopContext
    let planned: PlannedSession

    /// Plays from the arrival to the end, and books what happened.
    func run() async {
        let run = SessionRun(context: context, planned: planned)
        if let prober = run.prober {
            async let probes: Void = prober.work()
            await run.play()
            prober.finish()
            await probes
        } else {
            await run.play()
        }
        context.sessions -= 1
    }
}
