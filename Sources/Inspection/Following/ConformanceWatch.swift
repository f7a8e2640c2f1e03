import Manifests
import Quantities

/// The checks of `Manifests/Conformance` over the versions of an inspected presentation.
package struct ConformanceWatch: VersionWatch {
    private let watch = StreamWatch()

    /// Creates a watch that has seen nothing.
    package init() {}

    /// Holds a version against those before it, and its response against what it should be.
    package mutating func observe(_ version: DocumentVersion) -> [Finding] {
        let transfer = version.transfer
        let answer = DocumentAnswer(
            begun: version.begun, answered: version.answered, wall: version.wall,
            age: transfer.age.map { .seconds($0) },
            asked: version.asked.map { PlaylistPosition(sequence: $0.sequence, part: $0.part) })
        let edge = transfer.address ?? ""
        var facts = TransferFacts(
            kind: .mediaPlaylist, status: transfer.status ?? 0, bytes: transfer.bytes,
            contentType: transfer.contentType, contentEncoding: transfer.contentEncoding,
            cacheControl: transfer.cacheControl, age: transfer.age.map { .seconds($0) }, prefix: version.prefix)
        facts.uri = version.uri
        facts.isBlockingReload = version.asked != nil
        let findings: [Finding]
        switch version.manifest {
        case .mediaPlaylist(let playlist):
            if playlist.isLive { facts.updateInterval = playlist.targetDuration }
            findings = watch.observe(playlist, uri: version.uri, stream: "", edge: edge, answer)
        case .presentation(let presentation):
            facts.kind = presentation.format == .dash ? .mpd : .multivariantPlaylist
            facts.updateInterval = presentation.dynamicTiming?.minimumUpdatePeriod
            findings = watch.observe(presentation, uri: version.uri, stream: "", edge: edge, answer)
        }
        return findings + TransferCheck.check(facts)
    }
}
