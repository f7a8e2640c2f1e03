import Foundation
import Origin
import Quantities

@testable import Commands

/// A folder of its own for a test, removed with the scene.
final class Scene: Sendable {
    let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/fullhouse-scene-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Writes a file and gives its path.
    func file(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
        return folder + "/" + name
    }

    /// The folders of the runs below `reports`.
    func runs() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/reports")) ?? []
        return names.sorted().map { folder + "/reports/" + $0 }
    }

    /// A profile of a few viewers.
    static func profile(_ uri: String, viewers: Int = 3, watch: String = "until end", more: String = "") -> String {
        """
        name: scene
        streams: {main: "\(uri)"}
        audience: {viewers: \(viewers), watch: \(watch)}
        player: {attempts: 1}
        \(more)

        """
    }

    /// An origin with short content.
    static func origin(_ edge: EdgeSettings = EdgeSettings(pop: "osl")) async throws -> OriginServer {
        var settings = OriginSettings(edges: [edge])
        settings.content.videoTracks = [.init(bitRate: .kilobits(200), width: 320, height: 180)]
        settings.content.audioBitRate = .kilobits(32)
        settings.content.videoOnDemandDuration = .seconds(2)
        settings.content.videoOnDemandSegmentDuration = .seconds(1)
        settings.content.liveSegmentDuration = .seconds(1)
        settings.content.liveWindow = 6
        return try await OriginServer.start(settings)
    }

    /// Parses a command line and runs it, as the program does.
    ///
    /// - Returns: The exit status and the sentences.
    static func perform(_ arguments: String...) async -> (status: Int32, sentences: [String]) {
        await perform(list: arguments)
    }

    /// The same, with the arguments as a list.
    static func perform(list arguments: [String]) async -> (status: Int32, sentences: [String]) {
        do {
            try await FullhouseCommand.perform(arguments)
            return (0, [])
        } catch let failure as CommandFailure {
            return (failure.status.rawValue, failure.sentences)
        } catch {
            return (FullhouseCommand.exitCode(for: error).rawValue, [FullhouseCommand.message(for: error)])
        }
    }
}
