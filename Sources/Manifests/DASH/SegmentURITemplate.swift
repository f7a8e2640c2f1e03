/// A `media` or `initialization` template (ISO/IEC 23009-1 section 5.3.9.4.4), with what is the same for all segments of
/// a Representation already put in.
struct SegmentURITemplate: Sendable, Hashable {
    /// A piece of the template.
    enum Piece: Sendable, Hashable {
        case literal(String)
        /// `$Number$`, at least so many digits.
        case number(width: Int)
        /// `$Time$`, at least so many digits.
        case time(width: Int)
        /// `$SubNumber$`, at least so many digits.
        case subNumber(width: Int)
    }

    /// The pieces in order.
    let pieces: [Piece]

    /// The longest template, and the longest text that it may give, in UTF-8 bytes.
    static let maximumLength = 16_384

    /// The widest number that a format tag may ask for.
    static let maximumWidth = 64

    /// Reads a template.
    ///
    /// - Throws: A problem for an identifier that is not known, a format tag that is not `%0<width>d`, and a dollar sign
    ///   without its partner.
    init(_ text: String, representationID: String, bandwidth: String) throws(MPDProblem) {
        guard text.utf8.count <= Self.maximumLength else { throw Self.problem("is too long") }
        var pieces: [Piece] = []
        var literal = ""
        var length = 0
        var isIdentifier = false
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count % 2 == 1 else { throw Self.problem("has a dollar sign without its partner") }
        for part in parts {
            defer { isIdentifier.toggle() }
            guard isIdentifier else {
                literal += part
                continue
            }
            length += part.hasPrefix("RepresentationID") ? representationID.utf8.count : Self.maximumWidth
            guard length <= Self.maximumLength else { throw Self.problem("gives too long a text") }
            let sides = part.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
            let width = try sides.count == 2 ? Self.width(sides[1]) : 0
            switch sides[0] {
            case "": literal += "$"
            case "RepresentationID": literal += representationID
            case "Bandwidth": literal += Self.padded(bandwidth, to: width)
            case "Number":
                pieces += [.literal(literal), .number(width: width)]
                literal = ""
            case "Time":
                pieces += [.literal(literal), .time(width: width)]
                literal = ""
            case "SubNumber":
                pieces += [.literal(literal), .subNumber(width: width)]
                literal = ""
            default: throw Self.problem("names $\(part.prefix(40))$, which is not known")
            }
        }
        pieces.append(.literal(literal))
        self.pieces = pieces.filter { $0 != .literal("") }
    }

    /// True when the text differs from segment to segment.
    var isVariable: Bool {
        pieces.contains { if case .literal = $0 { false } else { true } }
    }

    /// True when partial segments have texts of their own.
    var namesParts: Bool {
        pieces.contains { if case .subNumber = $0 { true } else { false } }
    }

    /// True when it names `$Number$` as well as `$Time$`, which exclude each other.
    var namesNumberAndTime: Bool {
        pieces.contains { if case .number = $0 { true } else { false } }
            && pieces.contains { if case .time = $0 { true } else { false } }
    }

    /// The text for one segment.
    func text(number: Int64, time: Int64, subNumber: Int64 = 0) -> String {
        var result = ""
        for piece in pieces {
            switch piece {
            case .literal(let text): result += text
            case .number(let width): result += Self.padded(String(number), to: width)
            case .time(let width): result += Self.padded(String(time), to: width)
            case .subNumber(let width): result += Self.padded(String(subNumber), to: width)
            }
        }
        return result
    }

    private static func padded(_ digits: String, to width: Int) -> String {
        let missing = width - digits.utf8.count
        guard missing > 0 else { return digits }
        let zeros = String(repeating: "0", count: missing)
        return digits.hasPrefix("-") ? "-" + zeros + digits.dropFirst() : zeros + digits
    }

    /// The width in `0<width>d`.
    private static func width(_ format: Substring) throws(MPDProblem) -> Int {
        guard format.last == "d", let width = format.count == 1 ? 0 : Int(format.dropLast()),
            (0...maximumWidth) ~= width
        else { throw problem("has the format tag %\(format.prefix(20)), which is not %0<width>d") }
        return width
    }

    private static func problem(_ detail: String) -> MPDProblem {
        MPDProblem(
            id: "dash-invalid-template", message: "a segment template \(detail)", clause: "ISO/IEC 23009-1 5.3.9.4.4")
    }
}
