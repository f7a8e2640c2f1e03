import Manifests
import Quantities
import Testing
import Transport

@testable import Playback

@Suite("Effects and records") struct SessionEffectsTests {
    private func record(_ number: UInt32) -> TransferRecord {
        TransferRecord(
            id: TransferID(number), kind: .video, due: .zero,
            timings: TransferTimings(begun: .zero, total: .seconds(1)), status: 200, bytes: ByteCount(7), edge: "e")
    }

    private func request(_ uri: String) -> SessionRequest {
        SessionRequest(kind: .video, uri: uri, reading: .discard, due: .zero)
    }

    /// A word for an effect, to compare orders by.
    private func word(_ effect: SessionEffect) -> String {
        switch effect {
        case .begin(let id, let request): "begin \(id.number) \(request.uri)"
        case .cancel(let id): "cancel \(id.number)"
        case .synchronize(_, let base): "synchronize \(base)"
        case .acquireLicence: "licence"
        case .report(let event):
            if case .transferFinished(let record) = event.event {
                "ended \(record.id.number) at \(event.at.nanoseconds)"
            } else {
                "event at \(event.at.nanoseconds)"
            }
        }
    }

    @Test("effects of all kinds come out in the order in which they went in, however many there are")
    func keepsTheOrder() {
        var effects = SessionEffects()
        var expected: [String] = []
        for round in UInt32(0)..<20 {
            let all: [SessionEffect] = [
                .report(TimedEvent(at: Instant(nanoseconds: Int64(round)), .started)),
                .begin(TransferID(round), request("/\(round)")),
                .report(TimedEvent(at: Instant(nanoseconds: Int64(round)), .transferFinished(record(round)))),
                .cancel(TransferID(round)), .synchronize([], base: "b\(round)"), .acquireLicence,
            ]
            for effect in all {
                expected.append(word(effect))
                effects.append(effect)
            }
            // Some are taken in between, so that lists go on behind what has been taken.
            if round % 3 == 0, let first = effects.takeFirst() { #expect(word(first) == expected.removeFirst()) }
        }
        var taken: [String] = []
        while let effect = effects.takeFirst() { taken.append(word(effect)) }
        #expect(taken == expected)
        #expect(effects.isEmpty && effects.next == nil)
    }

    @Test("the kind says what can be taken next")
    func takesByKind() {
        var effects = SessionEffects()
        effects.append(.cancel(TransferID(3)))
        effects.append(.begin(TransferID(4), request("/a")))
        effects.append(.report(TimedEvent(at: .zero, .started)))
        effects.append(.report(TimedEvent(at: .seconds(2), .transferFinished(record(5)))))
        #expect(effects.next == .cancel)
        #expect(effects.takeCancelled() == TransferID(3))
        #expect(effects.next == .begin)
        #expect(effects.takeBegun().request.uri == "/a")
        #expect(effects.next == .event)
        #expect(effects.takeEvent().event == .started)
        #expect(effects.next == .ended)
        let ended = effects.takeEnded()
        #expect(ended.at == .seconds(2) && ended.record == record(5))
        #expect(effects.next == nil)
    }

    @Test("what was not taken is let go with the list")
    func letsGo() {
        final class Witness: Sendable {}
        weak var witness: Witness?
        do {
            var queue = EffectQueue<Witness>()
            for _ in 0..<9 { queue.append(Witness()) }
            _ = queue.take()
            let last = Witness()
            witness = last
            queue.append(last)
            #expect(queue.count == 9)
        }
        #expect(witness == nil)
    }

    @Test("only records behind the mark get another number")
    func renumbers() {
        var effects = SessionEffects()
        for _ in 0..<2 { effects.append(.report(TimedEvent(at: .zero, .transferFinished(record(1))))) }
        effects.append(.report(TimedEvent(at: .zero, .transferFinished(record(2)))))
        effects.renumber(from: 1, TransferID(1), as: TransferID(9))
        var numbers: [UInt32] = []
        while effects.next == .ended { numbers.append(effects.takeEnded().record.id.number) }
        #expect(numbers == [1, 9, 2])
    }

    @Test("records and reports are equal by their words, and a changed word is that record's alone")
    func comparesWords() {
        let first = record(1)
        var second = record(1)
        #expect(first == second && first.words !== second.words)
        second.step = "redeem"
        #expect(first != second && first.step.isEmpty && second.edge == "e")
        var report = TransferReport(
            timings: TransferTimings(begun: .zero, total: .zero), status: 200, words: .none)
        let before = report
        report.document = .segmentIndex(SegmentList([]))
        report.error = "cancelled"
        #expect(report.error == "cancelled" && !report.isSuccess && before.isSuccess)
        guard case .segmentIndex = report.document, case .none = before.document else {
            Issue.record("a changed document is that report's alone")
            return
        }
    }

    @Test("a request has details only where there are some")
    func keepsDetails() {
        var request = request("/a")
        #expect(request.byteRange == nil && request.media == nil && request.awaited == nil)
        request.details.byteRange = ByteRange(offset: 5, length: 6)
        #expect(request.byteRange == ByteRange(offset: 5, length: 6))
        request.details.byteRange = nil
        #expect(request.details.isEmpty)
    }
}
