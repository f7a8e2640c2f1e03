import CurlTransport
import Foundation
import Inspection
import LoadTest
import Manifests
import Quantities
import Simulation

/// A stream on a server; it belongs to one task on a loop, as its fetcher does.
struct RemoteLibrary: StreamLibrary {
    let fetcher: InspectCommand.Fetcher

    /// One byte of each is asked for, four at a time: no load for a server that is to stream.
    var sizeLimits: (ofTrack: Int, all: Int) { (24, 400) }

    func read(_ wanted: [StreamResource]) async throws -> [Result<StreamResource.Found, StreamResource.Missing>] {
        var answers = [InspectCommand.Fetcher.Answer?](repeating: nil, count: wanted.count)
        for (tag, resource) in wanted.enumerated() { fetcher.add(Self.job(resource, tag)) }
        while !fetcher.isIdle {
            guard case .answer(let answer) = await fetcher.next() else { throw CancellationError() }
            answers[answer.job.tag] = answer
        }
        return answers.map { answer in
            guard let answer else { return .failure(StreamResource.Missing(sentences: ["there was no answer"])) }
            switch answer.body {
            case .failure(let problem):
                let reasons = problem == .refused ? fetcher.findings.map(\.message) : []
                return .failure(StreamResource.Missing(sentences: reasons + [problem.sentence]))
            case .success(let body):
                let isRange = body.status == 206
                return .success(
                    StreamResource.Found(
                        uri: answer.uri, bytes: body.bytes, offset: isRange ? answer.job.range?.offset ?? 0 : 0,
                        size: answer.job.asksSize ? answer.size : answer.transfer?.bytes))
            }
        }
    }

    private static func job(_ resource: StreamResource, _ tag: Int) -> InspectCommand.Fetcher.Job {
        var job = InspectCommand.Fetcher.Job(
            purpose: .index, uri: resource.uri, namedBy: resource.namedBy, range: resource.range, tag: tag)
        switch resource.want {
        case .manifest: job.purpose = .manifest
        case .playlist: job.purpose = .playlist
        case .index: job.purpose = .index
        case .size: job.asksSize = true
        }
        return job
    }
}

/// A stream in files: those in the manifest's folder and below it, without any network.
struct FileLibrary: StreamLibrary {
    /// The folder with a slash at its end, as a `file` URI.
    private let home: String
    /// The manifest as a `file` URI.
    let manifest: String

    init(_ path: String) {
        let url = URL(fileURLWithPath: path).standardizedFileURL
        manifest = url.absoluteString
        home = url.deletingLastPathComponent().absoluteString
    }

    /// Looking at a file costs nothing.
    var sizeLimits: (ofTrack: Int, all: Int) { (20_000, 1_000_000) }

    func read(_ wanted: [StreamResource]) async throws -> [Result<StreamResource.Found, StreamResource.Missing>] {
        wanted.map { resource in
            do throws(StreamResource.Missing) {
                return .success(try read(resource))
            } catch {
                return .failure(error)
            }
        }
    }

    private func read(_ resource: StreamResource) throws(StreamResource.Missing) -> StreamResource.Found {
        let bare = String(resource.uri.prefix { $0 != "?" && $0 != "#" })
        guard bare.hasPrefix(home), let path = URL(string: bare)?.path, !path.contains("/../") else {
            throw StreamResource.Missing(sentences: ["it is not in the manifest's folder"])
        }
        let attributes = try? FileManager.default.attributesOfItem(atPath: (path as NSString).resolvingSymlinksInPath)
        guard let attributes, let size = attributes[.size] as? Int64 ?? (attributes[.size] as? NSNumber)?.int64Value
        else { throw StreamResource.Missing(sentences: ["there is no such file"]) }
        guard attributes[.type] as? FileAttributeType == .typeRegular else {
            throw StreamResource.Missing(sentences: ["it is no file"])
        }
        if case .size = resource.want { return StreamResource.Found(uri: resource.uri, bytes: [], size: size) }
        let range = resource.range
        let limit = Int64(DecodingLimits.standard.bytes)
        guard range != nil || size <= limit else {
            throw StreamResource.Missing(sentences: ["it is larger than \(limit) bytes, the most that is read"])
        }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw StreamResource.Missing(sentences: ["it cannot be opened; may it be read?"])
        }
        defer { try? handle.close() }
        do {
            if let range { try handle.seek(toOffset: UInt64(max(0, range.offset))) }
            let bytes = try handle.read(upToCount: Int(min(limit, range?.length ?? limit))) ?? Data()
            return StreamResource.Found(
                uri: resource.uri, bytes: Array(bytes), offset: range?.offset ?? 0, size: Int64(bytes.count))
        } catch {
            throw StreamResource.Missing(sentences: ["it cannot be read"])
        }
    }
}
