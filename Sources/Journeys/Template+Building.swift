import Quantities

// Templates made of templates: JSON documents, forms, and secrets put in their places.
extension Template {
    /// A template of literal text, in which braces are braces.
    package static func literal(_ text: String) -> Template { Template(pieces: text.isEmpty ? [] : [.text(text)]) }

    /// The template as a JSON string: in quotes, its text escaped; its values are to be written as
    /// ``Encoding/json``.
    package var asJSONString: Template {
        let inside = pieces.map { piece -> Piece in
            if case .text(let text) = piece { .text(Self.escapedForJSON(text)) } else { piece }
        }
        return Template(pieces: [.text("\"")] + inside + [.text("\"")])
    }

    /// The template with its text percent-encoded; its values are to be written as ``Encoding/form``.
    package var asFormValue: Template {
        Template(
            pieces: pieces.map { piece in
                if case .text(let text) = piece { .text(URIReference.encoded(text)) } else { piece }
            })
    }

    /// One template after the other.
    package static func joined(_ templates: [Template]) -> Template {
        var pieces: [Piece] = []
        for piece in templates.flatMap(\.pieces) {
            if case .text(let text) = piece, case .text(let last)? = pieces.last {
                pieces[pieces.count - 1] = .text(last + text)
            } else {
                pieces.append(piece)
            }
        }
        return Template(pieces: pieces)
    }

    /// The template with its secrets in their places.
    ///
    /// - Parameter load: Gives the text of a name that is a secret.
    /// - Returns: The same with secrets in the place of their names.
    /// - Throws: What `load` throws.
    package func resolvingSecrets<Failure: Error>(
        _ load: (Name) throws(Failure) -> String
    ) throws(Failure) -> Template {
        var resolved: [Piece] = []
        for piece in pieces {
            if case .name(let name) = piece, name.isSecret {
                resolved.append(.secret(SecretText(text: try load(name))))
            } else {
                resolved.append(piece)
            }
        }
        return Template(pieces: resolved)
    }

    /// A text as it stands inside a JSON string (RFC 8259 section 7).
    static func escapedForJSON(_ text: String) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count + 8)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                result += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): result += "\\n".utf8
            case UInt8(ascii: "\r"): result += "\\r".utf8
            case UInt8(ascii: "\t"): result += "\\t".utf8
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                result += ("\\u00" + (digits.utf8.count < 2 ? "0" : "") + digits).utf8
            default: result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
