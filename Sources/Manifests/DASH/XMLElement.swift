/// An element of an XML document, with what stands in it.
///
/// Names have the prefix of the root element cut off, so that `<mpd:Period>` is `Period`; elements of other namespaces
/// keep theirs and are thereby unknown to the decoder. Lives only while a document is decoded.
final class XMLElement {
    /// The name.
    let name: String
    /// The attributes by their names as written.
    let attributes: XMLAttributes
    /// The line the start tag begins at.
    let line: Int
    /// The elements in it, in order.
    private(set) var children: [XMLElement] = []
    /// The text that stands directly in it, with blanks as written.
    private(set) var rawText = ""

    init(name: String, attributes: XMLAttributes, line: Int) {
        self.name = name
        self.attributes = attributes
        self.line = line
    }

    /// The text without blanks at its ends, made once, so that all who inherit it share it.
    private(set) lazy var text: String = {
        let bytes = Array(rawText.utf8)
        return bytes.text(bytes.trimmed(0..<bytes.count))
    }()

    /// The first element of each name, made once: what many Representations inherit is looked up again and again.
    private lazy var firstByName: [String: XMLElement] = {
        var table: [String: XMLElement] = [:]
        for child in children where table[child.name] == nil { table[child.name] = child }
        return table
    }()

    /// The elements of a name, in order.
    func children(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The first element of a name.
    ///
    /// Only asked for when the document has been read to its end.
    func child(_ name: String) -> XMLElement? {
        children.count < 8 ? children.first { $0.name == name } : firstByName[name]
    }

    /// Adds an element at the end.
    func append(_ child: XMLElement) { children.append(child) }

    /// Adds text at the end.
    func append(text: String) { rawText += text }
}

/// The attributes of an element: few, so that a list is faster than a table.
struct XMLAttributes {
    private var pairs: [(name: String, value: String)] = []

    /// How many there are.
    var count: Int { pairs.count }

    /// The value of the attribute of a name.
    subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// Adds an attribute; false when there is one of this name.
    mutating func add(_ name: String, _ value: String) -> Bool {
        guard self[name] == nil else { return false }
        pairs.append((name, value))
        return true
    }
}
