import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Reads an XML document into a tree of ``XMLElement`` with Foundation's event-driven parser.
///
/// The parser resolves no external entities, and a document with a document type declaration never gets here
/// (``DocumentSniffer`` refuses it), so there are no entities but the five of XML itself.
final class XMLTreeReader: NSObject {
    private let limits: DecodingLimits
    private var root: XMLElement?
    private var open: [XMLElement] = []
    private var count = 0
    private var rootPrefix = ""
    private var failure: ManifestError?

    private init(limits: DecodingLimits) { self.limits = limits }

    /// Reads a document.
    ///
    /// - Throws: `malformed` with the line where it is not well-formed or not UTF-8, `tooLarge` for too many elements or
    ///   too deep a nesting.
    static func read(_ bytes: [UInt8], limits: DecodingLimits) throws(ManifestError) -> XMLElement {
        try checkEncoding(bytes)
        let reader = XMLTreeReader(limits: limits)
        let parser = XMLParser(data: Data(bytes))
        parser.shouldProcessNamespaces = false
        parser.shouldResolveExternalEntities = false
        parser.delegate = reader
        let succeeded = parser.parse()
        if let failure = reader.failure { throw failure }
        // The parser reports some broken documents only by its error: text behind the root, a missing end tag.
        let code = (parser.parserError as NSError?)?.code
        let isUnboundPrefix = code == unboundPrefix
        guard succeeded, code == nil || isUnboundPrefix, reader.open.isEmpty, let root = reader.root else {
            throw .malformed(line: max(1, parser.lineNumber), detail: sentence(code))
        }
        return root
    }

    /// libxml2's `XML_NS_ERR_UNDEFINED_NAMESPACE`: players do not mind.
    private static let unboundPrefix = 201

    private static func sentence(_ code: Int?) -> String {
        switch code {
        case 5: "the XML document ends too early, or goes on behind its root element"
        case 9: "the XML document holds a character that is not allowed or not UTF-8"
        case 26: "the XML document uses an entity that is not defined"
        case 42: "an XML element has the same attribute twice"
        case 76: "an XML end tag does not fit its start tag"
        case let code?: "the XML document is not well-formed (libxml2 error \(code))"
        case nil: "the XML document is not well-formed"
        }
    }

    /// Refuses a declared encoding other than UTF-8 and its subset ASCII: a parser that decodes others sees other
    /// characters than those that were looked at for a document type.
    private static func checkEncoding(_ bytes: [UInt8]) throws(ManifestError) {
        let head = bytes.text(0..<min(bytes.count, 200))
        guard let declaration = head.range(of: "<?xml"), let end = head.range(of: "?>"),
            declaration.upperBound <= end.lowerBound,
            let name = head[declaration.upperBound..<end.lowerBound].range(of: "encoding")
        else { return }
        let value = head[name.upperBound..<end.lowerBound].drop { $0 == "=" || $0.isWhitespace || $0 == "\"" || $0 == "'" }
        let encoding = value.prefix { $0 != "\"" && $0 != "'" }.lowercased()
        guard ["utf-8", "utf8", "us-ascii", "ascii"].contains(encoding) else {
            throw .malformed(line: 1, detail: "the XML document is in \(encoding.prefix(40)), not in UTF-8")
        }
    }

    private func fail(_ error: ManifestError, _ parser: XMLParser) {
        guard failure == nil else { return }
        failure = error
        parser.abortParsing()
    }
}

extension XMLTreeReader: XMLParserDelegate {
    func parser(
        _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        guard failure == nil else { return }
        count += 1
        if count > limits.elements {
            return fail(.tooLarge(detail: "the MPD has more than \(limits.elements) elements"), parser)
        }
        if open.count >= limits.depth {
            return fail(.tooLarge(detail: "the MPD's elements are nested deeper than \(limits.depth)"), parser)
        }
        if root == nil, let colon = elementName.firstIndex(of: ":") { rootPrefix = String(elementName[...colon]) }
        var name = elementName
        if !rootPrefix.isEmpty, name.hasPrefix(rootPrefix) { name.removeFirst(rootPrefix.count) }
        let element = XMLElement(name: name, attributes: attributes, line: parser.lineNumber)
        if let parent = open.last { parent.append(element) } else { root = element }
        open.append(element)
    }

    func parser(_ parser: XMLParser, didEndElement elementName: String, namespaceURI: String?, qualifiedName: String?) {
        if !open.isEmpty { open.removeLast() }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        // Blanks between elements are most of what comes here and mean nothing.
        guard let element = open.last, !element.rawText.isEmpty || !string.utf8.allSatisfy(\.isASCIISpace) else { return }
        element.append(text: string)
    }

    func parser(_ parser: XMLParser, foundCDATA block: Data) {
        open.last?.append(text: String(decoding: block, as: UTF8.self))
    }
}
