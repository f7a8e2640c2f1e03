import Quantities

/// Holds the renditions of one stream on one edge against each other by their program date times
/// (rfc8216bis section 6.2.4).
///
/// Renditions are fetched at different times, so what is compared is how far each one's end lies behind the clock. That
/// rises from one version to the next by a segment's duration and falls again, so two renditions that are made together
/// are never more than a target duration apart.
package struct VariantComparison: Sendable {
    /// What is known of a rendition.
    private struct Variant: Sendable {
        var playlist: MediaPlaylist
        /// How far its end lies behind the clock, at least and at most; nil without dates.
        var behind: (least: TimeAmount, most: TimeAmount)?
        var isReported = false
    }

    /// The most renditions that are remembered.
    private static let limit = 256

    private var variants: [String: Variant] = [:]

    /// Creates a comparison that has seen nothing.
    package init() {}

    /// Looks at a live media playlist of a rendition.
    ///
    /// - Parameters:
    ///   - playlist: The playlist.
    ///   - answer: How it came.
    ///   - name: What tells the rendition from the others: the URI without its query.
    /// - Returns: What is wrong; mostly nothing.
    package mutating func observe(_ playlist: MediaPlaylist, _ answer: DocumentAnswer, name: String) -> [Finding] {
        guard playlist.isLive, !playlist.isIFramesOnly else { return [] }
        if variants[name]?.playlist === playlist { return [] }
        guard variants[name] != nil || variants.count < Self.limit else { return [] }
        var variant = variants[name] ?? Variant(playlist: playlist)
        variant.playlist = playlist
        variant.behind = nil
        if let last = playlist.segments.last, let date = last.programDateTime {
            let most = answer.wall - (date + last.duration)
            variant.behind = (most - (answer.answered - answer.begun), most)
        }
        var findings: [Finding] = []
        if !variant.isReported, let finding = difference(variant, name) {
            variant.isReported = true
            findings.append(finding)
        }
        variants[name] = variant
        return findings
    }

    private func difference(_ variant: Variant, _ name: String) -> Finding? {
        for (other, known) in variants.sorted(by: { $0.key < $1.key }) where other != name {
            switch (variant.behind, known.behind) {
            case (nil, .some), (.some, nil):
                let without = variant.behind == nil ? name : other
                return FindingRule.datesMissing.finding("\(PublicName.of(without)) has none, other renditions do")
            case (let own?, let others?):
                let apart = max(own.least - others.most, others.least - own.most)
                // Subtitles may come in longer segments.
                guard apart > max(variant.playlist.targetDuration, known.playlist.targetDuration) else { continue }
                return FindingRule.variantsApart.finding(
                    "\(PublicName.of(name)) and \(PublicName.of(other)) end \(apart) apart")
            case (nil, nil): continue
            }
        }
        return nil
    }
}
