import CCurl
import DequeModule
import Quantities
import Transport

/// One viewer's own connections, cookies and alarm clock over libcurl; ``TransferChannel`` is the contract.
///
/// The connections, cookies, TLS sessions and addresses of a channel are its share's (`CURLSH`) and nobody else's.
/// Each transfer in progress has an easy handle, which the next one uses again. While a transfer waits for its turn
/// (``ChannelSettings/parallelTransfers``) its limits for the first byte and in total run; the one for connecting
/// begins with its turn.
///
/// Everything happens on the loop's thread. Events are handed over between libcurl's turns, never from inside one.
package final class CurlChannel: TransferChannel {
    /// A transfer that waits for its turn.
    struct Waiting {
        var id: TransferID
        var request: TransferRequest
        var begun: Instant
        var origin: Int

        var deadline: Instant { begun + min(request.timeouts.firstByte, request.timeouts.total) }
    }

    // What each transfer touches is exempt from exclusivity checks at run time (as in ``CurlLoop`` and ``EasyTransfer``:
    // together 3 % of a request's instructions). The loop's thread alone touches it, and no access lasts over a call of
    // anybody else's code.
    let loop: CurlLoop
    let number: UInt64
    let settings: ChannelSettings
    let sourceAddress: String?
    /// The link to the viewer; nil carries whatever comes.
    let link: SharedLink?
    /// Made with the first transfer; nil before that, and where libcurl has no memory for it.
    private(set) var share: UnsafeMutableRawPointer?
    /// Cookies that were stored before there was anything to store them in.
    private var earlyCookies: [ChannelCookie] = []
    let keptNames: UnsafeMutablePointer<CChar>
    @exclusivity(unchecked) var origins: [Origin] = []
    @exclusivity(unchecked) var sockets: [OpenSocket] = []
    private(set) var isClosed = false

    @exclusivity(unchecked) private var transfers: [EasyTransfer] = []
    @exclusivity(unchecked) private var waiting = Deque<Waiting>()
    private var waitingTimer: TimerHeap.Index?
    private var alarmTimer: TimerHeap.Index?
    private var alarmInstant = Instant.distantFuture

    @exclusivity(unchecked) private var events = Deque<ChannelEvent>()
    @exclusivity(unchecked) private var owner: UnsafeContinuation<ChannelEvent, Never>?
    private var waits: UInt64 = 0
    private var isReady = false
    private var cancellationIsReported = false

    init(loop: CurlLoop, number: UInt64, settings: ChannelSettings) {
        self.loop = loop
        self.number = number
        self.settings = settings
        let sources = loop.settings.sourceAddresses
        let turn = sources.isEmpty ? nil : sources[Int(number % UInt64(sources.count))]
        sourceAddress = settings.sourceAddress ?? turn
        link = settings.link.map { loop.link(for: $0) }
        keptNames = Self.nameList(settings.keptHeaders)
    }

    deinit {
        precondition(isClosed, "a channel must be closed by its owner")
        keptNames.deallocate()
    }

    /// The run's clock.
    package var now: Instant { loop.now }

    /// Begins a transfer; it is reported by ``nextEvent()``.
    package func begin(_ request: TransferRequest, as id: TransferID) {
        loop.assertOnLoop()
        precondition(!isClosed, "a closed channel begins no transfer")
        loop.counters.add(.transfersBegun)
        let begun = now
        switch admit(request) {
        case .failure(let error):
            report(id, .failure(FailedTransfer(error: error, timings: TransferTimings(begun: begun, total: .zero))))
        case .success(let origin):
            let transfer = Waiting(id: id, request: request, begun: begun, origin: origin)
            if waiting.isEmpty, let handle = freeHandle() {
                handle.start(transfer, at: begun)
            } else {
                waiting.append(transfer)
                watchWaiting()
            }
        }
    }

    /// Ends a transfer early.
    package func cancel(_ id: TransferID) {
        loop.assertOnLoop()
        if let position = waiting.firstIndex(where: { $0.id == id }) {
            let transfer = waiting.remove(at: position)
            reportWaiting(transfer, .cancelled(received: .zero))
        } else if let transfer = transfers.first(where: { $0.isBusy(with: id) }) {
            transfer.cancel()
        }
    }

    /// What has arrived of a transfer so far.
    package func progress(of id: TransferID) -> TransferProgress? {
        loop.assertOnLoop()
        if let transfer = transfers.first(where: { $0.isBusy(with: id) }) { return transfer.progress }
        if waiting.contains(where: { $0.id == id }) { return TransferProgress(bytes: .zero, firstByte: nil) }
        // Over, but nobody has heard of it yet.
        for case .transferFinished(id, let result) in events {
            switch result {
            case .success(let result):
                return TransferProgress(bytes: result.bytes, firstByte: result.timings.firstByte)
            case .failure(let failure):
                return TransferProgress(
                    bytes: failure.bytes, firstByte: failure.status == nil ? nil : failure.timings.firstByte)
            }
        }
        return nil
    }

    /// Keeps a cookie for later requests.
    package func store(_ cookie: ChannelCookie) {
        loop.assertOnLoop()
        precondition(!isClosed, "a closed channel keeps no cookie")
        guard cookie.isSound else { return }
        if share == nil { earlyCookies.append(cookie) } else { Self.store(cookie, in: share) }
    }

    /// Sets, moves or takes away the alarm.
    package func setAlarm(at instant: Instant?) {
        loop.assertOnLoop()
        precondition(!isClosed, "a closed channel has no alarm")
        // An alarm that nobody has heard yet is moved with it.
        events.removeAll {
            if case .alarm = $0 { true } else { false }
        }
        guard let instant else {
            if let alarmTimer { loop.timers.clear(alarmTimer) }
            return
        }
        let timer = alarmTimer ?? loop.addTimer(for: .alarm(self))
        alarmTimer = timer
        alarmInstant = instant
        loop.timers.set(timer, at: instant)
    }

    /// Waits for what happens next.
    package func nextEvent() async -> ChannelEvent {
        loop.assertOnLoop()
        if let event = events.popFirst() { return noted(event) }
        guard !isClosed else { return .taskCancelled }
        precondition(owner == nil, "only one call waits for the events of a channel")
        guard !cancellationIsReported else {
            return noted(await withUnsafeContinuation { owner = $0 })
        }
        guard !Task.isCancelled else {
            cancellationIsReported = true
            return .taskCancelled
        }
        waits += 1
        let (loop, number, wait) = (loop, number, waits)
        let event = await withTaskCancellationHandler {
            await withUnsafeContinuation { owner = $0 }
        } onCancel: {
            // Some other thread, or this one at any moment: the loop looks whether the same wait still lasts.
            loop.put(.cancelled(channel: number, wait: wait))
        }
        return noted(event)
    }

    /// Cancels what is in progress without a report and closes the connections.
    package func close() {
        loop.assertOnLoop()
        guard !isClosed else { return }
        isClosed = true
        loop.counters.add(.transfersEnded, UInt64(waiting.count))
        waiting.removeAll()
        for transfer in transfers { transfer.discard() }
        // The connections end here, and their callbacks still name a handle's object: so those go last.
        if let share { curl_share_cleanup(share) }
        transfers.removeAll()
        if let link { loop.release(link) }
        if let waitingTimer { loop.removeTimer(waitingTimer) }
        if let alarmTimer { loop.removeTimer(alarmTimer) }
        events.removeAll()
        loop.channels[number] = nil
        loop.counters.add(.channelsClosed)
        if let owner {
            self.owner = nil
            owner.resume(returning: .taskCancelled)
        }
    }
}

// What the loop says.
extension CurlChannel {
    /// Hands the next event to the owner, who waits for it.
    func resumeOwner() {
        isReady = false
        guard let owner, let event = events.popFirst() else { return }
        self.owner = nil
        owner.resume(returning: event)
    }

    func alarmIsDue() { deliver(.alarm) }

    func taskWasCancelled(wait: UInt64) {
        guard wait == waits, owner != nil, !cancellationIsReported else { return }
        cancellationIsReported = true
        deliver(.taskCancelled)
    }

    /// The loop is about to end: transfers are cancelled, and the owner is told to go.
    func loopIsStopping() {
        for transfer in waiting { reportWaiting(transfer, .cancelled(received: .zero)) }
        waiting.removeAll()
        for transfer in transfers where transfer.isBusy { transfer.cancel() }
        guard !cancellationIsReported else { return }
        cancellationIsReported = true
        deliver(.taskCancelled)
    }

    private func deliver(_ event: ChannelEvent) {
        events.append(event)
        guard owner != nil, !isReady else { return }
        isReady = true
        loop.ready.append(self)
    }

    private func noted(_ event: ChannelEvent) -> ChannelEvent {
        if case .alarm = event { loop.counters.recordLateness(loop.now - alarmInstant) }
        return event
    }
}

// What the handles say.
extension CurlChannel {
    /// A chunk of a transfer in progress is complete.
    func chunkArrived(_ id: TransferID, _ chunk: ChunkArrival) { deliver(.chunkArrived(id, chunk)) }

    /// A transfer has ended and its handle is free.
    func finished(_ id: TransferID, _ result: Result<TransferResult, FailedTransfer>) {
        for socket in sockets where !hasUnwatched(to: socket.origin) { loop.markIdle(socket.descriptor) }
        runningChanged()
        report(id, result)
        while let next = waiting.first, let handle = freeHandle() {
            waiting.removeFirst()
            handle.start(next, at: now)
        }
    }

    private func report(_ id: TransferID, _ result: Result<TransferResult, FailedTransfer>) {
        loop.counters.add(.transfersEnded)
        switch result {
        case .success(let result):
            loop.counters.add(.bodyBytes, UInt64(clamping: result.bytes.count))
        case .failure(let failure):
            loop.counters.add(.transfersFailed)
            loop.counters.add(.bodyBytes, UInt64(clamping: failure.bytes.count))
        }
        deliver(.transferFinished(id, result))
    }

    private func reportWaiting(_ transfer: Waiting, _ error: TransferError) {
        let timings = TransferTimings(begun: transfer.begun, total: now - transfer.begun)
        report(transfer.id, .failure(FailedTransfer(error: error, timings: timings)))
    }

    /// Several transfers may be on one connection, or no longer.
    func runningChanged() {
        guard settings.version == .http2 else { return }
        let isShared = transfers.count { $0.isBusy } > 1
        for socket in sockets { loop.setShared(socket.descriptor, isShared) }
    }

    /// Lets libcurl read from the connections to an origin; see ``CurlLoop/nudge(_:)``.
    func nudge(_ origin: Int) {
        for socket in sockets where socket.origin == origin { loop.nudge(socket.descriptor) }
    }

    /// Whether libcurl has a transfer to an origin.
    func hasRunning(to origin: Int) -> Bool { transfers.contains { $0.isRunning(to: origin) } }

    /// Whether a transfer to an origin may be on a connection that libcurl does not watch: one that is paused, or that goes
    /// on and has not had libcurl's turn yet.
    private func hasUnwatched(to origin: Int) -> Bool {
        guard link != nil else { return false }
        let running = transfers.count { $0.isRunning(to: origin) }
        guard running > 0, settings.version == .http1 else { return running > 0 }
        return sockets.count { $0.origin == origin && loop.state(of: $0.descriptor).wanted != 0 } < running
    }

    private func freeHandle() -> EasyTransfer? {
        if let free = transfers.first(where: { !$0.isBusy }) { return free }
        guard transfers.count < max(1, settings.parallelTransfers) else { return nil }
        ensureShare()
        let transfer = EasyTransfer(channel: self)
        transfers.append(transfer)
        return transfer
    }

    private func ensureShare() {
        guard share == nil else { return }
        share = Self.makeShare(forTLS: origins.contains { $0.target.isSecure })
        for cookie in earlyCookies { Self.store(cookie, in: share) }
        earlyCookies = []
    }

    private func watchWaiting() {
        guard let earliest = waiting.lazy.map(\.deadline).min() else { return }
        let timer = waitingTimer ?? loop.addTimer(for: .waitingTransfers(self))
        waitingTimer = timer
        loop.timers.set(timer, at: earliest)
    }

    /// A limit of a transfer has come before its turn.
    func waitingIsDue(at now: Instant) {
        let late = waiting.filter { $0.deadline <= now }
        waiting.removeAll { $0.deadline <= now }
        for transfer in late {
            let timeouts = transfer.request.timeouts
            reportWaiting(transfer, .timeout(timeouts.total <= timeouts.firstByte ? .total : .firstByte))
        }
        watchWaiting()
    }
}
