import Foundation
import Testing

@Suite("Inputs that once crashed") struct CorpusTests {
    /// The inputs of one decoder with their names.
    private func inputs(of decoder: HostileDecoder) throws -> [(name: String, bytes: [UInt8])] {
        let folder = try #require(Bundle.module.resourceURL)
            .appendingPathComponent("Fixtures/crashes/\(decoder.rawValue)")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return try names.sorted().map { ($0, [UInt8](try Data(contentsOf: folder.appendingPathComponent($0)))) }
    }

    @Test(
        "what once crashed, hung or broke a promise is decoded or refused", .timeLimit(.minutes(1)),
        arguments: HostileDecoder.allCases)
    func onceCrashed(decoder: HostileDecoder) throws {
        for (name, bytes) in try inputs(of: decoder) {
            #expect(decoder.decode(bytes).isEmpty, "\(decoder.rawValue)/\(name)")
        }
    }

    @Test("the folder of inputs is there and has no other decoder in it")
    func folders() throws {
        let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/crashes")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!names.isEmpty)
        #expect(Set(names).isSubset(of: HostileDecoder.allCases.map(\.rawValue)))
    }
}
