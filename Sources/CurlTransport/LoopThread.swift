import CCurl
import Glibc
import Quantities

/// The life of a loop's thread.
enum LoopThread {
    case notStarted
    case running(pthread_t)
    case ended(processorTime: TimeAmount)

    /// CPU time that the thread has used.
    var processorTime: TimeAmount {
        switch self {
        case .notStarted: .zero
        case .running(let thread): Self.processorTime(of: thread)
        case .ended(let time): time
        }
    }

    static func processorTime(of thread: pthread_t) -> TimeAmount {
        var clock = clockid_t()
        var time = timespec()
        guard pthread_getcpuclockid(thread, &clock) == 0, clock_gettime(clock, &time) == 0 else { return .zero }
        return TimeAmount(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}

extension CurlLoop {
    func start() throws(CurlSetupError) {
        var identifier = pthread_t()
        let context = Unmanaged.passRetained(self)
        let code = pthread_create(
            &identifier, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<CurlLoop>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw .system(call: "pthread_create", errno: code)
        }
        thread.withLock { $0 = .running(identifier) }
    }

    func askToStop() { put(.stop) }

    /// Ends the thread and frees what the loop has of libcurl and the system.
    func stopAndJoin() {
        askToStop()
        precondition(!isCurrent, "a loop cannot wait for its own end")
        let identifier = thread.withLock { thread -> pthread_t? in
            guard case .running(let identifier) = thread else { return nil }
            // The clock is read while the thread can still be asked; what comes after is its own clean-up.
            thread = .ended(processorTime: LoopThread.processorTime(of: identifier))
            return identifier
        }
        guard let identifier else { return }
        pthread_join(identifier, nil)
    }
}
