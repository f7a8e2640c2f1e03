import Quantities

extension CurlLoop {
    /// A new timer for this target.
    func addTimer(for target: TimerTarget) -> TimerHeap.Index {
        let timer = timers.add()
        if Int(timer) == timerTargets.count {
            timerTargets.append(target)
        } else {
            timerTargets[Int(timer)] = target
        }
        return timer
    }

    /// Takes a timer away for good.
    func removeTimer(_ timer: TimerHeap.Index) {
        timerTargets[Int(timer)] = .nobody
        timers.remove(timer)
    }
}
