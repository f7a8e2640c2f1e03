import Manifests
import Quantities

/// The effects of inputs, in order, until somebody carries them out.
///
/// Effects are large and differ in size. Each kind has a list of its own here, so that each effect is put down once and
/// moved out once, without having been an ``SessionEffect`` in between. Whoever is in no hurry takes them by
/// ``takeFirst()``; others look at ``next`` and take the first of that kind.
package struct SessionEffects: ~Copyable {
    /// What kind of effect comes next.
    package enum Kind: UInt8 {
        /// ``SessionEffect/report(_:)`` of a transfer that ended: ``SessionEffects/takeEnded()``.
        case ended
        /// ``SessionEffect/report(_:)`` of anything else: ``SessionEffects/takeEvent()``.
        case event
        /// ``SessionEffect/begin(_:_:)``: ``SessionEffects/takeBegun()``.
        case begin
        /// ``SessionEffect/cancel(_:)``: ``SessionEffects/takeCancelled()``.
        case cancel
        /// Any other: ``SessionEffects/takeFirst()``.
        case other
    }

    /// A transfer's end.
    package struct Ended: Sendable {
        /// When.
        package var at: Instant
        /// How.
        package var record: TransferRecord
    }

    private var order = EffectQueue<Kind>()
    private var ended = EffectQueue<Ended>()
    private var events = EffectQueue<TimedEvent>()
    private var begun = EffectQueue<(id: TransferID, request: SessionRequest)>()
    private var cancelled = EffectQueue<TransferID>()
    private var others = EffectQueue<SessionEffect>()

    /// Creates an empty list.
    package init() {}

    /// True when there is none.
    package var isEmpty: Bool { order.isEmpty }

    /// The kind of the first effect; nil when there is none.
    package var next: Kind? { order.first }

    // MARK: Adding

    /// Adds an effect at the end.
    package mutating func append(_ effect: SessionEffect) {
        switch effect {
        case .report(let event):
            if case .transferFinished(let record) = event.event {
                end(record, at: event.at)
            } else {
                report(event)
            }
        case .begin(let id, let request): begin(id, request)
        case .cancel(let id):
            order.append(.cancel)
            cancelled.append(id)
        case .synchronize, .acquireLicence:
            order.append(.other)
            others.append(effect)
        }
    }

    mutating func end(_ record: consuming TransferRecord, at now: Instant) {
        order.append(.ended)
        ended.append(Ended(at: now, record: record))
    }

    mutating func report(_ event: consuming TimedEvent) {
        order.append(.event)
        events.append(event)
    }

    mutating func begin(_ id: TransferID, _ request: consuming SessionRequest) {
        order.append(.begin)
        begun.append((id, request))
    }

    // MARK: Taking

    /// Takes the first effect out; nil when there is none.
    package mutating func takeFirst() -> SessionEffect? {
        switch order.first {
        case nil: return nil
        case .ended:
            let first = takeEnded()
            return .report(TimedEvent(at: first.at, .transferFinished(first.record)))
        case .event: return .report(takeEvent())
        case .begin:
            let first = takeBegun()
            return .begin(first.id, first.request)
        case .cancel: return .cancel(takeCancelled())
        case .other:
            order.drop()
            return others.take()
        }
    }

    /// Takes the first effect out, which must be of the kind ``Kind/ended``.
    package mutating func takeEnded() -> Ended {
        order.drop()
        return ended.take()
    }

    /// Takes the first effect out, which must be of the kind ``Kind/event``.
    package mutating func takeEvent() -> TimedEvent {
        order.drop()
        return events.take()
    }

    /// Takes the first effect out, which must be of the kind ``Kind/begin``.
    package mutating func takeBegun() -> (id: TransferID, request: SessionRequest) {
        order.drop()
        return begun.take()
    }

    /// Takes the first effect out, which must be of the kind ``Kind/cancel``.
    package mutating func takeCancelled() -> TransferID {
        order.drop()
        return cancelled.take()
    }

    // MARK: Looking back

    /// How many transfers' ends and other events there are.
    var endedCount: Int { ended.count }
    var eventCount: Int { events.count }

    /// The events from a position on, counted from the first, without the ends of transfers.
    func events(from position: Int) -> [TimedEvent] { events.elements(from: position) }

    /// Gives a transfer's ends from a position on, counted from the first, another number.
    mutating func renumber(from position: Int, _ old: TransferID, as new: TransferID) {
        for index in position..<ended.count {
            ended.change(index) { if $0.record.id == old { $0.record.id = new } }
        }
    }
}

/// Elements that are put down once and moved out once, first come, first served.
struct EffectQueue<Element>: ~Copyable {
    // Invariant: the places from `head` up to `end` hold elements, and no others do.
    private var base: UnsafeMutablePointer<Element>
    private var capacity = 4
    private var head = 0
    private var end = 0

    init() { base = .allocate(capacity: capacity) }

    deinit {
        (base + head).deinitialize(count: end - head)
        base.deallocate()
    }

    var isEmpty: Bool { head == end }
    var count: Int { end - head }

    mutating func append(_ element: consuming Element) {
        if end == capacity { makeRoom() }
        (base + end).initialize(to: element)
        end += 1
    }

    mutating func take() -> Element {
        precondition(head < end, "there is no effect of this kind")
        let place = base + head
        head += 1
        if head == end {
            head = 0
            end = 0
        }
        return place.move()
    }

    func elements(from position: Int) -> [Element] {
        Array(UnsafeBufferPointer(start: base + head + position, count: max(0, count - position)))
    }

    mutating func change(_ position: Int, _ body: (inout Element) -> Void) {
        precondition(position >= 0 && position < count, "there is no such effect")
        body(&base[head + position])
    }

    /// Moves what there is to the front, and to twice the room where that is not enough.
    private mutating func makeRoom() {
        let count = count
        let room = count * 2 > capacity ? capacity * 2 : capacity
        let place = UnsafeMutablePointer<Element>.allocate(capacity: room)
        place.moveInitialize(from: base + head, count: count)
        base.deallocate()
        base = place
        capacity = room
        head = 0
        end = count
    }
}

extension EffectQueue where Element == SessionEffects.Kind {
    var first: Element? { isEmpty ? nil : base[head] }
    mutating func drop() { _ = take() }
}
