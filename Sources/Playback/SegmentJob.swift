import Manifests
import Quantities

/// What is being fetched for one segment, one thing after another: key, initialization section, the segment itself.
struct SegmentJob: Sendable {
    enum Stage: Sendable, Hashable {
        case key
        case initialization
        case segment
    }

    /// The segment, or a part of one made to look like it, and what its references are relative to: out of line, since jobs are
    /// moved about and these are large.
    final class Content: Sendable {
        let segment: Segment
        let base: String
        /// Whether the segment needs a key, or an initialization section: most have had theirs, and both are large.
        let hasKey: Bool
        let hasInitialization: Bool

        /// What all segments have in common that are plain (``SegmentList/isPlain(_:)``), where nothing is fetched by its name.
        static let plain = Content(
            segment: Segment(
                sequence: 0, start: .zero, duration: .zero, uri: "", initialization: InitializationSection(uri: "")),
            base: "")

        /// What a job has to know of a segment; nil where the list has it no more.
        static func of(_ span: SegmentSpan, _ media: LoadedMedia, _ context: PlayerSession.Context) -> Content? {
            if !context.namesResources, media.segments.isPlain(span.sequence) { return .plain }
            return media.segments.segment(span.sequence).map { Content(segment: $0, base: media.base) }
        }

        init(segment: Segment, base: String) {
            self.segment = segment
            self.base = base
            hasKey = segment.key != nil
            hasInitialization = segment.initialization != nil
        }
    }

    private let content: Content
    /// The segment's number and how long it plays.
    let sequence: Int64
    let duration: TimeAmount
    /// The position in its segment, when it is a part.
    var part: Int?
    /// Where the segment begins and ends on the session's timeline.
    var start: MediaTime
    var end: MediaTime
    var bitRate: BitRate
    var due: Instant
    var stage: Stage
    /// The ``TrackLoader/mediaNumber`` of the list it stands in.
    let mediaNumber: UInt32
    /// True while its initialization section is being fetched beside it.
    var awaitsInitialization = false
    /// How long each chunk plays, when the segment is fetched while it is being made.
    var chunkDuration: TimeAmount?

    init(
        _ content: Content, sequence: Int64, duration: TimeAmount, part: Int?, start: MediaTime, end: MediaTime,
        bitRate: BitRate, due: Instant, stage: Stage, mediaNumber: UInt32
    ) {
        self.content = content
        self.sequence = sequence
        self.duration = duration
        self.part = part
        self.start = start
        self.end = end
        self.bitRate = bitRate
        self.due = due
        self.stage = stage
        self.mediaNumber = mediaNumber
    }

    var segment: Segment { _read { yield content.segment } }
    var base: String { content.base }
    // These alone, since the whole segment would be copied for each of them.
    var uri: String { content.segment.uri }
    var byteRange: ByteRange? { content.segment.byteRange }
    var key: EncryptionKey? { content.hasKey ? content.segment.key : nil }
    var hasInitialization: Bool { content.hasInitialization }
    var initialization: InitializationSection? { content.segment.initialization }
}
