import Quantities

/// What the entitlement API says to a call.
struct EntitlementAnswer: Sendable {
    var status: Int
    var headers: [(name: String, value: String)] = []
    var mediaType = MediaType.json
    var body: [UInt8] = []
    /// Why it is no success; nil for one.
    var reason: String?
    /// Who called, where known.
    var caller: String?
    /// The tokens that are in it.
    var tokens = 0

    /// A refusal with a word and a sentence.
    static func refusal(_ status: Int, _ reason: String, _ sentence: String, caller: String? = nil) -> Self {
        var answer = Self.json(status, [("error", .text(reason)), ("message", .text(sentence))])
        answer.reason = reason
        answer.caller = caller
        return answer
    }

    /// An answer with the fields of an object.
    static func json(_ status: Int, _ fields: [(String, JSONValue)]) -> Self {
        EntitlementAnswer(status: status, body: Array((JSONValue.object(fields).text + "\n").utf8))
    }
}

/// A value of JSON (RFC 8259) to be written.
enum JSONValue: Sendable {
    case text(String)
    case number(Int64)
    case flag(Bool)
    case object([(String, JSONValue)])

    /// The text of the value.
    var text: String {
        switch self {
        case .text(let text): return Self.quoted(text)
        case .number(let number): return String(number)
        case .flag(let flag): return flag ? "true" : "false"
        case .object(let fields):
            return "{" + fields.map { Self.quoted($0.0) + ":" + $0.1.text }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: bytes += Array("\\u00".utf8) + Array(SessionKey.hexadecimal([byte]).utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        return String(decoding: bytes, as: UTF8.self)
    }
}
