/// Something that is to happen at an instant.
struct SimulatedEvent {
    /// What it is for.
    enum Kind: UInt8 {
        /// A session's alarm.
        case alarm
        /// The first byte of a response.
        case firstByte
        /// The last byte of a response.
        case lastByte
        /// A transfer that was cancelled, or that has taken too long, ends.
        case end
        /// A link's rate changes.
        case link
    }

    /// When, in nanoseconds of the run's clock.
    var time: Int64
    /// Events of the same instant happen in the order in which they were made.
    var order: UInt32
    /// The place of the session, transfer or link.
    var target: Int32
    /// The target's generation when the event was made: it is void when that has moved on.
    var generation: UInt32
    var kind: Kind

    /// True when the left one happens first.
    @inline(__always)
    static func isBefore(_ left: SimulatedEvent, _ right: SimulatedEvent) -> Bool {
        left.time != right.time ? left.time < right.time : left.order < right.order
    }
}

/// Events of one partition: those of the present epoch in a heap, later ones unsorted in a bucket for each epoch.
///
/// Putting an event off costs an append; only the few of one epoch are ever sorted. Far ones wait in one list that is
/// looked through once for each turn of the wheel.
struct EventQueue {
    private let epoch: Int64
    private var heap: [SimulatedEvent] = []
    private var buckets: [[SimulatedEvent]]
    private var far: [SimulatedEvent] = []
    /// The number of the epoch whose events are in the heap.
    private var current: Int64 = 0
    private var made: UInt32 = 0

    /// Creates an empty queue.
    ///
    /// - Parameters:
    ///   - epoch: The length of an epoch in nanoseconds; more than zero.
    ///   - buckets: How many epochs the wheel reaches.
    init(epoch: Int64, buckets: Int = 1_024) {
        self.epoch = epoch
        self.buckets = Array(repeating: [], count: buckets)
    }

    /// Adds an event; one that lies before the present epoch happens at once.
    mutating func add(
        _ kind: SimulatedEvent.Kind, at time: Int64, target: Int32, generation: UInt32
    ) {
        made &+= 1
        put(SimulatedEvent(time: time, order: made, target: target, generation: generation, kind: kind))
    }

    private mutating func put(_ event: SimulatedEvent) {
        let number = event.time / epoch
        if number <= current {
            heap.append(event)
            siftUp(heap.count - 1)
        } else if number - current < Int64(buckets.count) {
            buckets[Int(number % Int64(buckets.count))].append(event)
        } else {
            far.append(event)
        }
    }

    /// Moves to an epoch, one after the present one; its events can then be taken.
    mutating func advance(to number: Int64) {
        current = number
        let place = Int(number % Int64(buckets.count))
        if place == 0, !far.isEmpty {
            var waiting: [SimulatedEvent] = []
            swap(&waiting, &far)
            for event in waiting { put(event) }
        }
        guard !buckets[place].isEmpty else { return }
        // The heap keeps the room that it has made; buckets do not, since there are a thousand.
        var due: [SimulatedEvent] = []
        swap(&due, &buckets[place])
        if heap.isEmpty {
            heap.append(contentsOf: due)
            for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
        } else {
            for event in due {
                heap.append(event)
                siftUp(heap.count - 1)
            }
        }
    }

    /// Takes the next event before an instant out; nil when there is none.
    mutating func next(before end: Int64) -> SimulatedEvent? {
        guard let first = heap.first, first.time < end else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            siftDown(0)
        }
        return first
    }

    /// The next event, and the two of which one comes after it.
    var upcoming: (SimulatedEvent?, SimulatedEvent?, SimulatedEvent?) {
        let count = heap.count
        return (count > 0 ? heap[0] : nil, count > 1 ? heap[1] : nil, count > 2 ? heap[2] : nil)
    }

    /// True when nothing is in the heap.
    var isIdle: Bool { heap.isEmpty }

    private mutating func siftUp(_ start: Int) {
        heap.withUnsafeMutableBufferPointer { heap in
            var index = start
            let event = heap[index]
            while index > 0 {
                let parent = (index - 1) / 2
                guard SimulatedEvent.isBefore(event, heap[parent]) else { break }
                heap[index] = heap[parent]
                index = parent
            }
            heap[index] = event
        }
    }

    private mutating func siftDown(_ start: Int) {
        heap.withUnsafeMutableBufferPointer { heap in
            var index = start
            let event = heap[index]
            while true {
                var child = 2 * index + 1
                guard child < heap.count else { break }
                if child + 1 < heap.count, SimulatedEvent.isBefore(heap[child + 1], heap[child]) { child += 1 }
                guard SimulatedEvent.isBefore(heap[child], event) else { break }
                heap[index] = heap[child]
                index = child
            }
            heap[index] = event
        }
    }
}
