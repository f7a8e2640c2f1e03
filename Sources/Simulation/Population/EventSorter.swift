/// Puts the events of an epoch in order.
///
/// First roughly by their time, into as many slices as there are events, and then each slice by itself. That takes a time in
/// proportion to their number, and few guesses of the processor go wrong.
struct EventSorter {
    /// Where each slice begins; kept for the next time.
    private var begins: [Int32] = []

    /// A list as short as this is sorted by moving each event to its place.
    private static let few = 24

    /// Sorts events into a list.
    ///
    /// - Parameters:
    ///   - events: In any order.
    ///   - first: About the earliest time; earlier ones are in order too, though it may take longer.
    ///   - last: About the latest time, later than the first.
    ///   - result: Empty; it gets the events in order.
    mutating func sort(
        _ events: [SimulatedEvent], from first: Int64, through last: Int64, into result: inout [SimulatedEvent]
    ) {
        result.append(contentsOf: events)
        guard events.count > 1 else { return }
        if events.count > Self.few { spread(events, from: first, through: last, into: &result) }
        result.withUnsafeMutableBufferPointer { Self.insert($0) }
    }

    /// Puts events into the slices of their times, and sorts those slices that are long.
    private mutating func spread(
        _ events: [SimulatedEvent], from first: Int64, through last: Int64, into result: inout [SimulatedEvent]
    ) {
        let slices = events.count
        let perNanosecond = Double(slices) / Double(last - first)
        // Never decreasing with time, so that slices are in order.
        func slice(of event: SimulatedEvent) -> Int {
            min(slices - 1, max(0, Int(Double(event.time - first) * perNanosecond)))
        }
        begins.removeAll(keepingCapacity: true)
        begins.append(contentsOf: repeatElement(0, count: slices + 1))
        begins.withUnsafeMutableBufferPointer { begins in
            for event in events { begins[slice(of: event) + 1] += 1 }
            for position in 1...slices { begins[position] += begins[position - 1] }
            result.withUnsafeMutableBufferPointer { result in
                for event in events {
                    let slice = slice(of: event)
                    result[Int(begins[slice])] = event
                    begins[slice] += 1
                }
                // Now each slice's begin has moved on to its end.
                var begin = 0
                for position in 0..<slices {
                    let end = Int(begins[position])
                    if end - begin > Self.few { result[begin..<end].sort(by: SimulatedEvent.isBefore) }
                    begin = end
                }
            }
        }
    }

    /// Sorts by moving each event back to its place: quick where none is far from it.
    private static func insert(_ events: UnsafeMutableBufferPointer<SimulatedEvent>) {
        for position in events.indices.dropFirst() {
            let event = events[position]
            var place = position
            while place > 0, SimulatedEvent.isBefore(event, events[place - 1]) {
                events[place] = events[place - 1]
                place -= 1
            }
            events[place] = event
        }
    }
}
