import Inspection
import LoadTest
import Manifests
import Quantities
import Transport

extension InspectCommand {
    /// Loads live documents again as a player would, and tells what each load brings.
    struct Following {
        private var followers: [DocumentFollower] = []
        private var isLoading: [Bool] = []
        private let output: Output
        private let cache: ManifestCache
        private let variables: [String: String]
        /// Where the versions are held against each other.
        private var watch: any VersionWatch
        private var findings: [ReportFinding] = []
        private var known: Set<FindingKey> = []

        /// What a finding is told once for.
        private struct FindingKey: Hashable {
            var id: String
            var uri: String?
        }

        /// The most documents that are followed at once.
        private static let followerLimit = 50

        init(reading: Inspector.Reading, output: Output, followsAll: Bool) {
            self.output = output
            watch = reading.watch
            cache = reading.cache
            variables = reading.variables
            known = Set(reading.report.findings.map { FindingKey(id: $0.id, uri: $0.uri) })
            for loaded in reading.loaded {
                guard followsAll || loaded.isPlayedByDefault, followers.count < Self.followerLimit else { continue }
                let follower = DocumentFollower(
                    uri: loaded.version.uri, documentURI: loaded.uri, track: loaded.track, bytes: loaded.bytes,
                    manifest: loaded.version.manifest,
                    load: DocumentFollower.Load(
                        begun: loaded.version.begun, ended: loaded.ended, wall: loaded.version.wall))
                if follower.due != nil { followers.append(follower) }
            }
            isLoading = followers.map { _ in false }
        }

        /// Follows for so long, or until the task is cancelled.
        ///
        /// - Returns: What was found that the report did not say already.
        mutating func run(_ fetcher: Fetcher, for duration: TimeAmount) async throws -> [ReportFinding] {
            let deadline = fetcher.now + duration
            if followers.isEmpty {
                output.say("\nThere is nothing to follow: nothing will be added to this presentation.")
            } else {
                output.say("\nFollowing \(followers.map(\.track).joined(separator: ", ")) for \(duration)")
            }
            loop: while fetcher.now < deadline, followers.contains(where: { $0.due != nil }) || isLoading.contains(true)
            {
                beginWhatIsDue(fetcher)
                let dues = followers.indices.compactMap { isLoading[$0] ? nil : followers[$0].due }
                switch await fetcher.next(alarmAt: min(dues.min() ?? deadline, deadline)) {
                case .alarm: continue
                case .stopped: break loop
                case .answer(let answer): try take(answer)
                }
            }
            let result = ReportFindings(
                time: Timestamp(WallClock.now()), loads: followers.reduce(0) { $0 + $1.loads },
                changes: followers.reduce(0) { $0 + $1.changes }, failures: followers.reduce(0) { $0 + $1.failures },
                longestAge: Seconds(followers.map(\.longestAge).max() ?? .zero),
                findings: ReportBuilder.sorted(findings))
            try output.show(result)
            return findings
        }

        private mutating func beginWhatIsDue(_ fetcher: Fetcher) {
            for index in followers.indices where !isLoading[index] {
                guard let due = followers[index].due, due <= fetcher.now else { continue }
                isLoading[index] = true
                let follower = followers[index]
                // A blocking server may take up to three target durations (rfc8216bis section 6.2.5.2).
                var patience = TimeAmount.zero
                if follower.plan?.position != nil, case .mediaPlaylist(let playlist) = follower.manifest {
                    patience = playlist.targetDuration * 3
                }
                let isManifest = if case .presentation = follower.manifest { true } else { false }
                fetcher.add(
                    Fetcher.Job(
                        purpose: isManifest ? .manifest : .playlist, uri: follower.nextURI, namedBy: follower.uri,
                        tag: index, patience: patience))
            }
        }

        private mutating func take(_ answer: Fetcher.Answer) throws {
            let index = answer.job.tag
            isLoading[index] = false
            let load = DocumentFollower.Load(begun: answer.begun, ended: answer.ended, wall: WallClock.now())
            let change: ReportChange
            switch answer.body {
            case .failure(let problem): change = followers[index].failed(problem.sentence, load)
            case .success(let body):
                do throws(ManifestError) {
                    let context = DecodingContext(variables: variables, uri: answer.uri)
                    let manifest = try cache.decode(body.bytes, context: context)
                    noteVersion(manifest, answer, body.bytes)
                    change = followers[index].loaded(manifest, body.bytes, documentURI: answer.uri, load)
                } catch {
                    change = followers[index].failed("it cannot be read: \(error.sentence)", load)
                }
            }
            try output.show(change)
        }

        private mutating func noteVersion(_ manifest: DecodedManifest, _ answer: Fetcher.Answer, _ bytes: [UInt8]) {
            guard let transfer = answer.transfer else { return }
            let follower = followers[answer.job.tag]
            let version = DocumentVersion(
                manifest: manifest, uri: follower.uri, begun: answer.begun, answered: answer.answered,
                wall: transfer.begunAt.time + (answer.answered - answer.begun), asked: follower.plan?.position,
                transfer: transfer, prefix: Array(bytes.prefix(16)))
            note(watch.observe(version), at: answer.uri)
            switch manifest {
            case .mediaPlaylist(let playlist): note(playlist.findings, at: answer.uri)
            case .presentation(let presentation): note(presentation.findings, at: answer.uri)
            }
        }

        /// Keeps a finding of each kind and document once.
        private mutating func note(_ new: [Finding], at uri: String) {
            var reference = URIReference(uri)
            let parameters = (reference.query ?? "").split(separator: "&").filter { !$0.hasPrefix("_HLS_") }
            reference.query = parameters.isEmpty ? nil : Substring(parameters.joined(separator: "&"))
            for finding in new where known.insert(FindingKey(id: finding.id, uri: reference.text)).inserted {
                findings.append(ReportFinding(finding, uri: reference.text))
            }
        }
    }
}
