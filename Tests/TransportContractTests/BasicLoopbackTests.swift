import CurlTransport
import Quantities
import Testing
import Transport

@Suite struct BasicLoopbackTests {
    @Test func aBodyIsCountedAndTheConnectionUsedAgain() async throws {
        let server = try #require(
            ScriptedServer { _ in [.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: x\r\n\r\nhello".utf8))] })
        defer { server.stop() }
        let group = try CurlLoopGroup(loops: 1)
        defer { group.shutDown() }
        let loop = group.loops[0]
        let uri = "http://127.0.0.1:\(server.port)/a"
        let events = await Task(executorPreference: loop) {
            let channel = loop.openChannel(ChannelSettings(keptHeaders: ["etag"]))
            defer { channel.close() }
            var events: [ChannelEvent] = []
            for number in 0..<3 {
                channel.begin(TransferRequest(uri: uri, body: .keep(limit: .kibibytes(1))), as: TransferID(UInt32(number)))
                events.append(await channel.nextEvent())
            }
            return events
        }.value
        for event in events { print(event) }
        print(loop.statistics())
        #expect(server.connections == 1)
    }
}
