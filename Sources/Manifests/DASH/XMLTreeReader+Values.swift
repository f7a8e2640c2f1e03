/// Text and the values of attributes.
extension XMLTreeReader {
    /// Control characters are not allowed in XML, not even as references.
    mutating func checkCharacters(_ range: Range<Int>) throws(ManifestError) {
        for place in range where bytes[place] < 0x20 && !bytes[place].isASCIISpace {
            throw malformed("the XML document holds a control character", at: place)
        }
    }

    /// The text of a range with references replaced; blanks in attributes become spaces (XML 1.0 section 3.3.3).
    mutating func value(of range: Range<Int>, isAttribute: Bool) throws(ManifestError) -> String {
        var isPlain = true
        for place in range {
            let byte = bytes[place]
            if byte >= 0x20, byte != ASCII.ampersand, byte != ASCII.less { continue }
            isPlain = false
            if byte == ASCII.less { throw malformed("an XML attribute holds a '<'", at: place) }
        }
        if isPlain { return bytes.text(range) }
        try checkCharacters(range)
        var result: [UInt8] = []
        var place = range.lowerBound
        while place < range.upperBound {
            let byte = bytes[place]
            if byte == ASCII.ampersand {
                guard let end = bytes.first(UInt8(ascii: ";"), in: place..<min(place + 12, range.upperBound)),
                    let character = character(place + 1..<end)
                else { throw malformed("the XML document uses an entity that is not defined", at: place) }
                result.append(contentsOf: Character(character).utf8)
                place = end + 1
            } else {
                result.append(isAttribute && byte.isASCIISpace ? ASCII.space : byte)
                place += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The character that a reference stands for.
    private func character(_ name: Range<Int>) -> Unicode.Scalar? {
        switch bytes.text(name) {
        case "lt": return "<"
        case "gt": return ">"
        case "amp": return "&"
        case "quot": return "\""
        case "apos": return "'"
        case let text where text.hasPrefix("#x"): return scalar(UInt32(text.dropFirst(2), radix: 16))
        case let text where text.hasPrefix("#"): return scalar(UInt32(text.dropFirst()))
        default: return nil
        }
    }

    private func scalar(_ number: UInt32?) -> Unicode.Scalar? {
        guard let number, number >= 0x20 || [9, 10, 13].contains(number) else { return nil }
        return Unicode.Scalar(number)
    }
}
