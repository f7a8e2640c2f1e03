/// A key of Common Media Client Data, as CTA-5004 (version 1) and CTA-5004-B (version 2) define them.
package enum CMCDKey: String, Sendable, Hashable, CaseIterable {
    // Of the object that is asked for.
    case aggregateBitRate = "ab"
    case encodedBitRate = "br"
    case objectDuration = "d"
    case lowestAggregateBitRate = "lab"
    case lowestBitRate = "lb"
    case objectType = "ot"
    case topAggregateBitRate = "tab"
    case topBitRate = "tb"
    case topPlayableBitRate = "tpb"

    // Of the request.
    case bufferLength = "bl"
    case contentSignature = "cs"
    case droppedFrames = "dfa"
    case deadline = "dl"
    case liveLatency = "ltc"
    case measuredThroughput = "mtp"
    case nextObject = "nor"
    case nextRange = "nrr"
    case playheadBitRate = "pb"
    case sequenceNumber = "sn"
    case state = "sta"
    case startup = "su"
    case targetBufferLength = "tbl"

    // Of the session.
    case contentID = "cid"
    case mediaStartDelay = "msd"
    case sessionID = "sid"
    case streamingFormat = "sf"
    case streamType = "st"
    case version = "v"

    // Of how the playback goes.
    case backgrounded = "bg"
    case bufferStarvation = "bs"
    case starvationCount = "bsa"
    case starvationDuration = "bsd"
    case totalStarvationDuration = "bsda"
    case cdn = "cdn"
    case errorCodes = "ec"
    case nonRendered = "nr"
    case playbackRate = "pr"
    case playheadTime = "pt"
    case requestedThroughput = "rtp"

    // Of events.
    case event = "e"
    case timestamp = "ts"
    case customEventName = "cen"
    case hostName = "h"

    // Of a response, in events.
    case status = "rc"
    case firstByte = "ttfb"
    case firstBodyByte = "ttfbb"
    case lastByte = "ttlb"
    case url
    case serverDataDynamic = "cmsdd"
    case serverDataStatic = "cmsds"
    case streamableMediaResponse = "smrt"

    /// One of the four headers that keys are shared out over, by how often their values change.
    package enum Header: String, Sendable, Hashable, CaseIterable {
        case object = "CMCD-Object"
        case request = "CMCD-Request"
        case status = "CMCD-Status"
        case session = "CMCD-Session"
    }

    /// The header that carries the key; nil for keys of events, which travel in a body.
    ///
    /// `pr` is put where the SVTA's library puts it; CTA-5004 of 2020 has it among the session's.
    package var header: Header? {
        switch self {
        case .aggregateBitRate, .encodedBitRate, .objectDuration, .lowestAggregateBitRate, .lowestBitRate,
            .objectType, .topAggregateBitRate, .topBitRate, .topPlayableBitRate:
            .object
        case .bufferLength, .contentSignature, .droppedFrames, .deadline, .liveLatency, .measuredThroughput,
            .nextObject, .nextRange, .playheadBitRate, .sequenceNumber, .state, .startup, .targetBufferLength:
            .request
        case .contentID, .mediaStartDelay, .sessionID, .streamingFormat, .streamType, .version: .session
        case .backgrounded, .bufferStarvation, .starvationCount, .starvationDuration, .totalStarvationDuration, .cdn,
            .errorCodes, .nonRendered, .playbackRate, .playheadTime, .requestedThroughput:
            .status
        case .event, .timestamp, .customEventName, .hostName, .status, .firstByte, .firstBodyByte, .lastByte, .url,
            .serverDataDynamic, .serverDataStatic, .streamableMediaResponse:
            nil
        }
    }

    /// The versions that have the key.
    package var versions: Set<CMCDVersion> {
        switch self {
        case .encodedBitRate, .objectDuration, .objectType, .topBitRate, .bufferLength, .deadline, .measuredThroughput,
            .nextObject, .startup, .contentID, .sessionID, .streamingFormat, .streamType, .version, .bufferStarvation,
            .playbackRate, .requestedThroughput:
            [.one, .two]
        case .nextRange: [.one]
        case .aggregateBitRate, .lowestAggregateBitRate, .lowestBitRate, .topAggregateBitRate, .topPlayableBitRate,
            .contentSignature, .droppedFrames, .liveLatency, .playheadBitRate, .sequenceNumber, .state,
            .targetBufferLength, .mediaStartDelay, .backgrounded, .starvationCount, .starvationDuration,
            .totalStarvationDuration, .cdn, .errorCodes, .nonRendered, .playheadTime, .event, .timestamp,
            .customEventName, .hostName, .status, .firstByte, .firstBodyByte, .lastByte, .url, .serverDataDynamic,
            .serverDataStatic, .streamableMediaResponse:
            [.two]
        }
    }

    /// True for what only the report of a response may say (`e=rr`).
    var isOfResponse: Bool {
        switch self {
        case .status, .firstByte, .firstBodyByte, .lastByte, .url, .serverDataDynamic, .serverDataStatic,
            .streamableMediaResponse:
            true
        default: false
        }
    }

    /// True for what says something of the request to come, and nothing in an event.
    var isOfRequestOnly: Bool {
        switch self {
        case .nextObject, .nextRange, .startup, .deadline: true
        default: false
        }
    }

    /// What a number of the key is rounded to; nil for keys whose values are no whole numbers.
    var rounding: Int64? {
        switch self {
        case .bufferLength, .deadline, .measuredThroughput, .requestedThroughput: 100
        case .playbackRate: nil
        default: 1
        }
    }

    /// True when the value is always a list in version 2.
    var isAlwaysList: Bool { self == .nextObject }
}
