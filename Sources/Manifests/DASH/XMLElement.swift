/// An element of an XML document, with what stands in it.
///
/// Names have the prefixes of the MPD's own namespace cut off, so that `<mpd:Period>` is `Period`; elements of other
/// namespaces keep theirs and are found with ``child(local:)``. An element never changes, so that an MPD which a patch
/// changed shares with the one before it what stayed the same.
final class XMLElement: Sendable {
    /// The name.
    let name: String
    /// The attributes by their names as written.
    let attributes: XMLAttributes
    /// The line the start tag begins at.
    let line: Int
    /// The elements in it, in order.
    let children: [XMLElement]
    /// The text that stands directly in it, without blanks at its ends.
    let text: String
    /// What it and all in it holds: how many elements, how many levels, and about how many bytes.
    let extent: Extent
    /// The first child of each name where there are many children: what many Representations inherit is looked up again
    /// and again.
    private let firstByName: [String: XMLElement]

    /// How large a tree is.
    struct Extent {
        /// Elements, with the tree's root.
        var elements: Int
        /// Levels, one for an element without children.
        var levels: Int
        /// UTF-8 bytes of names, attributes and text.
        var bytes: Int
    }

    init(name: String, attributes: XMLAttributes, line: Int, children: [XMLElement] = [], text: String = "") {
        self.name = name
        self.attributes = attributes
        self.line = line
        self.children = children
        self.text = text
        var extent = Extent(elements: 1, levels: 0, bytes: name.utf8.count + attributes.size + text.utf8.count)
        for child in children {
            extent.elements += child.extent.elements
            extent.bytes += child.extent.bytes
            extent.levels = max(extent.levels, child.extent.levels)
        }
        extent.levels += 1
        self.extent = extent
        firstByName = children.count < 8 ? [:] : Self.table(of: children)
    }

    private static func table(of children: [XMLElement]) -> [String: XMLElement] {
        var table: [String: XMLElement] = [:]
        var last = ""
        for child in children where child.name != last {
            last = child.name
            if table[last] == nil { table[last] = child }
        }
        return table
    }

    /// The elements of a name, in order.
    func children(_ name: String) -> [XMLElement] {
        child(name) == nil ? [] : children.filter { $0.name == name }
    }

    /// The first element of a name.
    func child(_ name: String) -> XMLElement? {
        children.count < 8 ? children.first { $0.name == name } : firstByName[name]
    }

    /// The first element of a name, whatever its prefix is.
    func child(local name: String) -> XMLElement? { children.first { $0.isNamed(name) } }

    /// True when it has this name, with any prefix.
    func isNamed(_ local: String) -> Bool { name == local || name.hasLocalPart(local) }
}

/// The attributes of an element: few, so that a list is faster than a table.
struct XMLAttributes: Sendable {
    private(set) var pairs: [(name: String, value: String)] = []

    /// How many there are.
    var count: Int { pairs.count }

    /// UTF-8 bytes of all names and values.
    var size: Int { pairs.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count } }

    /// The value of the attribute of a name.
    subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// The value of the first attribute of a name, whatever its prefix is.
    subscript(local name: String) -> String? {
        pairs.first { $0.name == name || $0.name.hasLocalPart(name) }?.value
    }

    /// Adds an attribute; false when there is one of this name.
    mutating func add(_ name: String, _ value: String) -> Bool {
        guard self[name] == nil else { return false }
        pairs.append((name, value))
        return true
    }

    /// Gives an attribute a value, or takes it away with nil.
    mutating func set(_ name: String, to value: String?) {
        guard let index = pairs.firstIndex(where: { $0.name == name }) else {
            if let value { pairs.append((name, value)) }
            return
        }
        if let value { pairs[index].value = value } else { pairs.remove(at: index) }
    }
}

extension String {
    /// True for a name with a prefix and this local part, such as `cenc:pssh` for `pssh`.
    fileprivate func hasLocalPart(_ local: String) -> Bool {
        utf8.count > local.utf8.count + 1 && hasSuffix(local)
            && utf8[utf8.index(utf8.endIndex, offsetBy: -local.utf8.count - 1)] == ASCII.colon
    }
}
