import CurlTransport
import Inspection
import LoadTest
import Manifests
import Quantities
import Transport

extension InspectCommand {
    /// Fetches and shows a presentation, and follows it where that is wanted.
    ///
    /// - Returns: What was found.
    /// - Throws: ``CommandFailure`` when the document cannot be fetched or understood.
    func inspect(_ uri: String, _ output: Output) async throws -> [ReportFinding] {
        let loops: CurlLoopGroup
        do throws(CurlSetupError) {
            loops = try CurlLoopGroup(loops: 1)
        } catch {
            throw CommandFailure(.system, "the event loop cannot be started (\(error)); are there too many open files?")
        }
        defer { loops.shutDown() }
        let settings = Fetcher.Settings(
            origin: uri, headers: try header.map(Self.header), policy: URIPolicy(allowedHosts: allow))
        let inspector = Inspector(
            uri: uri, settings: settings, output: output, follows: try followDuration(), followsAll: all)
        let interruption = Interruption(notice: "ending with what was found so far") {}
        defer { interruption.end() }
        let loop = loops.loops[0]
        let outcome = await withTaskGroup(of: Result<[ReportFinding], any Error>?.self) { group in
            group.addTask(executorPreference: loop) { await inspector.run(on: loop) }
            group.addTask {
                _ = await interruption.wait()
                return nil
            }
            var outcome: Result<[ReportFinding], any Error>?
            while outcome == nil, let ended = await group.next() {
                outcome = ended
                // The interruption ends the inspection gently: it is waited for.
                group.cancelAll()
            }
            group.cancelAll()
            return outcome
        }
        return try outcome?.get() ?? []
    }
}

extension InspectCommand {
    /// One inspection over the network, as a task on an event loop.
    struct Inspector: Sendable {
        let uri: String
        let settings: Fetcher.Settings
        let output: Output
        /// How long to follow; nil for not at all.
        let follows: TimeAmount?
        /// True to follow every media playlist and not only those that a player would load.
        let followsAll: Bool

        /// The most documents of a presentation that are fetched.
        static let documentLimit = 500
        /// How much of a file without `indexRange` is searched for its index.
        private static let indexSearch: Int64 = 256 << 10

        /// Runs the inspection.
        func run(on loop: CurlLoop) async -> Result<[ReportFinding], any Error> {
            let channel = loop.openChannel(Fetcher.channelSettings)
            defer { channel.close() }
            let fetcher = Fetcher(channel: channel, settings: settings)
            do {
                let reading = try await read(fetcher)
                try output.show(reading.report)
                var findings = reading.report.findings
                if let follows {
                    var following = Following(reading: reading, output: output, followsAll: followsAll)
                    findings += try await following.run(fetcher, for: follows)
                }
                return .success(findings)
            } catch {
                return .failure(error)
            }
        }

        /// What was read, and what is needed to follow it.
        struct Reading {
            /// A document and how it came.
            struct Loaded {
                var version: DocumentVersion
                /// The URI after redirects.
                var uri: String
                var bytes: [UInt8]
                var track: String
                var isPlayedByDefault: Bool
                var ended: Instant
            }

            var report: InspectionReport
            /// The manifest first, then the media playlists.
            var loaded: [Loaded]
            /// HLS variables that media playlists import.
            var variables: [String: String]
            var cache: ManifestCache
            /// What has seen the versions so far.
            var watch: any VersionWatch
        }

        private func read(_ fetcher: Fetcher) async throws -> Reading {
            let shown = URIText.masked(uri)
            fetcher.add(Fetcher.Job(purpose: .manifest, uri: uri, tag: 0))
            guard case .answer(let answer) = await fetcher.next() else { throw CancellationError() }
            let bytes: [UInt8]
            switch answer.body {
            case .success(let body): bytes = body.bytes
            case .failure(let problem):
                let reasons = fetcher.findings.map(\.message)
                throw CommandFailure(
                    .noInput, sentences: reasons + ["\(shown) could not be fetched: \(problem.sentence)"])
            }
            let cache = ManifestCache()
            let manifest: DecodedManifest
            do throws(ManifestError) {
                manifest = try cache.decode(bytes, context: DecodingContext(uri: answer.uri))
            } catch {
                throw InspectCommand.unreadable(shown, error)
            }
            var documents = InspectedDocuments(
                source: uri, uri: answer.uri, manifest: manifest, inspectedAt: WallClock.now())
            var loaded = [Self.loaded(answer, bytes, manifest, track: "manifest", isPlayedByDefault: true)].compactMap {
                $0
            }
            var variables: [String: String] = [:]
            if case .presentation(let presentation) = manifest {
                variables = presentation.details.variables
                loaded += await readNeeded(of: presentation, fetcher, cache, &documents)
            }
            documents.transfers = fetcher.transfers.sorted { $0.begunAt.time < $1.begunAt.time }
            documents.findings += fetcher.findings
            var watch: any VersionWatch = ConformanceWatch()
            for version in loaded {
                // What the decoder found stands in the report anyway.
                let known = Set(version.version.manifest.findings)
                let found = watch.observe(version.version).filter { !known.contains($0) }
                documents.findings += found.map { ReportFinding($0, uri: version.uri) }
            }
            let report = ReportBuilder.report(documents, tool: InspectCommand.tool, limits: output.limits)
            return Reading(report: report, loaded: loaded, variables: variables, cache: cache, watch: watch)
        }

        /// A document as it came; nil where nothing was exchanged.
        static func loaded(
            _ answer: Fetcher.Answer, _ bytes: [UInt8], _ manifest: DecodedManifest, track: String,
            isPlayedByDefault: Bool
        ) -> Reading.Loaded? {
            guard let transfer = answer.transfer else { return nil }
            let version = DocumentVersion(
                manifest: manifest, uri: answer.job.uri, begun: answer.begun, answered: answer.answered,
                wall: transfer.begunAt.time + (answer.answered - answer.begun), transfer: transfer,
                prefix: Array(bytes.prefix(16)))
            return Reading.Loaded(
                version: version, uri: answer.uri, bytes: bytes, track: track, isPlayedByDefault: isPlayedByDefault,
                ended: answer.ended)
        }

        private func readNeeded(
            of presentation: Presentation, _ fetcher: Fetcher, _ cache: ManifestCache,
            _ documents: inout InspectedDocuments
        ) async -> [Reading.Loaded] {
            let all = NeededDocument.all(of: presentation, at: documents.uri)
            let needed = Array(all.prefix(Self.documentLimit))
            if all.count > needed.count {
                let finding = Finding(
                    id: "inspect-documents-omitted", severity: .warning,
                    message:
                        "\(all.count - needed.count) of \(all.count) media playlists or segment indexes were not read",
                    clause: "docs/INSPECT.md")
                documents.findings.append(ReportFinding(finding, uri: documents.uri))
            }
            for (tag, document) in needed.enumerated() { fetcher.add(job(for: document, tag, documents.uri)) }
            var answers = [Fetcher.Answer?](repeating: nil, count: needed.count)
            while !fetcher.isIdle, case .answer(let answer) = await fetcher.next() { answers[answer.job.tag] = answer }
            var loaded: [Reading.Loaded] = []
            for case let (document, answer?) in zip(needed, answers) {
                do throws(ManifestError) {
                    guard let bytes = body(of: answer, &documents) else { continue }
                    switch document.kind {
                    case .playlist:
                        let context = DecodingContext(variables: presentation.details.variables, uri: answer.uri)
                        let manifest = try cache.decode(bytes, context: context)
                        guard case .mediaPlaylist(let playlist) = manifest else {
                            throw .notAManifest(found: "another multivariant playlist or an MPD")
                        }
                        documents.playlists.append(
                            InspectedDocuments.Playlist(
                                requestedURI: document.uri, uri: answer.uri, playlist: playlist))
                        loaded += [
                            Self.loaded(
                                answer, bytes, manifest, track: document.track,
                                isPlayedByDefault: document.isPlayedByDefault)
                        ].compactMap { $0 }
                    case .index(let media):
                        let key = InspectedDocuments.IndexKey(uri: document.uri, media: media)
                        documents.indexes[key] = try index(bytes, media, answer)
                    }
                } catch {
                    let finding = Finding(
                        id: "inspect-not-readable", severity: .error,
                        message: "the \(answer.job.purpose.rawValue) cannot be read: \(error.sentence)",
                        clause: "rfc8216bis 4.1")
                    documents.findings.append(ReportFinding(finding, uri: answer.uri))
                }
            }
            return loaded
        }

        private func job(for document: NeededDocument, _ tag: Int, _ namedBy: String) -> Fetcher.Job {
            switch document.kind {
            case .playlist: return Fetcher.Job(purpose: .playlist, uri: document.uri, namedBy: namedBy, tag: tag)
            case .index(let media):
                let range = media.indexRange ?? ByteRange(offset: 0, length: Self.indexSearch)
                return Fetcher.Job(purpose: .index, uri: document.uri, namedBy: namedBy, range: range, tag: tag)
            }
        }

        /// The body; nil where there is none, which is then among the findings.
        private func body(of answer: Fetcher.Answer, _ documents: inout InspectedDocuments) -> [UInt8]? {
            switch answer.body {
            case .success(let body): return body.bytes
            case .failure(.refused): return nil
            case .failure(let problem):
                let finding = Finding(
                    id: "inspect-not-fetched", severity: .error,
                    message: "the \(answer.job.purpose.rawValue) could not be fetched: \(problem.sentence)",
                    clause: "RFC 9110 15")
                documents.findings.append(ReportFinding(finding, uri: answer.uri))
                return nil
            }
        }

        private func index(
            _ bytes: [UInt8], _ media: IndexedMedia, _ answer: Fetcher.Answer
        ) throws(ManifestError) -> SegmentList {
            // A server that knows no ranges sends the file from its begin.
            let isRange = answer.transfer?.status == 206
            let offset = isRange ? answer.job.range?.offset ?? 0 : 0
            var index = bytes
            if !isRange, let range = media.indexRange {
                guard range.offset <= Int64(bytes.count) else {
                    throw .malformed(line: nil, detail: "the file ends before the segment index")
                }
                index = Array(bytes.dropFirst(Int(range.offset)))
                return try SegmentIndexDecoder.decode(index, media: media, fileOffset: range.offset)
            }
            return try SegmentIndexDecoder.decode(index, media: media, fileOffset: offset)
        }
    }
}
