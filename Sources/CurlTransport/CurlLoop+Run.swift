import CCurl
import Glibc
import Quantities
import Transport

/// Who is told that a timer is due.
enum TimerTarget {
    case nobody
    case alarm(CurlChannel)
    case waitingTransfers(CurlChannel)
    case watchdog(EasyTransfer)
    case link(SharedLink)
}

extension CurlLoop {
    /// How many descriptors are taken from one wait: more is slower, because their connections fall out of the cache
    /// (512 cost 30 % more processor time than 32).
    private static let batch = 32
    /// The most jobs run between two looks at the sockets.
    private static let jobsPerTurn = 1_024
    /// How long sessions may take to notice that the loop is stopping.
    private static let grace = TimeAmount.seconds(1 as Int64)

    /// The thread's life.
    func run() {
        fh_set_current_loop(Unmanaged.passUnretained(self).toOpaque())
        fh_name_thread("curl-loop-\(index)")
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: Self.batch)
        defer {
            events.deallocate()
            fh_set_current_loop(nil)
        }
        while !isFinished {
            runJobs()
            fireTimers()
            driveLibrary()
            if hasPostedToItself { emptyInbox() }
            collect()
            wait(events)
            collect()
        }
        finish()
    }

    private func runJobs() {
        var budget = Self.jobsPerTurn
        let executor = asUnownedTaskExecutor()
        while budget > 0, let job = ring.popFirst() {
            job.runSynchronously(on: executor)
            budget -= 1
        }
        counters.add(.jobs, UInt64(Self.jobsPerTurn - budget))
    }

    private func fireTimers() {
        let now = now
        while let timer = timers.popDue(at: now) {
            switch timerTargets[Int(timer)] {
            case .nobody: break
            case .alarm(let channel): channel.alarmIsDue()
            case .waitingTransfers(let channel): channel.waitingIsDue(at: now)
            case .watchdog(let transfer): transfer.watchdogIsDue(at: now)
            case .link(let link): link.isDue(at: now)
            }
        }
    }

    /// Gives libcurl its turn when its own timer is due, new transfers included.
    private func driveLibrary() {
        guard let deadline = libraryDeadline, deadline <= now else { return }
        libraryDeadline = nil
        libraryTurns &+= 1
        var running: Int32 = 0
        check(curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running))
    }

    /// Reports the transfers that ended, and lets the sessions go on that waited for it.
    private func collect() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let result = fh_message_result(message)
            var context: UnsafeMutableRawPointer?
            fh_easy_get_pointer(easy, CURLINFO_PRIVATE, &context)
            guard let context else { continue }
            Unmanaged<EasyTransfer>.fromOpaque(context).takeUnretainedValue().libraryFinished(result)
        }
        guard !ready.isEmpty else { return }
        var channels: [CurlChannel] = []
        swap(&channels, &ready)
        for channel in channels { channel.resumeOwner() }
        if ready.isEmpty {
            // The storage goes back, so that a turn allocates nothing.
            channels.removeAll(keepingCapacity: true)
            swap(&channels, &ready)
        }
    }

    private func wait(_ events: UnsafeMutablePointer<epoll_event>) {
        let count = fh_epoll_wait(epoll, events, Int32(Self.batch), patience)
        counters.add(.turns)
        guard count > 0 else {
            precondition(count == 0 || errno == EINTR, "epoll_wait failed with errno \(errno)")
            return
        }
        var isWoken = false
        for position in 0..<Int(count) {
            let descriptor = events[position].data.fd
            if descriptor == wakeDescriptor {
                isWoken = true
            } else {
                descriptorIsReady(descriptor, events: events[position].events)
            }
        }
        guard isWoken else { return }
        fh_wake_clear(wakeDescriptor)
        counters.add(.wakeUps)
        emptyInbox()
    }

    /// How long the next wait may last, in nanoseconds; negative means for ever.
    private var patience: Int64 {
        if !ring.isEmpty || !ready.isEmpty || hasPostedToItself || isFinished { return 0 }
        var deadline = timers.earliest ?? .distantFuture
        if let library = libraryDeadline { deadline = min(deadline, library) }
        if let stop = stopDeadline { deadline = min(deadline, stop) }
        guard deadline != .distantFuture else { return -1 }
        return max(0, deadline.nanoseconds &- now.nanoseconds)
    }

    // The end.

    private var isFinished: Bool {
        guard let stopDeadline, ring.isEmpty else { return false }
        return channels.isEmpty || now >= stopDeadline
    }

    /// Tells every session that it is over, and waits a little for them to close their channels.
    func beginStop() {
        guard stopDeadline == nil else { return }
        stopDeadline = now + Self.grace
        for channel in channels.values { channel.loopIsStopping() }
    }

    private func finish() {
        for channel in channels.values { channel.close() }
        let last = inbox.withLock { inbox -> [InboxItem] in
            inbox.isClosed = true
            var items: [InboxItem] = []
            swap(&items, &inbox.items)
            return items
        }
        let executor = asUnownedTaskExecutor()
        for item in last {
            switch item {
            case .job(let job): job.runSynchronously(on: executor)
            case .work(let work): work()
            case .cancelled, .stop: break
            }
        }
        while let job = ring.popFirst() { job.runSynchronously(on: executor) }
    }
}
