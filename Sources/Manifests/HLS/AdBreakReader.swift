import Quantities

/// Reads the tags by which packagers announce advertisement breaks beside date ranges.
///
/// No standard has them; they are written as AWS Elemental, Adobe, Wowza and Unified Streaming document them:
/// `EXT-X-CUE-OUT[:[DURATION=]seconds]`, `EXT-X-CUE-OUT-CONT:elapsed/duration` or with attributes, `EXT-X-CUE-IN`,
/// `EXT-X-SCTE35` with CUE-OUT, CUE-IN or TYPE, and `EXT-OATCLS-SCTE35`, a splice section in Base64 that announces a
/// break even when no EXT-X-CUE-OUT goes with it.
struct AdBreakReader {
    /// The markers in the playlist's order, at most one of a kind before each segment.
    private(set) var markers: [AdMarker] = []
    /// True behind a splice section until the next segment.
    private var hasSection = false

    /// Takes a tag that stands before the segment with a number.
    mutating func read(_ tag: PlaylistTag, _ value: Range<Int>, in bytes: [UInt8], before sequence: Int64) {
        if tag == .cueOut {
            add(.out, sequence, Self.duration(value, in: bytes))
        } else if tag == .cueOutContinued {
            add(.continued, sequence, Self.duration(value, in: bytes))
        } else if tag == .cueIn {
            add(.in, sequence, nil)
        } else if tag == .spliceInformation {
            readSplice(AttributeList(value, in: bytes), sequence)
        } else if tag == .spliceSection {
            hasSection = true
        }
    }

    /// Takes over markers of segments that a delta update leaves out.
    mutating func takeOver(_ older: [AdMarker]) { markers = older + markers }

    /// A URI line ended what the tags before it say about the segment with a number.
    mutating func finishSegment(_ sequence: Int64) {
        guard hasSection else { return }
        hasSection = false
        if markers.last?.sequence != sequence { add(.out, sequence, nil) }
    }

    private mutating func add(_ kind: AdMarker.Kind, _ sequence: Int64, _ duration: TimeAmount?) {
        var place = markers.count
        while place > 0, markers[place - 1].sequence == sequence {
            place -= 1
            guard markers[place].kind == kind else { continue }
            markers[place].duration = markers[place].duration ?? duration
            return
        }
        markers.append(AdMarker(kind: kind, sequence: sequence, duration: duration))
    }

    private mutating func readSplice(_ list: AttributeList, _ sequence: Int64) {
        let duration = list.positiveTime("DURATION") ?? list.positiveTime("PLANNED-DURATION")
        if list.isValue("CUE-OUT", "YES") {
            add(.out, sequence, duration)
        } else if list.isValue("CUE-OUT", "CONT") {
            add(.continued, sequence, duration)
        } else if list.isValue("CUE-IN", "YES") || list.isValue("CUE-OUT", "NO") {
            add(.in, sequence, nil)
        } else if let type = list.text("TYPE").flatMap(Self.number), (0x22...0x4F).contains(type) {
            // Segmentation types (SCTE 35 table 23): even numbers begin, odd ones end.
            add(type % 2 == 0 ? .out : .in, sequence, type % 2 == 0 ? duration : nil)
        }
    }

    private static func number(_ text: String) -> Int? {
        text.hasPrefix("0x") || text.hasPrefix("0X") ? Int(text.dropFirst(2), radix: 16) : Int(text)
    }

    /// The break's duration: an attribute, what stands behind a slash, or the whole value.
    private static func duration(_ value: Range<Int>, in bytes: [UInt8]) -> TimeAmount? {
        if bytes.first(ASCII.equals, in: value) != nil {
            let list = AttributeList(value, in: bytes)
            return list.positiveTime("DURATION") ?? list.positiveTime("Duration") ?? list.positiveTime("duration")
        }
        let slash = bytes.first(ASCII.slash, in: value)
        let range = bytes.trimmed((slash.map { $0 + 1 } ?? value.lowerBound)..<value.upperBound)
        guard let time = bytes.nanoseconds(range), (1...DecodingLimits.longestDuration).contains(time) else {
            return nil
        }
        return .nanoseconds(time)
    }
}
