import Quantities
import Testing

@testable import Simulation

/// Events come by their time, and those of the same instant as they were made, whichever way they went through the queue.
@Suite struct EventQueueTests {
    @Test func eventsComeInOrder() {
        var queue = EventQueue(epoch: 100, buckets: 8)
        var generator = SeededGenerator(seed: 9)
        var expected: [Int64] = []
        for target in 0..<2_000 {
            let time = Int64(generator.unit() * 5_000)
            expected.append(time)
            queue.add(.alarm, at: time, target: Int32(target), generation: 0)
        }
        expected.sort()
        var seen: [SimulatedEvent] = []
        for epoch in 0..<Int64(50) {
            if epoch > 0 { queue.advance(to: epoch) }
            while let event = queue.next(before: (epoch + 1) * 100) { seen.append(event) }
        }
        #expect(seen.map(\.time) == expected)
        for (left, right) in zip(seen, seen.dropFirst()) where left.time == right.time {
            #expect(left.order < right.order)
        }
    }

    /// Events make others all the time: for the same instant, the same epoch, later ones and far ones.
    @Test(arguments: [UInt64](1...4))
    func eventsMadeMeanwhileComeInOrder(seed: UInt64) {
        var queue = EventQueue(epoch: 1_000, buckets: 4)
        var waiting: [SimulatedEvent] = []
        var generator = SeededGenerator(seed: seed)
        var made: UInt32 = 0
        func add(at time: Int64) {
            made += 1
            queue.add(.lastByte, at: time, target: Int32(made), generation: 7)
            waiting.append(
                SimulatedEvent(time: time, order: made, target: Int32(made), generation: 7, kind: .lastByte))
        }
        for _ in 0..<50 { add(at: Int64(generator.unit() * 20) * 400) }
        for epoch in 0..<Int64(30) {
            queue.advance(to: epoch)
            // At the begin of an epoch, before the first of it is taken.
            for _ in 0..<20 { add(at: epoch * 1_000 + Int64(generator.unit() * 20) * 100) }
            for limit in [epoch * 1_000 + 300, (epoch + 1) * 1_000] {
                while let event = queue.next(before: limit) {
                    let place = waiting.indices.min { SimulatedEvent.isBefore(waiting[$0], waiting[$1]) }
                    let first = place.map { waiting.remove(at: $0) }
                    #expect(event.order == first?.order && event.time == first?.time && event.time < limit)
                    guard waiting.count < 60 else { continue }
                    add(at: event.time + [0, 100, 1_000, 9_000][Int(generator.unit() * 4)])
                }
                #expect(waiting.allSatisfy { $0.time >= limit })
            }
        }
    }

    /// A late event, from before the present epoch, is the next to come.
    @Test func lateEventsComeAtOnce() {
        var queue = EventQueue(epoch: 100, buckets: 8)
        queue.advance(to: 5)
        queue.add(.alarm, at: 550, target: 1, generation: 0)
        queue.add(.alarm, at: 20, target: 2, generation: 0)
        #expect(queue.next(before: 600)?.target == 2)
        queue.add(.alarm, at: 30, target: 3, generation: 0)
        #expect(queue.upcoming(0)?.target == 1)
        #expect(queue.next(before: 600)?.target == 3)
        #expect(queue.next(before: 550) == nil)
        #expect(queue.next(before: 551)?.target == 1)
        #expect(queue.next(before: 600) == nil)
    }

    /// So many events that an epoch has slices, and events in one slice make others in it and in those after it.
    @Test func eventsOfABusyEpochComeInOrder() {
        var queue = EventQueue(epoch: 1_000_000, buckets: 4)
        var generator = SeededGenerator(seed: 3)
        var made = 0
        func add(at time: Int64) {
            made += 1
            queue.add(.firstByte, at: time, target: 0, generation: 0)
        }
        for _ in 0..<12_000 { add(at: Int64(generator.unit() * 3_000_000)) }
        var seen: [SimulatedEvent] = []
        for epoch in 0..<Int64(4) {
            queue.advance(to: epoch)
            for part in 1...Int64(7) {
                let limit = epoch * 1_000_000 + part * 1_000_000 / 7
                while let event = queue.next(before: limit) {
                    seen.append(event)
                    if seen.count % 3 == 0, made < 16_000 { add(at: event.time + Int64(generator.unit() * 300_000)) }
                    if seen.count % 5 == 0, made < 16_000 { add(at: event.time) }
                }
            }
        }
        #expect(made == 16_000 && seen.count == made)
        for (left, right) in zip(seen, seen.dropFirst()) where !SimulatedEvent.isBefore(left, right) {
            Issue.record("\(left) before \(right)")
        }
    }

    /// What nobody took in its epoch comes in the next.
    @Test(arguments: [4, 1_000])
    func eventsLeftOverAreNotLost(count: Int) {
        var queue = EventQueue(epoch: 100, buckets: 8)
        for target in 0..<count {
            queue.add(.alarm, at: Int64(target * 200 / count), target: Int32(target), generation: 0)
        }
        queue.advance(to: 0)
        #expect(queue.next(before: 100)?.target == 0)
        queue.advance(to: 1)
        queue.advance(to: 2)
        var seen: [Int32] = []
        while let event = queue.next(before: 300) { seen.append(event.target) }
        #expect(seen == Array(1..<Int32(count)))
    }

    /// Bunches, at one instant and near one, among others that are spread evenly.
    @Test(arguments: [0, 1, 2, 23, 24, 25, 300, 5_000])
    func sortingIsExact(count: Int) {
        var generator = SeededGenerator(seed: UInt64(count))
        let events = (0..<count).map { position in
            let time =
                switch position % 4 {
                case 0: Int64(generator.unit() * 1_000_000)
                case 1: Int64(500_000)
                case 2: Int64(499_990 + generator.unit() * 20)
                default: Int64(generator.unit() * -1_000)
                }
            return SimulatedEvent(
                time: time, order: UInt32(count - position), target: 0, generation: 0, kind: .alarm)
        }
        var sorter = EventSorter()
        var result: [SimulatedEvent] = []
        sorter.sort(events, from: 0, through: 1_000_000, into: &result)
        let expected = events.sorted(by: SimulatedEvent.isBefore)
        #expect(result.map(\.time) == expected.map(\.time) && result.map(\.order) == expected.map(\.order))
    }
}
