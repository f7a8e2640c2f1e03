import Testing

@testable import LoadTest

@Suite struct StopSignalTests {
    @Test func aReasonFromBeforeIsHeard() async {
        let signal = StopSignal()
        signal.raise("first")
        signal.raise("second")
        #expect(await signal.wait() == "first")
        #expect(await signal.wait() == nil)
    }

    @Test func aWaiterIsTold() async {
        let signal = StopSignal()
        async let told = signal.wait()
        await Task.yield()
        signal.raise("now")
        signal.raise("later")
        #expect(await told == "now")
    }

    @Test func aCancelledWaiterGoesHome() async {
        let signal = StopSignal()
        let waiter = Task { await signal.wait() }
        waiter.cancel()
        #expect(await waiter.value == nil)
        signal.raise("nobody hears this")
        #expect(await signal.wait() == nil)
    }

    @Test func aReasonIsHeardBySomebodyWhoIsCancelledAlready() async {
        let signal = StopSignal()
        signal.raise("before")
        let waiter = Task {
            while !Task.isCancelled { await Task.yield() }
            return await signal.wait()
        }
        waiter.cancel()
        #expect(await waiter.value == "before")
    }

    @Test func manyRaisersGiveOneReason() async {
        let signal = StopSignal()
        let heard = await withTaskGroup(of: String?.self) { group in
            group.addTask { await signal.wait() }
            for number in 0..<100 {
                group.addTask {
                    signal.raise("\(number)")
                    return nil
                }
            }
            return await group.reduce(into: [String]()) { if let reason = $1 { $0.append(reason) } }
        }
        #expect(heard.count == 1)
    }
}
