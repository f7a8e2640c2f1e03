import Quantities
import Testing
import Transport

/// Alarms, cancelled tasks and the end of a channel, over each transport.
@Suite struct ChannelContractTests {
    @Test(arguments: TransportKind.allCases) func anAlarmComesOnceAndNotBeforeItsInstant(kind: TransportKind)
        async throws
    {
        try await Stage.play(kind, script: { _ in Reply(200, "", delay: 150) }) { stage in
            let channel = stage.open(ChannelSettings())
            defer { channel.close() }
            let due = channel.now + .milliseconds(30)
            channel.setAlarm(at: due)
            guard case .alarm = await channel.nextEvent() else { throw UnexpectedEvent() }
            #expect(channel.now >= due)
            // It is no longer set: the next event is another.
            _ = try await channel.get(stage.base + "/a", id: 0).get()
        }
    }

    @Test(arguments: TransportKind.allCases) func anAlarmIsMovedAndTakenAway(kind: TransportKind) async throws {
        try await Stage.play(kind, script: { _ in Reply(200, "", delay: 150) }) { stage in
            let channel = stage.open(ChannelSettings())
            defer { channel.close() }
            let start = channel.now
            channel.setAlarm(at: start + .milliseconds(20))
            channel.setAlarm(at: start + .milliseconds(90))
            guard case .alarm = await channel.nextEvent() else { throw UnexpectedEvent() }
            #expect(channel.now >= start + .milliseconds(90))
            channel.setAlarm(at: channel.now + .milliseconds(20))
            channel.setAlarm(at: nil)
            _ = try await channel.get(stage.base + "/a", id: 0).get()
            // One in the past is due at once.
            channel.setAlarm(at: channel.now - .milliseconds(5))
            guard case .alarm = await channel.nextEvent() else { throw UnexpectedEvent() }
        }
    }

    @Test(arguments: TransportKind.allCases) func aCancelledTaskIsToldOnce(kind: TransportKind) async throws {
        try await Stage.play(kind, script: { _ in Reply(200, "late", delay: 150) }) { stage in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let channel = stage.open(ChannelSettings())
                    defer { channel.close() }
                    guard case .taskCancelled = await channel.nextEvent() else { throw UnexpectedEvent() }
                    // Life goes on: other events come, and the cancellation is not told again.
                    #expect(Task.isCancelled)
                    let result = try await channel.get(stage.base + "/a", id: 0).get()
                    #expect(result.status == 200)
                    try await channel.rest(milliseconds: 20)
                }
                let clock = stage.open(ChannelSettings())
                defer { clock.close() }
                try await clock.rest(milliseconds: 60)
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    @Test(arguments: TransportKind.allCases) func aTaskCancelledBeforeItWaitsIsTold(kind: TransportKind) async throws {
        try await Stage.play(kind, script: { _ in Reply(200, "ok") }) { stage in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.cancelAll()
                group.addTask {
                    let channel = stage.open(ChannelSettings())
                    defer { channel.close() }
                    channel.begin(TransferRequest(uri: stage.base + "/a"), as: TransferID(0))
                    guard case .taskCancelled = await channel.nextEvent() else { throw UnexpectedEvent() }
                    _ = try await channel.ended(0).get()
                }
                try await group.waitForAll()
            }
        }
    }

    @Test(arguments: TransportKind.allCases) func closingEndsEverythingWithoutAReport(kind: TransportKind) async throws
    {
        try await Stage.play(kind, script: { _ in Reply(200, "0123456789", course: .stalls(after: ByteCount(3))) }) {
            stage in
            for _ in 0..<20 {
                let channel = stage.open(ChannelSettings(parallelTransfers: 2))
                for number in 0..<4 as Range<UInt32> {
                    channel.begin(TransferRequest(uri: stage.base + "/a"), as: TransferID(number))
                }
                channel.setAlarm(at: channel.now + .milliseconds(3))
                guard case .alarm = await channel.nextEvent() else { throw UnexpectedEvent() }
                channel.setAlarm(at: channel.now + .milliseconds(3))
                channel.close()
            }
        }
    }
}
