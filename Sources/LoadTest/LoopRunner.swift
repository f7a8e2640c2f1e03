import Audience
import CurlTransport
import Quantities
import Transport

/// Starts the sessions of one event loop when they are due and waits for their end.
///
/// Runs as one task on the loop; each visit is a child task of it and runs there too. Household `h` of the plan belongs
/// to loop `h mod n`, so that who shares a link shares a loop.
struct LoopRunner: Sendable {
    let context: LoopContext

    /// Runs until the last session has ended.
    ///
    /// When the task is cancelled no further session starts, and those that play stop gently.
    func run() async {
        let alarm = context.loop.openChannel(ChannelSettings(parallelTransfers: 1))
        defer { alarm.close() }
        let schedule = context.schedule
        let loops = context.settings.loops
        let household = max(1, context.settings.plan.settings.householdSize)
        await withDiscardingTaskGroup { group in
            for index in 0..<schedule.count where schedule.viewer(at: index) / household % loops == context.loop.index {
                let planned = schedule[index]
                guard await reaches(planned.arrival, alarm) else { break }
                context.sessions += 1
                group.addTask {
                    await ViewerRun(context: context, planned: planned).run()
                    context.sessions -= 1
                }
            }
        }
    }

    /// Waits for an instant; false when the task was cancelled first.
    private func reaches(_ instant: Instant, _ alarm: CurlChannel) async -> Bool {
        guard !Task.isCancelled else { return false }
        guard instant > alarm.now else { return true }
        alarm.setAlarm(at: instant)
        switch await alarm.nextEvent() {
        case .alarm: return true
        case .taskCancelled, .transferFinished, .chunkArrived: return false
        }
    }
}
