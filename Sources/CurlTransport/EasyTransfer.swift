import CCurl
import Quantities
import Transport

/// One easy handle of a channel, and the transfer that it carries.
final class EasyTransfer {
    enum State {
        case idle
        /// The host's name is being looked up.
        case waitingForName
        /// The link is out; the transfer is sent when it is back.
        case waitingForLink
        /// libcurl has it.
        case running
        /// libcurl is done with it, but the link has not yet brought the first byte of the response.
        case ended(Result<TransferResult, FailedTransfer>)
    }

    unowned let channel: CurlChannel
    let loop: CurlLoop
    let easy: UnsafeMutableRawPointer?
    let response: UnsafeMutablePointer<fh_response>
    @exclusivity(unchecked) var configured = EasyConfiguration()
    /// The first option that libcurl refused, if any.
    var optionFailure: CURLcode = CURLE_OK

    @exclusivity(unchecked) private(set) var state = State.idle
    /// Counts the transfers of this handle.
    private(set) var run: UInt64 = 0
    private(set) var id = TransferID(0)
    @exclusivity(unchecked) private(set) var request = TransferRequest(uri: "")
    private(set) var begun = Instant.zero
    /// When the transfer had its turn.
    private var started = Instant.zero
    /// When it was given to libcurl: the zero of libcurl's timings.
    private(set) var launched = Instant.zero
    private(set) var origin = 0
    /// The peer's address as it was last, so that its text is made once.
    @exclusivity(unchecked) var lastAddress = ""
    private var launchTurn: UInt64 = 0
    /// What the link was charged besides the body.
    var paidOverhead: UInt64 = 0
    /// Whether the transfer needs no new connection, as far as was known when it began to wait for the link.
    private var hasOpenConnection = false
    private let watchdog: TimerHeap.Index

    init(channel: CurlChannel) {
        self.channel = channel
        loop = channel.loop
        easy = curl_easy_init()
        response = .allocate(capacity: 1)
        response.initialize(to: fh_response())
        response.pointee.kept_names = UnsafePointer(channel.keptNames)
        response.pointee.header_limit = UInt64(clamping: channel.settings.headerLimit.count)
        watchdog = channel.loop.addTimer(for: .nobody)
        loop.timerTargets[Int(watchdog)] = .watchdog(self)
        configureOnce()
    }

    deinit {
        fh_response_release(response)
        response.deallocate()
        configured.release()
    }

    var isBusy: Bool {
        if case .idle = state { false } else { true }
    }

    func isBusy(with id: TransferID) -> Bool { isBusy && self.id == id }

    func isRunning(to origin: Int) -> Bool {
        if case .running = state { self.origin == origin } else { false }
    }

    /// Begins a transfer whose turn it is; the handle must be free.
    func start(_ transfer: CurlChannel.Waiting, at now: Instant) {
        precondition(!isBusy, "a handle carries one transfer at a time")
        run &+= 1
        id = transfer.id
        request = transfer.request
        begun = transfer.begun
        origin = transfer.origin
        started = now
        launched = started
        state = .waitingForName
        paidOverhead = 0
        hasOpenConnection = false
        let limits = request.timeouts
        let nudge = isMultiplexed ? Self.nudgeInterval : .max
        watch(
            until: min(
                started + min(limits.connect, limits.stalled, nudge), begun + min(limits.firstByte, limits.total)))
        guard channel.needsLookup(origin) else { return launch(at: now) }
        let host = channel.origins[origin].target.host
        let key = NameKey(source: channel.settings.resolver, host: host)
        if let name = loop.cachedAddresses(of: key) {
            channel.setAddresses(name.addresses, expires: name.expires, of: origin)
            launch(at: now)
        } else {
            loop.lookUp(key, for: NameWait(transfer: self, run: run))
        }
    }

    /// Whether libcurl has looked at the transfer; before that, what it knows is of the handle's last one.
    var isTakenUp: Bool {
        if case .running = state { launchTurn != loop.libraryTurns } else { false }
    }

    /// The answer to a lookup, without addresses when there are none; `run` tells which transfer had asked.
    func nameIsKnown(_ name: CachedName, run: UInt64) {
        guard self.run == run, case .waitingForName = state else { return }
        guard !name.addresses.isEmpty else {
            return end(.nameLookup(host: channel.origins[origin].target.host))
        }
        let now = loop.now
        channel.setAddresses(name.addresses, expires: name.expires, of: origin)
        launch(at: now)
    }

    func launch(at now: Instant) {
        if let link = channel.link {
            let outage = link.outage(at: now)
            guard outage == .zero else {
                hasOpenConnection =
                    isMultiplexed ? channel.hasConnection(to: origin) : channel.hasIdleConnection(to: origin)
                state = .waitingForLink
                return link.hold(self, until: outage.map { now + $0 } ?? .distantFuture)
            }
        }
        configure(request, for: channel.origins[origin])
        guard let easy, channel.share != nil, optionFailure == CURLE_OK else {
            let code = optionFailure == CURLE_OK ? CURLE_OUT_OF_MEMORY : optionFailure
            optionFailure = CURLE_OK
            return end(.other(code: Int(code.rawValue), detail: String(cString: curl_easy_strerror(code))))
        }
        launched = now
        launchTurn = loop.libraryTurns
        let code = curl_multi_add_handle(loop.multi, easy)
        guard code == CURLM_OK else {
            return end(.other(code: Int(code.rawValue), detail: String(cString: curl_multi_strerror(code))))
        }
        state = .running
        channel.runningChanged()
    }

    /// libcurl is done with the transfer.
    func libraryFinished(_ code: CURLcode) {
        guard case .running = state else { return }
        launchTurn = .max
        let result = outcome(of: code)
        guard let link = channel.link, response.pointee.header_bytes > 0, heldUntil > loop.now else {
            return finish(result)
        }
        // All of the response is there, and nothing of it has reached the viewer.
        if let easy { loop.check(curl_multi_remove_handle(loop.multi, easy)) }
        state = .ended(result)
        link.hold(self, until: heldUntil)
    }

    /// A chunk is complete.
    ///
    /// libcurl is at work: the owner is told later, when the loop has collected what ended.
    func chunkArrived(_ index: Int, at monotonic: Int64) {
        let instant = Instant(nanoseconds: monotonic &- loop.epoch.nanoseconds)
        channel.chunkArrived(id, ChunkArrival(index: index, at: instant))
    }

    func cancel() { end(.cancelled(received: bodyBytes)) }

    /// Ends the transfer for a reason of ours.
    private func end(_ error: TransferError) {
        guard isBusy else { return }
        finish(.failure(failed(error)))
    }

    func finish(_ result: Result<TransferResult, FailedTransfer>) {
        stop()
        channel.finished(id, result)
    }

    private func stop() {
        if case .running = state, let easy { loop.check(curl_multi_remove_handle(loop.multi, easy)) }
        if isBusy { channel.link?.leave(self) }
        state = .idle
        fh_response_release(response)
        request.requestBody = nil
    }

    /// The channel closes: nothing is reported any more.
    func discard() {
        if isBusy { loop.counters.add(.transfersEnded) }
        stop()
        loop.removeTimer(watchdog)
        if let easy { curl_easy_cleanup(easy) }
    }
}

// Limits of time. One timer for each handle looks at all of them; it is left where it is when the next transfer begins
// (which is due later), so that a transfer that ends in time costs the timers nothing.
extension EasyTransfer {
    private func watch(until deadline: Instant) {
        if let set = loop.timers.instant(of: watchdog), set <= deadline { return }
        loop.timers.set(watchdog, at: deadline)
    }

    func watchdogIsDue(at now: Instant) {
        guard isBusy else { return }
        let limits = request.timeouts
        var deadlines = [(begun + limits.total, TransferError.Phase.total)]
        if !hasConnected {
            deadlines.append((started + limits.connect, .connect))
        }
        if !isTakenUp || !hasFirstByte {
            deadlines.append((begun + limits.firstByte, .firstByte))
        } else {
            let last = Instant(nanoseconds: response.pointee.last_activity &- loop.epoch.nanoseconds)
            deadlines.append((max(last, heldUntil) + limits.stalled, .stalled))
        }
        guard let (deadline, phase) = deadlines.min(by: { $0.0 < $1.0 }) else { return }
        guard deadline <= now else {
            loop.timers.set(watchdog, at: followUp(deadline, now))
            if isMultiplexed, isTakenUp { channel.nudge(origin) }
            return
        }
        end(.timeout(phase))
    }

    /// How often a transfer that may share its connection is looked after, in case libcurl forgot it.
    private static let nudgeInterval = TimeAmount.milliseconds(100)
    private var isMultiplexed: Bool { channel.settings.version == .http2 }

    /// When to look again: a body that begins just after this may stall before the next known limit.
    private func followUp(_ deadline: Instant, _ now: Instant) -> Instant {
        let next = isMultiplexed ? min(deadline, now + Self.nudgeInterval) : deadline
        return !isTakenUp || !hasFirstByte ? min(next, now + request.timeouts.stalled) : next
    }

    private var hasConnected: Bool {
        switch state {
        case .running: isTakenUp && offset(CURLINFO_PRETRANSFER_TIME_T) > 0
        case .ended: true
        case .waitingForLink: hasOpenConnection
        case .idle, .waitingForName: false
        }
    }
}
