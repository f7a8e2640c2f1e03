import Quantities

/// Timers with a fixed number each, of which the earliest can be had at any time.
///
/// A binary heap (Williams, "Algorithm 232: Heapsort", 1964) of small integers with an index back from each timer to
/// its place, so that a timer is moved or taken away in place: O(log n), and nothing stale is ever kept. Timers of the
/// same instant come in no particular order.
struct TimerHeap {
    /// The number of a timer, good from ``add()`` to ``remove(_:)``.
    typealias Index = Int32

    private var order: [Index] = []
    private var place: [Int32] = []
    private var deadline: [Int64] = []
    private var free: [Index] = []

    /// A new timer, not set.
    mutating func add() -> Index {
        if let index = free.popLast() { return index }
        place.append(-1)
        deadline.append(.max)
        return Index(place.count - 1)
    }

    /// Takes a timer away for good; its number may be given to another.
    mutating func remove(_ timer: Index) {
        clear(timer)
        free.append(timer)
    }

    /// When the timer is due; nil when it is not set.
    func instant(of timer: Index) -> Instant? {
        place[Int(timer)] < 0 ? nil : Instant(nanoseconds: deadline[Int(timer)])
    }

    /// Sets or moves a timer.
    mutating func set(_ timer: Index, at instant: Instant) {
        deadline[Int(timer)] = instant.nanoseconds
        if place[Int(timer)] < 0 {
            place[Int(timer)] = Int32(order.count)
            order.append(timer)
        }
        let position = Int(place[Int(timer)])
        rise(from: position)
        sink(from: Int(place[Int(timer)]))
    }

    /// Takes a timer out of the heap; it can be set again.
    mutating func clear(_ timer: Index) {
        let position = Int(place[Int(timer)])
        guard position >= 0 else { return }
        place[Int(timer)] = -1
        let last = order.removeLast()
        guard last != timer else { return }
        order[position] = last
        place[Int(last)] = Int32(position)
        rise(from: position)
        sink(from: Int(place[Int(last)]))
    }

    /// The instant of the earliest timer; nil when none is set.
    var earliest: Instant? {
        order.first.map { Instant(nanoseconds: deadline[Int($0)]) }
    }

    /// Takes out and gives the earliest timer that is due.
    mutating func popDue(at now: Instant) -> Index? {
        guard let first = order.first, deadline[Int(first)] <= now.nanoseconds else { return nil }
        clear(first)
        return first
    }

    /// The number of set timers.
    var count: Int { order.count }

    private mutating func rise(from start: Int) {
        var position = start
        let timer = order[position]
        let due = deadline[Int(timer)]
        while position > 0 {
            let parent = (position - 1) / 2
            let above = order[parent]
            guard due < deadline[Int(above)] else { break }
            order[position] = above
            place[Int(above)] = Int32(position)
            position = parent
        }
        order[position] = timer
        place[Int(timer)] = Int32(position)
    }

    private mutating func sink(from start: Int) {
        var position = start
        let timer = order[position]
        let due = deadline[Int(timer)]
        while true {
            var child = 2 * position + 1
            guard child < order.count else { break }
            if child + 1 < order.count, deadline[Int(order[child + 1])] < deadline[Int(order[child])] { child += 1 }
            let below = order[child]
            guard deadline[Int(below)] < due else { break }
            order[position] = below
            place[Int(below)] = Int32(position)
            position = child
        }
        order[position] = timer
        place[Int(timer)] = Int32(position)
    }

    /// Stops the program when the heap is not one; for tests.
    func checkInvariants() {
        precondition(place.count == deadline.count, "each timer has a place and an instant")
        for (position, timer) in order.enumerated() {
            precondition(Int(place[Int(timer)]) == position, "places lead back to timers")
            if position > 0 {
                let parent = order[(position - 1) / 2]
                precondition(deadline[Int(parent)] <= deadline[Int(timer)], "no timer is above an earlier one")
            }
        }
        precondition(place.count { $0 >= 0 } == order.count, "every set timer is in the heap")
    }
}
