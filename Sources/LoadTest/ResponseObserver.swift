import Manifests
import Measurement
import Playback
import Quantities
import Transport

/// Looks at what servers send for what is wrong with it, and notes it in the loop's log.
///
/// One for each loop, on its thread: documents are watched over time, and every response is held against what it was
/// for. What the responses of viewers on other loops show is merged with it at the end of each second.
final class ResponseObserver {
    /// What a response was for, beside what the response itself says.
    struct Circumstances {
        var kind: TransferKind
        /// The URI that it came from, redirects followed.
        var uri: String
        var stream: String
        /// What the player asked for, by which a blocking reload is known.
        var request: SessionRequest
        /// The wall time at the first byte.
        var wall: WallTime
        /// True when nothing limits the viewer's link.
        var isUnlimited: Bool
    }

    private let watch: StreamWatch

    /// Creates an observer.
    ///
    /// - Parameter hasTokensInPaths: True when two viewers' paths to one resource may differ.
    init(hasTokensInPaths: Bool) { watch = StreamWatch(ignoresFolders: hasTokensInPaths) }

    /// Looks at a complete response.
    ///
    /// - Parameters:
    ///   - response: The response.
    ///   - document: What its body was decoded to.
    ///   - circumstances: What it was for.
    ///   - recorder: Where findings are noted.
    func look(
        at response: TransferResult, _ document: TransferReport.Document, _ circumstances: Circumstances,
        _ recorder: LoopRecorder
    ) {
        let ended = response.timings.ended
        var facts = facts(of: response, document, circumstances)
        var findings = documentFindings(response, document, circumstances, &facts)
        findings += TransferCheck.check(facts)
        findings += segmentFindings(response, circumstances)
        guard !findings.isEmpty else { return }
        recorder.findings.note(
            findings, stream: circumstances.stream, edge: response.remoteAddress, kind: circumstances.kind,
            uri: circumstances.uri, at: ended)
    }

    /// Moves the ages of playlists since the last call into the log.
    func takeAges(into recorder: LoopRecorder) { recorder.findings.note(watch.takeAges()) }

    private func facts(
        of response: TransferResult, _ document: TransferReport.Document, _ circumstances: Circumstances
    ) -> TransferFacts {
        var facts = TransferFacts(
            circumstances.kind, response, uri: circumstances.uri, range: circumstances.request.byteRange)
        if circumstances.kind == .manifest { facts.kind = Self.manifestKind(document) }
        if let media = circumstances.request.media {
            facts.mediaDuration = media.duration
            facts.declaredBitRate = media.declaredBitRate
            facts.isExpected = media.isExpected
            facts.isAtFullSpeed = circumstances.isUnlimited && !media.isInTheMaking
        }
        return facts
    }

    private static func manifestKind(_ document: TransferReport.Document) -> ResourceKind {
        switch document {
        case .manifest(.presentation(let presentation)): presentation.format == .dash ? .mpd : .multivariantPlaylist
        case .manifest(.mediaPlaylist): .mediaPlaylist
        case .none, .segmentIndex, .steering, .assetList, .unreadable: .manifest
        }
    }

    private func documentFindings(
        _ response: TransferResult, _ document: TransferReport.Document, _ circumstances: Circumstances,
        _ facts: inout TransferFacts
    ) -> [Finding] {
        guard case .manifest(let manifest) = document else { return [] }
        let asked = circumstances.request.awaited
        let answer = DocumentAnswer(
            begun: response.timings.begun, answered: response.timings.begun + response.timings.firstByte,
            wall: circumstances.wall, age: facts.age, asked: asked)
        switch manifest {
        case .mediaPlaylist(let playlist):
            facts.updateInterval = playlist.isLive ? playlist.targetDuration : nil
            facts.isBlockingReload = asked != nil
            return watch.observe(
                playlist, uri: circumstances.uri, stream: circumstances.stream, edge: response.remoteAddress, answer)
        case .presentation(let presentation):
            facts.updateInterval = presentation.dynamicTiming?.minimumUpdatePeriod.flatMap { $0 > .zero ? $0 : nil }
            return watch.observe(
                presentation, uri: circumstances.uri, stream: circumstances.stream, edge: response.remoteAddress,
                answer)
        }
    }

    private func segmentFindings(_ response: TransferResult, _ circumstances: Circumstances) -> [Finding] {
        guard let media = circumstances.request.media, media.part == nil, (200..<300).contains(response.status),
            response.bytes > .zero
        else { return [] }
        return watch.observeSegment(
            track: media.track, stream: circumstances.stream, media.declaration, sequence: media.sequence,
            duration: media.duration, bytes: response.bytes.count)
    }
}
