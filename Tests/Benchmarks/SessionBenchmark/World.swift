import HeapModule
import Measurement
import Playback
import Quantities
import Transport

/// Something that will happen to a session.
private struct Happening: Comparable {
    let at: Instant
    /// Counts up, so that what is of the same instant happens in the order of its planning.
    let order: UInt64
    let viewer: Int32
    /// The place of the transfer that ends; negative when the session is to be woken.
    let transfer: Int32

    static func == (left: Happening, right: Happening) -> Bool { left.order == right.order }
    static func < (left: Happening, right: Happening) -> Bool {
        left.at == right.at ? left.order < right.order : left.at < right.at
    }
}

/// Thousands of sessions on a virtual clock, which jumps from one happening to the next.
struct World: ~Copyable {
    private struct Viewer {
        var session: PlayerSession
        var ledger: SessionLedger
        var wakes = Instant.distantFuture
        var hasBegun = false
        var hasRebuffered = false
        /// Transfers that were cancelled, and whose planned end is not to happen.
        var cancelled: [TransferID] = []
    }

    let stream: Stream
    let recorder = LoopRecorder()
    /// Video and audio segments that have arrived.
    private(set) var segments = 0
    private(set) var inputs = 0
    private(set) var eventCount = 0
    private var viewers: [Viewer] = []
    private var happenings = Heap<Happening>()
    /// The ends of transfers in progress, out of the heap because they are large.
    private var transfers: [(TransferID, TransferReport)] = []
    private var freePlaces: [Int32] = []
    private var planned: UInt64 = 0
    private var effects = SessionEffects()
    /// What the sessions have reported since the recorder was last told.
    private var reported: [(viewer: Int, event: TimedEvent)] = []

    /// Sessions that begin one after another, evenly over the first `ramp` seconds.
    init(stream: Stream, sessions: Int, ramp: Double) {
        self.stream = stream
        let context = PlayerSession.Context(
            settings: PlayerSettings(), wallStart: .seconds(Stream.wallStart))
        viewers.reserveCapacity(sessions)
        for number in 0..<sessions {
            let start = Instant.seconds(ramp * Double(number) / Double(sessions))
            let arrival = SessionArrival(due: start, started: start, stream: "main", region: "oslo", device: "tv")
            let session = PlayerSession(context: context, manifestURI: "http://cdn.test/event/main.m3u8")
            let ledger = recorder.sessionStarted(SessionID(UInt64(number)), arrival)
            viewers.append(Viewer(session: session, ledger: ledger, wakes: start))
            plan(at: start, viewer: number)
        }
    }

    private mutating func plan(at instant: Instant, viewer: Int, ended: (TransferID, TransferReport)? = nil) {
        planned += 1
        var place: Int32 = -1
        if let ended {
            place = freePlaces.popLast() ?? Int32(transfers.count)
            if Int(place) == transfers.count { transfers.append(ended) } else { transfers[Int(place)] = ended }
        }
        happenings.insert(Happening(at: instant, order: planned, viewer: Int32(viewer), transfer: place))
    }

    /// Lets everything happen that is due before an instant.
    mutating func run(until end: Instant) {
        while let next = happenings.min, next.at < end {
            happenings.removeMin()
            let viewer = Int(next.viewer)
            if next.transfer >= 0 {
                freePlaces.append(next.transfer)
                let (id, report) = transfers[Int(next.transfer)]
                transferEnded(id, report, of: viewer, at: next.at)
            } else if viewers[viewer].wakes == next.at {
                let isFirst = !viewers[viewer].hasBegun
                viewers[viewer].hasBegun = true
                viewers[viewer].wakes = .distantFuture
                tell(isFirst ? .start : .wake, viewer, at: next.at)
            }
        }
    }

    private mutating func transferEnded(
        _ id: TransferID, _ report: TransferReport, of viewer: Int, at now: Instant
    ) {
        if report.error.isEmpty, let position = viewers[viewer].cancelled.firstIndex(of: id) {
            viewers[viewer].cancelled.remove(at: position)
            return
        }
        tell(.transferFinished(id, report), viewer, at: now)
    }

    private mutating func tell(_ input: SessionInput, _ viewer: Int, at now: Instant) {
        inputs += 1
        viewers[viewer].session.handle(input, at: now, effects: &effects)
        while let effect = effects.takeFirst() {
            switch effect {
            case .begin(let id, let request):
                let report = stream.answer(to: request, at: now)
                plan(at: report.timings.ended, viewer: viewer, ended: (id, report))
            case .cancel(let id):
                viewers[viewer].cancelled.append(id)
                let timings = TransferTimings(begun: now, total: .zero)
                plan(
                    at: now, viewer: viewer,
                    ended: (id, TransferReport(timings: timings, status: 0, error: "cancelled")))
            // The stream names no clock.
            case .synchronize, .acquireLicence: break
            case .report(let event):
                reported.append((viewer, event))
            }
        }
        guard let wake = viewers[viewer].session.wakeUp.map({ max($0, now) }), wake != viewers[viewer].wakes else {
            return
        }
        viewers[viewer].wakes = wake
        plan(at: wake, viewer: viewer)
    }

    /// Tells the recorder what the sessions have reported since the last time.
    mutating func record() {
        eventCount += reported.count
        for (viewer, event) in reported {
            switch event.event {
            case .transferFinished(let transfer) where transfer.mediaDuration > .zero: segments += 1
            case .stateChanged(_, .rebuffering): viewers[viewer].hasRebuffered = true
            case .started, .stateChanged, .transferFinished, .trackSelected, .rendered, .latencySampled, .failed,
                .interstitialStarted, .interstitialEnded, .locationChanged:
                break
            }
            recorder.record(event, in: &viewers[viewer].ledger)
        }
        reported.removeAll(keepingCapacity: true)
    }

    /// Ends every session; gives how many of them had failed or rebuffered, which this link gives no cause for.
    mutating func stop(at now: Instant) -> Int {
        var troubled = 0
        for viewer in viewers.indices {
            if viewers[viewer].session.state != .playing || viewers[viewer].hasRebuffered { troubled += 1 }
            tell(.abort, viewer, at: now)
        }
        record()
        for viewer in viewers.indices { recorder.sessionFinished(&viewers[viewer].ledger, at: now, stoppedByRun: true) }
        return troubled
    }
}
