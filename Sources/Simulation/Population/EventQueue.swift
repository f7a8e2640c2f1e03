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

        /// True where the target is a transfer.
        var isOfTransfer: Bool { self == .firstByte || self == .lastByte || self == .end }
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

/// Events of one partition: those of the present moment in order, later ones unsorted, in a bucket for each epoch.
///
/// Putting an event off costs an append. When an epoch begins its events are spread over slices of it, and a slice is sorted
/// when the first of its events is to be taken. Only what is made for a slice that has begun goes through a heap. Far ones wait
/// in one list that is looked through once for each turn of the wheel.
struct EventQueue {
    private let epoch: Int64
    private let epochsPerNanosecond: Double
    /// When the present epoch ends.
    private var end: Int64
    /// The number of the present epoch.
    private var current: Int64 = 0
    /// Events of the present epoch before the first of it was taken; none afterwards.
    private var unsorted: [SimulatedEvent] = []
    private var isSpread = false
    /// Events of the slices of the present epoch that have not begun; a slice is a power of two of nanoseconds, and the last
    /// ends with the epoch.
    private var slices: [[SimulatedEvent]] = [[]]
    private var shift: Int64 = 0
    /// The present slice and its end.
    private var slice = 0
    private var sliceEnd: Int64 = 0
    /// Events of the present slice in order, and the first that was not taken.
    private var due: [SimulatedEvent] = []
    private var head = 0
    /// Events that were made for the present slice in it.
    private var heap: [SimulatedEvent] = []
    private var sorter = EventSorter()
    private var buckets: [[SimulatedEvent]]
    private let mask: Int64
    private var far: [SimulatedEvent] = []
    private var made: UInt32 = 0

    /// An epoch has at most so many slices, and each of them about so many events that are known at its begin.
    private static let mostSlices = 256
    private static let eventsOfSlice = 64

    /// Creates an empty queue.
    ///
    /// - Parameters:
    ///   - epoch: The length of an epoch in nanoseconds; more than zero.
    ///   - buckets: How many epochs the wheel reaches; a power of two.
    init(epoch: Int64, buckets: Int = 1_024) {
        precondition(buckets & (buckets - 1) == 0, "a wheel has a power of two of buckets")
        self.epoch = epoch
        epochsPerNanosecond = 1 / Double(epoch)
        end = epoch
        self.buckets = Array(repeating: [], count: buckets)
        mask = Int64(buckets - 1)
    }

    /// Adds an event; one that lies before the present epoch happens at once.
    mutating func add(
        _ kind: SimulatedEvent.Kind, at time: Int64, target: Int32, generation: UInt32
    ) {
        made &+= 1
        put(SimulatedEvent(time: time, order: made, target: target, generation: generation, kind: kind))
    }

    private mutating func put(_ event: SimulatedEvent) {
        if event.time < end {
            guard isSpread else { return unsorted.append(event) }
            guard event.time < sliceEnd else { return slices[place(of: event.time)].append(event) }
            heap.append(event)
            siftUp(heap.count - 1)
        } else if event.time - end < mask * epoch {
            buckets[Int((current + 1 + epochs(in: event.time - end)) & mask)].append(event)
        } else {
            far.append(event)
        }
    }

    /// How many whole epochs a span has that is not negative: a division of whole numbers takes ten times as long.
    @inline(__always)
    private func epochs(in span: Int64) -> Int64 {
        let guess = Int64(Double(span) * epochsPerNanosecond)
        // Rounding can make it one too many or one too few.
        if guess * epoch > span { return guess - 1 }
        return (guess + 1) * epoch <= span ? guess + 1 : guess
    }

    /// Moves to an epoch, one after the present one; its events can then be taken.
    mutating func advance(to number: Int64) {
        current = number
        end = (number + 1) * epoch
        // What was not taken, and is late now.
        unsorted.append(contentsOf: due[head...])
        while slice + 1 < slices.count {
            slice += 1
            unsorted.append(contentsOf: slices[slice])
            slices[slice].removeAll(keepingCapacity: true)
        }
        due.removeAll(keepingCapacity: true)
        head = 0
        isSpread = false
        let place = Int(number & mask)
        if place == 0, !far.isEmpty {
            var waiting: [SimulatedEvent] = []
            swap(&waiting, &far)
            for event in waiting { put(event) }
        }
        guard !buckets[place].isEmpty else { return }
        if unsorted.isEmpty {
            swap(&unsorted, &buckets[place])
        } else {
            unsorted.append(contentsOf: buckets[place])
            buckets[place] = []
        }
    }

    /// Takes the next event before an instant out; nil when there is none.
    @inline(__always)
    mutating func next(before limit: Int64) -> SimulatedEvent? {
        if !isSpread { spread() }
        while true {
            if head < due.count, heap.isEmpty || SimulatedEvent.isBefore(due[head], heap[0]) {
                let first = due[head]
                guard first.time < limit else { return nil }
                head += 1
                return first
            }
            guard heap.isEmpty else { return nextMade(before: limit) }
            guard sliceEnd < min(end, limit) else { return nil }
            beginNextSlice()
        }
    }

    private mutating func nextMade(before limit: Int64) -> SimulatedEvent? {
        guard let first = heap.first, first.time < limit else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            siftDown(0)
        }
        return first
    }

    /// Spreads the events of the epoch over its slices, of which there are the more the more events there are.
    private mutating func spread() {
        isSpread = true
        shift = Int64(Int64.bitWidth - (epoch - 1).leadingZeroBitCount)
        var count = 1
        while count < Self.mostSlices, count * 2 * Self.eventsOfSlice <= unsorted.count, shift > 0 {
            count *= 2
            shift -= 1
        }
        count = Int((epoch - 1) &>> shift) + 1
        if slices.count < count { slices.append(contentsOf: repeatElement([], count: count - slices.count)) }
        slice = 0
        sliceEnd = min(end, end - epoch + 1 &<< shift)
        if count == 1 {
            sorter.sort(unsorted, from: end - epoch, through: end, into: &due)
        } else {
            for event in unsorted { slices[place(of: event.time)].append(event) }
            sortSlice()
        }
        // Slices keep the room that they have made; buckets do not, since there are a thousand.
        if !unsorted.isEmpty { unsorted = [] }
    }

    /// The slice of an instant before the epoch's end.
    @inline(__always)
    private func place(of time: Int64) -> Int { max(0, Int((time - (end - epoch)) &>> shift)) }

    private mutating func beginNextSlice() {
        slice += 1
        sliceEnd = min(end, end - epoch + Int64(slice + 1) &<< shift)
        due.removeAll(keepingCapacity: true)
        head = 0
        sortSlice()
    }

    private mutating func sortSlice() {
        guard !slices[slice].isEmpty else { return }
        sorter.sort(slices[slice], from: sliceEnd - 1 &<< shift, through: sliceEnd, into: &due)
        slices[slice].removeAll(keepingCapacity: true)
    }

    /// True when the first event of a slice was taken just now: what comes next has only come to be known.
    var hasTakenFirst: Bool { head == 1 }

    /// An event that comes so many places after the next one, unless others are made meanwhile.
    @inline(__always)
    func upcoming(_ places: Int) -> SimulatedEvent? {
        let place = head + places
        return place < due.count ? due[place] : nil
    }

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
