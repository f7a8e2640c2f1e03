/// Reads an XML document into a tree of ``XMLElement``.
///
/// It knows what an MPD needs of XML 1.0: elements, attributes, text, CDATA sections, comments, processing instructions,
/// character references and the five entities of the language itself. It has no document type declarations, so there is
/// nothing that could define an entity or name a file to read. Foundation's parser is not used because one byte that is
/// not UTF-8 in a name ends the process there (swift-corelibs-foundation 6.3, `_NSXMLParserStartElementNs`).
struct XMLTreeReader {
    let bytes: [UInt8]
    private let limits: DecodingLimits
    private var index: Int
    private var root: XMLElement?
    private var open: [OpenElement] = []
    private var count = 0
    private var hasRoot = false
    /// The prefixes, with their colons, of the namespace that the document is about.
    private var prefixes: [[UInt8]] = []
    /// The line at `lineIndex`, counted on from there when it is asked for.
    private var line = 1
    private var lineIndex = 0

    /// An element whose end tag has not been read.
    private struct OpenElement {
        /// The name as written, which the end tag must repeat.
        var written: Range<Int>
        var name: String
        var attributes: XMLAttributes
        var line: Int
        var children: [XMLElement] = []
        var text = ""

        /// The element when nothing more comes.
        func closed() -> XMLElement {
            var trimmed = text
            if !text.isEmpty {
                let bytes = Array(text.utf8)
                trimmed = bytes.text(bytes.trimmed(0..<bytes.count))
            }
            return XMLElement(name: name, attributes: attributes, line: line, children: children, text: trimmed)
        }
    }

    private init(bytes: [UInt8], limits: DecodingLimits) {
        self.bytes = bytes
        self.limits = limits
        index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The most attributes that an element may have.
    private static let maximumAttributes = 64

    /// Reads a document.
    ///
    /// - Throws: `malformed` with the line where it is not well-formed or not UTF-8, `tooLarge` for too many elements or
    ///   too deep a nesting.
    static func read(_ bytes: [UInt8], limits: DecodingLimits) throws(ManifestError) -> XMLElement {
        var reader = XMLTreeReader(bytes: bytes, limits: limits)
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw reader.malformed("the XML document is not UTF-8", at: 0)
        }
        while reader.index < bytes.count { try reader.readItem() }
        guard let root = reader.root, reader.open.isEmpty else {
            throw reader.malformed("the XML document ends too early", at: bytes.count)
        }
        return root
    }

    mutating func malformed(_ detail: String, at place: Int) -> ManifestError {
        .malformed(line: lineNumber(at: place), detail: detail)
    }

    private mutating func lineNumber(at place: Int) -> Int {
        while lineIndex < min(place, bytes.count) {
            if bytes[lineIndex] == ASCII.lineFeed { line += 1 }
            lineIndex += 1
        }
        return line
    }

    /// Reads a tag, a comment or the like, or the text up to the next one.
    private mutating func readItem() throws(ManifestError) {
        let start = index
        guard bytes[start] == ASCII.less else { return try readText() }
        let rest = start..<bytes.count
        if bytes.starts(with: "</", at: rest) { return try readEndTag() }
        if bytes.starts(with: "<?", at: rest) {
            let content = try enclosed(from: start + 2, "?>", "a processing instruction")
            if bytes.starts(with: "xml", at: content) { try checkEncoding(content) }
        } else if bytes.starts(with: "<!--", at: rest) {
            _ = try enclosed(from: start + 4, "-->", "a comment")
        } else if bytes.starts(with: "<![CDATA[", at: rest) {
            let content = try enclosed(from: start + 9, "]]>", "a CDATA section")
            guard !open.isEmpty else {
                throw malformed("the XML document has text outside its root element", at: start)
            }
            try checkCharacters(content)
            open[open.count - 1].text += bytes.text(content)
        } else if bytes.starts(with: "<!", at: rest) {
            throw malformed("the XML document has a declaration that is not allowed here", at: start)
        } else {
            try readStartTag()
        }
    }

    /// The range up to a mark, behind which reading goes on.
    private mutating func enclosed(
        from start: Int, _ mark: StaticString, _ what: String
    ) throws(ManifestError) -> Range<Int> {
        guard let end = bytes.find(mark, in: start..<bytes.count) else {
            throw malformed("the XML document ends within \(what)", at: start)
        }
        index = end + mark.utf8CodeUnitCount
        return start..<end
    }

    /// Refuses a declared encoding other than UTF-8 and its subset ASCII.
    private mutating func checkEncoding(_ declaration: Range<Int>) throws(ManifestError) {
        guard let name = bytes.find("encoding", in: declaration) else { return }
        let value = bytes.text(name + 8..<declaration.upperBound).drop { "= \t\r\n\"'".contains($0) }
        let encoding = value.prefix { $0 != "\"" && $0 != "'" }.lowercased()
        guard ["utf-8", "utf8", "us-ascii", "ascii"].contains(encoding) else {
            throw malformed("the XML document is in \(encoding.prefix(40)), not in UTF-8", at: declaration.lowerBound)
        }
    }

    private mutating func readText() throws(ManifestError) {
        let start = index
        index = bytes.first(ASCII.less, in: start..<bytes.count) ?? bytes.count
        // Blanks between elements are most of what stands between tags and mean nothing.
        let content = bytes.trimmed(start..<index)
        guard !content.isEmpty else { return }
        guard !open.isEmpty else {
            throw malformed("the XML document has text outside its root element", at: content.lowerBound)
        }
        open[open.count - 1].text += try value(of: start..<index, isAttribute: false)
    }

    // MARK: - Tags

    private mutating func readStartTag() throws(ManifestError) {
        let start = index
        guard !hasRoot || !open.isEmpty else {
            throw malformed("the XML document has a second root element", at: start)
        }
        count += 1
        guard count <= limits.elements else {
            throw .tooLarge(detail: "the MPD has more than \(limits.elements) elements")
        }
        guard open.count < limits.depth else {
            throw .tooLarge(detail: "the MPD's elements are nested deeper than \(limits.depth)")
        }
        index += 1
        let name = try readName()
        var attributes = XMLAttributes()
        while true {
            skipBlanks()
            guard index < bytes.count else { throw malformed("the XML document ends within a tag", at: start) }
            if bytes[index] == ASCII.slash || bytes[index] == ASCII.greater { break }
            try readAttribute(into: &attributes)
        }
        let element = OpenElement(
            written: name, name: localName(name, attributes), attributes: attributes, line: lineNumber(at: start))
        hasRoot = true
        if bytes[index] == ASCII.slash {
            index += 1
            guard index < bytes.count, bytes[index] == ASCII.greater else {
                throw malformed("an XML tag is not closed", at: start)
            }
            add(element.closed())
        } else {
            open.append(element)
        }
        index += 1
    }

    private mutating func add(_ element: XMLElement) {
        if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
    }

    private mutating func readEndTag() throws(ManifestError) {
        let start = index
        index += 2
        let name = try readName()
        skipBlanks()
        guard index < bytes.count, bytes[index] == ASCII.greater else {
            throw malformed("an XML end tag is not closed", at: start)
        }
        guard let last = open.popLast(), bytes[last.written].elementsEqual(bytes[name]) else {
            throw malformed("an XML end tag does not fit its start tag", at: start)
        }
        add(last.closed())
        index += 1
    }

    private mutating func readAttribute(into attributes: inout XMLAttributes) throws(ManifestError) {
        let start = index
        let name = try readName()
        skipBlanks()
        guard index < bytes.count, bytes[index] == ASCII.equals else {
            throw malformed("an XML attribute has no value", at: start)
        }
        index += 1
        skipBlanks()
        guard index < bytes.count, bytes[index] == ASCII.quote || bytes[index] == ASCII.apostrophe,
            let end = bytes.first(bytes[index], in: index + 1..<bytes.count)
        else { throw malformed("the value of an XML attribute is not in quotes", at: start) }
        let value = try value(of: index + 1..<end, isAttribute: true)
        index = end + 1
        guard attributes.count < Self.maximumAttributes else {
            throw .tooLarge(detail: "an XML element has more than \(Self.maximumAttributes) attributes")
        }
        guard attributes.add(bytes.text(name), value) else {
            throw malformed("an XML element has the same attribute twice", at: start)
        }
    }

    /// The name of an element without the prefix of the root or of the MPD's namespace.
    private mutating func localName(_ name: Range<Int>, _ attributes: XMLAttributes) -> String {
        let colon = bytes.first(ASCII.colon, in: name)
        if !hasRoot, let colon { prefixes.append(Array(bytes[name.lowerBound...colon])) }
        for (attribute, value) in attributes.pairs
        where attribute.utf8.first == UInt8(ascii: "x") && attribute.hasPrefix("xmlns:")
            && value.hasPrefix(Self.namespace) && prefixes.count < Self.maximumPrefixes
        {
            prefixes.append(Array(attribute.dropFirst(6).utf8) + [ASCII.colon])
        }
        guard let colon, prefixes.contains(where: { bytes[name.lowerBound...colon].elementsEqual($0) }) else {
            return bytes.text(name)
        }
        return bytes.text(colon + 1..<name.upperBound)
    }

    /// The MPD's namespace, without its version.
    private static let namespace = "urn:mpeg:dash:schema:mpd:"
    /// The most prefixes that are kept for it.
    private static let maximumPrefixes = 8

    private mutating func readName() throws(ManifestError) -> Range<Int> {
        let start = index
        while index < bytes.count, bytes[index].isXMLNameByte { index += 1 }
        guard index > start, !bytes[start].isASCIIDigit, bytes[start] != ASCII.minus, bytes[start] != ASCII.point else {
            throw malformed("the XML document has a tag or an attribute without a name", at: start)
        }
        return start..<index
    }

    private mutating func skipBlanks() {
        while index < bytes.count, bytes[index].isASCIISpace { index += 1 }
    }
}

extension UInt8 {
    /// True for a byte that may stand in a name; of characters beyond ASCII all are let through.
    fileprivate var isXMLNameByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), ASCII.zero...ASCII.nine,
            ASCII.colon, ASCII.minus, ASCII.point, UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }
}
