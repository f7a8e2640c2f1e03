import Manifests
import Quantities

/// When a document is to be loaded again, and by which URI.
///
/// HLS after rfc8216bis section 6.3.4: after a load that brought something new not before the duration of the last
/// segment has passed since that load's begin, else half a target duration; with parts a part's duration takes their
/// place. Where the server blocks (CAN-BLOCK-RELOAD=YES) the next version is asked for at once. An MPD is loaded
/// `minimumUpdatePeriod` after the begin of the last load (ISO/IEC 23009-1 section 5.4).
package struct ReloadPlan: Sendable, Hashable {
    /// A place in a live playlist: a segment, or one of its parts.
    package struct Position: Sendable, Hashable {
        /// `_HLS_msn`: the media sequence number.
        package var sequence: Int64
        /// `_HLS_part`: the part's position in the segment; nil for the whole segment.
        package var part: Int?
    }

    /// How long after the begin of the last load; zero for at once.
    package var wait: TimeAmount
    /// What to ask a blocking server for; nil for a plain request.
    package var position: Position?

    /// The shortest wait between two plain loads, whatever a document says.
    package static let shortestWait = TimeAmount.milliseconds(250)
    /// How often at most a blocking server is asked, in case it does not block.
    private static let shortestBlockedWait = TimeAmount.milliseconds(50)

    /// The plan after a load of a media playlist; nil when nothing will be added.
    ///
    /// - Parameters:
    ///   - playlist: The newest version.
    ///   - isChanged: False when the load brought nothing new, or failed.
    package init?(after playlist: MediaPlaylist, isChanged: Bool) {
        guard playlist.isLive else { return nil }
        let unit = playlist.extras.partTarget ?? playlist.targetDuration
        if playlist.extras.serverControl.canBlockReload {
            position = Self.next(after: playlist)
            wait = isChanged ? Self.shortestBlockedWait : max(unit * 0.5, Self.shortestWait)
            return
        }
        position = nil
        let last = playlist.extras.partTarget ?? playlist.segments.last?.duration ?? playlist.targetDuration
        wait = max(isChanged ? min(last, playlist.targetDuration) : unit * 0.5, Self.shortestWait)
    }

    /// The plan after a load of an MPD; nil when it will not change.
    package init?(after presentation: Presentation) {
        guard presentation.isDynamic, let period = presentation.dynamicTiming?.minimumUpdatePeriod else { return nil }
        position = nil
        // Zero means that the media tell; without media it is looked for as often as segments come.
        let segment = presentation.dynamicTiming?.maximumSegmentDuration ?? .seconds(Int64(2))
        wait = max(period > .zero ? period : segment, Self.shortestWait)
    }

    /// What a blocking server is to wait for (rfc8216bis section 6.2.5.2): the part after the last one, or the segment
    /// after the last.
    private static func next(after playlist: MediaPlaylist) -> Position {
        let last = playlist.segments.isEmpty ? nil : playlist.segments.lastSequence
        if playlist.isLowLatency {
            if let part = playlist.extras.parts.last, part.sequence > last ?? .min {
                return Position(sequence: part.sequence, part: part.index + 1)
            }
            return Position(sequence: (last ?? -1) + 1, part: 0)
        }
        return Position(sequence: (last ?? -1) + 1, part: nil)
    }

    /// The URI to ask for: with the directives of a blocking reload, all query parameters in UTF-8 order as the
    /// specification wants (rfc8216bis section 6.2.5).
    package func uri(for document: String) -> String {
        guard let position else { return document }
        var reference = URIReference(document)
        reference.fragment = nil
        var parameters = (reference.query ?? "").split(separator: "&").map(String.init)
        parameters.removeAll { $0.hasPrefix("_HLS_") }
        parameters.append("_HLS_msn=\(position.sequence)")
        if let part = position.part { parameters.append("_HLS_part=\(part)") }
        parameters.sort { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        reference.query = Substring(parameters.joined(separator: "&"))
        return reference.text
    }
}
