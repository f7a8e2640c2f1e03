import CCurl
import DequeModule
import Glibc
import Quantities
import Synchronization
import Transport

/// A thread that runs tasks and drives their transfers.
///
/// Tasks started with `Task(executorPreference: loop)` and their children run on the loop's thread, between its
/// transfers; they must not block. Nothing of the transport is touched by another thread, so that sessions need no
/// locks: ``openChannel(_:)`` and every call on a channel are the loop's own.
package final class CurlLoop: TaskExecutor, @unchecked Sendable {
    // Invariant: everything below "the loop's own" is touched by the loop's thread only (asserted at the entries, see
    // `assertOnLoop`), apart from `init`, which ends before the thread starts, and `deinit`, which begins after it
    // ended. `inbox` is a mutex, `counters` are atomic, the rest is constant.

    /// The number of the loop in its group, from zero.
    package let index: Int
    let settings: CurlTransportSettings
    let epoch: MonotonicEpoch
    let resolver: NameResolver
    let counters = LoopCounters()
    let inbox = Mutex(Inbox())
    let thread = Mutex(LoopThread.notStarted)
    let wakeDescriptor: Int32

    // The loop's own.
    let epoll: Int32
    let multi: OpaqueMulti
    @exclusivity(unchecked) var ring = Deque<UnownedJob>()
    @exclusivity(unchecked) var timers = TimerHeap()
    @exclusivity(unchecked) var timerTargets: [TimerTarget] = []
    @exclusivity(unchecked) var descriptors: [DescriptorState] = []
    var channels: [UInt64: CurlChannel] = [:]
    var channelsEverOpened: UInt64 = 0
    /// The links of households with open channels.
    var links: [UInt64: SharedLink] = [:]
    @exclusivity(unchecked) var ready: [CurlChannel] = []
    var names: [NameKey: CachedName] = [:]
    var waitingForName: [NameKey: [NameWait]] = [:]
    /// When libcurl wants to be called next.
    var libraryDeadline: Instant?
    /// How often libcurl's timer was due: with the next turn it takes up the transfers that were added since.
    var libraryTurns: UInt64 = 0
    var hasPostedToItself = false
    var stopDeadline: Instant?

    init(index: Int, settings: CurlTransportSettings, epoch: MonotonicEpoch, resolver: NameResolver)
        throws(CurlSetupError)
    {
        self.index = index
        self.settings = settings
        self.epoch = epoch
        self.resolver = resolver
        epoll = fh_epoll_open()
        guard epoll >= 0 else { throw .system(call: "epoll_create1", errno: errno) }
        wakeDescriptor = fh_wake_open()
        guard wakeDescriptor >= 0 else {
            let code = errno
            close(epoll)
            throw .system(call: "eventfd", errno: code)
        }
        guard let multi = curl_multi_init() else {
            close(epoll)
            close(wakeDescriptor)
            throw .library(code: Int(CURLE_OUT_OF_MEMORY.rawValue))
        }
        self.multi = multi
        try configureMulti()
    }

    deinit {
        // The thread has ended, or never began: it holds a reference as long as it runs.
        _ = fh_multi_set_socket_function(multi, nil)
        _ = fh_multi_set_timer_function(multi, nil)
        curl_multi_cleanup(multi)
        Glibc.close(epoll)
        Glibc.close(wakeDescriptor)
    }

    /// The run's clock: monotonic nanoseconds since the group's epoch.
    ///
    /// Safe on any thread.
    package var now: Instant { epoch.elapsed }

    /// What the loop has done so far.
    ///
    /// Safe on any thread; the figures of one account may be a few events apart.
    package func statistics() -> LoopStatistics {
        var result = counters.statistics()
        result.loop = index
        result.taken = now
        result.processorTime = thread.withLock { $0.processorTime }
        return result
    }

    /// Runs some work on the loop's thread soon, from any thread.
    ///
    /// Once the group was shut down it runs at once, on the calling thread.
    package func post(_ work: @escaping @Sendable () -> Void) {
        if !put(.work(work)) { work() }
    }

    /// Takes a job of a task; Swift's runtime calls it on any thread.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            ring.append(job)
        } else if !put(.job(job)) {
            // The loop has ended. What still comes are tasks on their last steps; their channels are closed.
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    /// Opens the connections, cookies and alarm clock of one viewer.
    ///
    /// On the loop's thread only: from a task that runs on this loop. The channel must be closed by its owner.
    package func openChannel(_ settings: ChannelSettings) -> CurlChannel {
        assertOnLoop()
        channelsEverOpened += 1
        let channel = CurlChannel(loop: self, number: channelsEverOpened, settings: settings)
        channels[channelsEverOpened] = channel
        counters.add(.channelsOpened)
        return channel
    }

    /// Whether the calling thread is the loop's.
    var isCurrent: Bool { fh_current_loop() == Unmanaged.passUnretained(self).toOpaque() }

    /// Stops the program when the calling thread is another: a bug of ours that would corrupt libcurl.
    @inline(__always)
    func assertOnLoop() {
        precondition(isCurrent, "a channel is used only by tasks that run on its loop: Task(executorPreference: loop)")
    }
}

/// What other threads want of a loop.
enum InboxItem {
    case job(UnownedJob)
    case work(@Sendable () -> Void)
    /// The task that waits in a channel's ``CurlChannel/nextEvent()`` for the given time was cancelled.
    case cancelled(channel: UInt64, wait: UInt64)
    case stop
}

/// The mailbox of a loop.
struct Inbox {
    var items: [InboxItem] = []
    /// Whether the loop has been woken for what is here.
    var isSignalled = false
    var isClosed = false
}

extension CurlLoop {
    /// Puts something into the inbox and wakes the loop, once for a burst; false when the loop has ended.
    @discardableResult
    func put(_ item: InboxItem) -> Bool {
        let onLoop = isCurrent
        let (accepted, wake) = inbox.withLock { inbox -> (Bool, Bool) in
            guard !inbox.isClosed else { return (false, false) }
            inbox.items.append(item)
            guard !onLoop, !inbox.isSignalled else { return (true, false) }
            inbox.isSignalled = true
            return (true, true)
        }
        if onLoop { hasPostedToItself = true }
        if wake { fh_wake_signal(wakeDescriptor) }
        return accepted
    }

    func emptyInbox() {
        hasPostedToItself = false
        let items = inbox.withLock { inbox -> [InboxItem] in
            inbox.isSignalled = false
            var items: [InboxItem] = []
            swap(&items, &inbox.items)
            return items
        }
        for item in items {
            switch item {
            case .job(let job): ring.append(job)
            case .work(let work): work()
            case .cancelled(let channel, let wait): channels[channel]?.taskWasCancelled(wait: wait)
            case .stop: beginStop()
            }
        }
    }
}
