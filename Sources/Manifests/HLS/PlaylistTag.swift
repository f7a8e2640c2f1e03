/// The tags of HLS (rfc8216bis section 4.4), without the leading `#EXT`.
enum PlaylistTag: String, CaseIterable {
    // Both kinds of playlist.
    case playlistBegin = "M3U"
    case version = "-X-VERSION"
    case independentSegments = "-X-INDEPENDENT-SEGMENTS"
    case start = "-X-START"
    case define = "-X-DEFINE"
    // Media playlists.
    case targetDuration = "-X-TARGETDURATION"
    case mediaSequence = "-X-MEDIA-SEQUENCE"
    case discontinuitySequence = "-X-DISCONTINUITY-SEQUENCE"
    case endList = "-X-ENDLIST"
    case playlistType = "-X-PLAYLIST-TYPE"
    case iFramesOnly = "-X-I-FRAMES-ONLY"
    case partInformation = "-X-PART-INF"
    case serverControl = "-X-SERVER-CONTROL"
    // Media segments.
    case segmentInformation = "INF"
    case byteRange = "-X-BYTERANGE"
    case discontinuity = "-X-DISCONTINUITY"
    case key = "-X-KEY"
    case map = "-X-MAP"
    case programDateTime = "-X-PROGRAM-DATE-TIME"
    case gap = "-X-GAP"
    case bitRate = "-X-BITRATE"
    case part = "-X-PART"
    // Media metadata.
    case dateRange = "-X-DATERANGE"
    case skip = "-X-SKIP"
    case preloadHint = "-X-PRELOAD-HINT"
    case renditionReport = "-X-RENDITION-REPORT"
    // Multivariant playlists.
    case media = "-X-MEDIA"
    case streamInformation = "-X-STREAM-INF"
    case iFrameStreamInformation = "-X-I-FRAME-STREAM-INF"
    case sessionData = "-X-SESSION-DATA"
    case sessionKey = "-X-SESSION-KEY"
    case contentSteering = "-X-CONTENT-STEERING"
    // Advertisement breaks, in the ways that packagers have come to write them; in no standard.
    case cueOut = "-X-CUE-OUT"
    case cueOutContinued = "-X-CUE-OUT-CONT"
    case cueIn = "-X-CUE-IN"
    case spliceInformation = "-X-SCTE35"
    case spliceSection = "-OATCLS-SCTE35"

    /// Which kind of playlist the tag may stand in.
    enum Home {
        case both
        case media
        case multivariant
    }

    /// Which kind of playlist the tag may stand in.
    var home: Home {
        switch self {
        case .playlistBegin, .version, .independentSegments, .start, .define, .cueOut, .cueOutContinued, .cueIn,
            .spliceInformation, .spliceSection:
            .both
        case .targetDuration, .mediaSequence, .discontinuitySequence, .endList, .playlistType, .iFramesOnly,
            .partInformation, .serverControl, .segmentInformation, .byteRange, .discontinuity, .key, .map,
            .programDateTime, .gap, .bitRate, .part, .dateRange, .skip, .preloadHint, .renditionReport:
            .media
        case .media, .streamInformation, .iFrameStreamInformation, .sessionData, .sessionKey, .contentSteering:
            .multivariant
        }
    }

    /// A bit of its own for each tag that may stand in a playlist once only (rfc8216bis sections 4.4.2 and 4.4.3);
    /// 0 for the others.
    var onceBit: UInt16 {
        switch self {
        case .independentSegments: 1 << 0
        case .start: 1 << 1
        case .targetDuration: 1 << 2
        case .mediaSequence: 1 << 3
        case .discontinuitySequence: 1 << 4
        case .endList: 1 << 5
        case .playlistType: 1 << 6
        case .iFramesOnly: 1 << 7
        case .partInformation: 1 << 8
        case .serverControl: 1 << 9
        case .contentSteering: 1 << 10
        case .version, .skip, .playlistBegin, .define, .segmentInformation, .byteRange, .discontinuity, .key, .map,
            .programDateTime, .gap, .bitRate, .part, .dateRange, .preloadHint, .renditionReport, .media,
            .streamInformation, .iFrameStreamInformation, .sessionData, .sessionKey, .cueOut, .cueOutContinued, .cueIn,
            .spliceInformation, .spliceSection:
            0
        }
    }

    /// The name with its number sign, for messages.
    var name: String { "#EXT" + rawValue }
}

/// Finds a tag by its bytes: candidates by length, compared byte for byte.
struct PlaylistTagTable: Sendable {
    private let byLength: [[(name: [UInt8], tag: PlaylistTag)]]

    static let shared = PlaylistTagTable()

    private init() {
        let longest = PlaylistTag.allCases.map(\.rawValue.utf8.count).max() ?? 0
        var table = [[(name: [UInt8], tag: PlaylistTag)]](repeating: [], count: longest + 1)
        for tag in PlaylistTag.allCases { table[tag.rawValue.utf8.count].append((Array(tag.rawValue.utf8), tag)) }
        byLength = table
    }

    /// The tag with this name (without `#EXT`), or nil for one that is not known.
    func tag(_ name: Range<Int>, in bytes: [UInt8]) -> PlaylistTag? {
        guard name.count < byLength.count else { return nil }
        candidates: for (candidate, tag) in byLength[name.count] {
            for offset in 0..<candidate.count where bytes[name.lowerBound + offset] != candidate[offset] {
                continue candidates
            }
            return tag
        }
        return nil
    }
}
