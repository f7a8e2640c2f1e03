import CCurl
import Quantities
import Transport

/// The link of a household: what its channels on one loop may take, and who waits for it.
///
/// A transfer takes bytes in libcurl's write callback as far as it has a *grant*. Without one it is paused, its bytes
/// stay in the sockets, the window closes and the server waits. The link's timer resumes those that wait: a quarter of
/// a second later (sooner on a fast link), or when the link has carried all that one of them still needs, whichever is
/// first, and each gets the same share.
///
/// Everything happens on the loop's thread.
final class SharedLink {
    /// A transfer that waits for bytes.
    private struct Waiting {
        var transfer: EasyTransfer
        /// How many bytes it needs to be complete; a guess too high does no harm.
        var needed: Double
        /// How long it can do without bytes.
        var patience: TimeAmount
    }

    /// A transfer that nothing reaches before an instant.
    private struct Held {
        var transfer: EasyTransfer
        var until: Instant
    }

    let household: UInt64
    /// `SO_RCVBUF` of the link's connections; nil leaves it to the kernel.
    let receiveBuffer: ByteCount?
    /// The channels that use it.
    var users = 0
    private unowned let loop: CurlLoop
    private let timer: TimerHeap.Index
    private var budget: LinkBudget
    private var waiting: [Waiting] = []
    private var held: [Held] = []
    private var serveAt = Instant.distantFuture

    /// How long a transfer of known length waits at most, and how long one whose end may come with any byte.
    private static let longPause = TimeAmount.milliseconds(250)
    private static let shortPause = TimeAmount.milliseconds(40)
    /// A fast link is asked more often: each time it has carried so much.
    private static let burst = 128.0 * 1_024
    private static let shortestPause = TimeAmount.milliseconds(10)
    /// How long a grant is good; what the server was too slow for is the link's again.
    private static let grantLifetime: Int64 = 100_000_000

    init(_ attachment: LinkAttachment, loop: CurlLoop) {
        household = attachment.household
        self.loop = loop
        budget = LinkBudget(trace: attachment.trace, offset: attachment.offset, now: loop.now)
        receiveBuffer = Self.receiveBuffer(for: attachment.trace)
        timer = loop.addTimer(for: .nobody)
        loop.timerTargets[Int(timer)] = .link(self)
    }

    /// No channel uses the link any more.
    func release() { loop.removeTimer(timer) }

    /// Half a second of the link's mean rate, from 16 to 128 KiB, so that what a server has sent and the viewer has not
    /// yet is not much more than a bottleneck's queue would hold; a link that is faster than 8 Mbit/s at some time is
    /// left to the kernel, whose windows grow with the round trip.
    static func receiveBuffer(for trace: LinkTrace) -> ByteCount? {
        guard trace.peakRate <= .megabits(8) else { return nil }
        let bytes = trace.meanRate.bitsPerSecond / 8 / 2
        return ByteCount(Int64(min(max(bytes, 16_384), 131_072)))
    }

    // What transfers ask.

    /// How long nothing can be sent; zero when something can, and nil when that never ends.
    func outage(at now: Instant) -> TimeAmount? { budget.outage(at: now) }

    /// When the first byte of a response that the server sends now reaches the viewer.
    func firstByte(at now: Instant) -> Instant {
        guard let outage = budget.outage(at: now) else { return .distantFuture }
        return now + outage + budget.step(at: now + outage).delay
    }

    /// A response needs more bytes than were granted; grants what there is, or lets the transfer wait.
    func bytes(for transfer: EasyTransfer, wanted: UInt64) {
        let now = loop.now
        if transfer.heldUntil > now { return hold(transfer, until: transfer.heldUntil) }
        transfer.settle(with: &budget)
        budget.advance(to: now, isWanted: !waiting.isEmpty)
        if waiting.isEmpty, budget.credit >= transfer.leastGrant(wanted) {
            let given = UInt64(min(budget.credit, Double(wanted)))
            budget.take(Double(given))
            return transfer.grant(given, rate: budget.step(at: now).rate, until: Self.grantLifetime)
        }
        waiting.append(
            Waiting(
                transfer: transfer, needed: max(1, transfer.bytesMissing ?? .infinity),
                patience: transfer.bytesMissing == nil || transfer.isWatched ? Self.shortPause : Self.longPause))
        plan(at: now)
    }

    /// Lets a transfer wait for an instant, at which ``EasyTransfer/linkIsOpen(at:)`` is called.
    func hold(_ transfer: EasyTransfer, until instant: Instant) {
        held.append(Held(transfer: transfer, until: instant))
        setTimer()
    }

    /// A transfer is over.
    func leave(_ transfer: EasyTransfer) {
        waiting.removeAll { $0.transfer === transfer }
        held.removeAll { $0.transfer === transfer }
        transfer.settle(with: &budget, isOver: true)
        setTimer()
    }

    // Serving.

    /// The timer is due.
    func isDue(at now: Instant) {
        let open = held.filter { $0.until <= now }
        if !open.isEmpty {
            held.removeAll { $0.until <= now }
            budget.advance(to: now, isWanted: !waiting.isEmpty)
            if waiting.isEmpty { budget.skip(to: now) }
            for entry in open { entry.transfer.linkIsOpen(at: now) }
        }
        if serveAt <= now { serve(at: now) }
        setTimer()
    }

    /// Shares what the link has carried: each of those that wait gets as much as any other, or what it needs.
    private func serve(at now: Instant) {
        serveAt = .distantFuture
        budget.advance(to: now, isWanted: !waiting.isEmpty)
        var hungry = waiting
        waiting.removeAll(keepingCapacity: true)
        if hungry.count > 1 { hungry.sort { $0.needed < $1.needed } }
        let rate = budget.step(at: now).rate
        var served: [EasyTransfer] = []
        for (index, entry) in hungry.enumerated() {
            let share = min(entry.needed, budget.credit / Double(hungry.count - index)).rounded(.down)
            guard share >= 1 else {
                waiting.append(entry)
                continue
            }
            budget.take(share)
            entry.transfer.grant(UInt64(min(share, 1e15)), rate: rate, until: Self.grantLifetime)
            served.append(entry.transfer)
        }
        if !waiting.isEmpty { plan(at: now) }
        for transfer in served { transfer.resume() }
    }

    /// Sets the next instant at which somebody is served.
    private func plan(at now: Instant) {
        guard let least = waiting.lazy.map(\.needed).min(), let patience = waiting.lazy.map(\.patience).min() else {
            return
        }
        guard let outage = budget.outage(at: now) else {
            serveAt = .distantFuture
            return
        }
        let rate = budget.step(at: now + outage).rate.bitsPerSecond / 8
        let pause = max(Self.shortestPause, min(patience, .seconds(Self.burst / rate)))
        let full = budget.time(until: least * Double(waiting.count), within: outage + pause)
        let enough = budget.time(until: Double(waiting.count), within: outage + .seconds(60)) ?? .zero
        serveAt = min(serveAt, now + max(full ?? (outage + pause), enough))
        setTimer()
    }

    private func setTimer() {
        let next = held.reduce(waiting.isEmpty ? .distantFuture : serveAt) { min($0, $1.until) }
        if next == .distantFuture { loop.timers.clear(timer) } else { loop.timers.set(timer, at: next) }
    }
}

extension CurlLoop {
    /// The link of a household on this loop; the first channel's trace and offset hold for all.
    func link(for attachment: LinkAttachment) -> SharedLink {
        let link = links[attachment.household] ?? SharedLink(attachment, loop: self)
        links[attachment.household] = link
        link.users += 1
        return link
    }

    /// A channel uses a link no more.
    func release(_ link: SharedLink) {
        link.users -= 1
        guard link.users == 0 else { return }
        links[link.household] = nil
        link.release()
    }
}
