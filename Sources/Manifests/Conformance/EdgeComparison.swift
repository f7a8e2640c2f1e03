import Quantities

/// Holds what different edges serve of one resource against each other.
///
/// An edge is behind when it answers a request, begun after another edge had shown a newer version, with an old one.
/// Copies that are equal byte for byte are the same object and cost nothing.
package struct EdgeComparison: Sendable {
    /// The edge that went furthest.
    private struct Leader: Sendable {
        var edge: String
        var playlist: MediaPlaylist
        var end: PlaylistEnd
        var answered: Instant
    }

    /// What is remembered of an edge.
    private struct Edge: Sendable {
        var playlist: MediaPlaylist
        /// The last segment at which it was found behind.
        var behindAt: Int64?
        var hasDisagreed = false
    }

    /// The most edges that are remembered.
    private static let limit = 256
    /// So many segments are compared, the last ones that both have.
    private static let comparedSegments: Int64 = 32

    private var leader: Leader?
    private var edges: [String: Edge] = [:]
    private var mpd: (leader: String, edge: LiveEdge, answered: Instant)?
    private var mpdBehind: [String: MediaTime] = [:]
    private let files: PlaylistWatch

    /// Creates a comparison that has seen nothing.
    ///
    /// - Parameter ignoresFolders: As in ``PlaylistWatch/init(ignoresFolders:)``.
    package init(ignoresFolders: Bool = false) { files = PlaylistWatch(ignoresFolders: ignoresFolders) }

    // MARK: - HLS

    /// Looks at a media playlist that an edge served.
    package mutating func observe(_ playlist: MediaPlaylist, _ answer: DocumentAnswer, edge: String) -> [Finding] {
        guard let first = leader else {
            leader = Leader(edge: edge, playlist: playlist, end: PlaylistEnd(playlist), answered: answer.answered)
            return []
        }
        if playlist === first.playlist { return [] }
        let end = PlaylistEnd(playlist)
        var findings: [Finding] = []
        if edge != first.edge { compare(playlist, end, answer, edge, with: first, &findings) }
        if first.end < end {
            leader = Leader(edge: edge, playlist: playlist, end: end, answered: answer.answered)
        }
        return findings
    }

    private mutating func compare(
        _ playlist: MediaPlaylist, _ end: PlaylistEnd, _ answer: DocumentAnswer, _ name: String, with first: Leader,
        _ findings: inout [Finding]
    ) {
        guard edges[name] != nil || edges.count < Self.limit else { return }
        var edge = edges[name] ?? Edge(playlist: first.playlist)
        defer { edges[name] = edge }
        if edge.playlist !== playlist {
            edge.playlist = playlist
            if let text = disagreement(playlist, first) {
                edge.hasDisagreed = true
                return findings.append(
                    FindingRule.edgesDisagree.finding("\(text) on \(shown(name)), on \(shown(first.edge)) it is other"))
            }
            edge.hasDisagreed = false
        }
        // Numbers that mean other segments cannot be held against each other.
        guard !edge.hasDisagreed, playlist.isLive, end < first.end, answer.begun > first.answered,
            edge.behindAt != end.lastSequence
        else { return }
        let count = first.end.lastSequence &- end.lastSequence
        let lag = lag(of: end, behind: first)
        guard count >= 2, lag > playlist.targetDuration else { return }
        edge.behindAt = end.lastSequence
        findings.append(
            FindingRule.edgeBehind.finding(
                "\(shown(name)) ends with segment \(end.lastSequence), \(count) segments (\(lag)) behind"
                    + " \(shown(first.edge))"))
    }

    private func lag(of end: PlaylistEnd, behind first: Leader) -> TimeAmount {
        let reached = first.playlist.segments.segment(end.lastSequence)?.end ?? .zero
        return (first.playlist.segments.last?.end ?? .zero) - reached
    }

    private func disagreement(_ playlist: MediaPlaylist, _ first: Leader) -> String? {
        guard let last = playlist.segments.lastSequence, let otherLast = first.playlist.segments.lastSequence else {
            return nil
        }
        let end = min(last, otherLast)
        let begin = max(
            playlist.segments.firstSequence, first.playlist.segments.firstSequence, end &- (Self.comparedSegments - 1))
        guard begin <= end else { return nil }
        for sequence in begin...end {
            guard let now = playlist.segments.segment(sequence),
                let other = first.playlist.segments.segment(sequence)
            else { continue }
            if !files.isSameFile(now, other) { return "segment \(sequence) is \(PublicName.file(now.uri))" }
            if now.duration != other.duration { return "segment \(sequence) lasts \(now.duration)" }
        }
        return nil
    }

    private func shown(_ edge: String) -> String { edge.isEmpty ? "one edge" : String(edge.prefix(60)) }

    // MARK: - DASH

    /// Looks at an MPD that an edge served.
    package mutating func observe(_ presentation: Presentation, _ answer: DocumentAnswer, edge: String) -> [Finding] {
        guard presentation.isDynamic, let reach = LiveEdge(presentation) else { return [] }
        guard let first = mpd else {
            mpd = (edge, reach, answer.answered)
            return []
        }
        if reach.end > first.edge.end {
            mpd = (edge, reach, answer.answered)
            return []
        }
        let lag = first.edge.end - reach.end
        guard edge != first.leader, answer.begun > first.answered, lag >= reach.lastDuration * 1.99,
            mpdBehind[edge] != reach.end, mpdBehind[edge] != nil || mpdBehind.count < Self.limit
        else { return [] }
        mpdBehind[edge] = reach.end
        return [
            FindingRule.edgesApart.finding("\(shown(edge)) ends \(lag) before \(shown(first.leader))")
        ]
    }
}
