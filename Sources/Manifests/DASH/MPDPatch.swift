import Quantities

/// MPD patches (ISO/IEC 23009-1 section 5.15): a Patch document of RFC 5261 operations that turns the MPD which is held
/// into a newer one.
extension MPDDecoder {
    /// True for bytes whose root element is Patch.
    static func isPatch(_ bytes: [UInt8]) -> Bool { DocumentSniffer.sniff(bytes) == .other("an MPD patch") }

    /// Applies a patch and decodes what comes of it.
    ///
    /// What the patch leaves alone is shared with the document that is held, whose bytes are not read again.
    ///
    /// - Parameters:
    ///   - bytes: The patch.
    ///   - held: What the MPD, or the last patch of it, was decoded to.
    ///   - limits: The bounds for the patch and for the MPD that comes of it.
    /// - Returns: The MPD as it is now, to which a further patch can be applied.
    /// - Throws: `outOfDate` when the patch is for another MPD or another version of it, selects what is not there, or
    ///   selects it in a way that is not known: the whole MPD must be fetched. `malformed` for a patch that breaks the
    ///   rules, `tooLarge` beyond the limits.
    static func apply(
        patch bytes: [UInt8], to held: Presentation, limits: DecodingLimits
    ) throws(ManifestError) -> Presentation {
        guard bytes.count <= limits.bytes else {
            throw .tooLarge(detail: "the MPD patch has \(bytes.count) bytes, more than \(limits.bytes)")
        }
        guard let base = held.patchBase else {
            throw .outOfDate(detail: "the MPD that is held names no place for patches")
        }
        let patch = try XMLTreeReader.read(bytes, limits: limits)
        guard patch.name == "Patch" else { throw .notAManifest(found: "an XML document (\(patch.name.prefix(100)))") }
        try checkHead(of: patch, against: base.root)
        let tree = PatchTree(base.root)
        guard patch.children.count <= maximumOperations else {
            throw .tooLarge(detail: "the MPD patch has more than \(maximumOperations) operations")
        }
        for operation in patch.children { try apply(operation, to: tree) }
        // The patch says which version comes of it, whether or not it has an operation that says so too.
        if tree.root.attributes["publishTime"] == base.root.attributes["publishTime"],
            let time = patch.attribute("publishTime")
        {
            tree.root.attributes.set("publishTime", to: time)
        }
        let root = tree.root.closed()
        try check(root.extent, limits)
        return try decode(root, limits: limits)
    }

    /// The most operations that a patch may have.
    private static let maximumOperations = 10_000

    /// The patch must be for this MPD, in this version (section 5.15.3).
    private static func checkHead(of patch: XMLElement, against root: XMLElement) throws(ManifestError) {
        guard let id = patch.attribute("mpdId"), patch.attribute("originalPublishTime") != nil else {
            throw .malformed(line: patch.line, detail: "the MPD patch has no mpdId or no originalPublishTime")
        }
        guard id == root.attribute("id") else {
            throw .outOfDate(detail: "the MPD patch is for the MPD \(id.prefix(100)), not for the one that is held")
        }
        let original: WallTime?
        let published: WallTime?
        let next: WallTime?
        do {
            original = try patch.date("originalPublishTime")
            next = try patch.date("publishTime")
            published = try root.date("publishTime")
        } catch {
            throw .malformed(line: patch.line, detail: "\(error.message) (\(error.clause))")
        }
        guard original == published else {
            throw .outOfDate(detail: "the MPD patch is for another version of the MPD than the one that is held")
        }
        if let next, let published, next < published {
            throw .outOfDate(detail: "the MPD patch leads to a version older than the one that is held")
        }
    }

    private static func check(_ extent: XMLElement.Extent, _ limits: DecodingLimits) throws(ManifestError) {
        guard extent.elements <= limits.elements else {
            throw .tooLarge(detail: "with the patch the MPD has more than \(limits.elements) elements")
        }
        guard extent.levels <= limits.depth else {
            throw .tooLarge(detail: "with the patch the MPD's elements are nested deeper than \(limits.depth)")
        }
        guard extent.bytes <= limits.bytes else {
            throw .tooLarge(detail: "with the patch the MPD has more than \(limits.bytes) bytes")
        }
    }

    // MARK: - Operations (RFC 5261 section 4)

    private static func apply(_ operation: XMLElement, to tree: PatchTree) throws(ManifestError) {
        guard let text = operation.attribute("sel") else {
            throw malformed(operation, "an operation of the MPD patch has no sel")
        }
        guard let selector = PatchSelector(text) else {
            throw .outOfDate(detail: "the MPD patch selects by \(text.prefix(100)), which is not understood")
        }
        let path = try tree.place(of: selector.steps)
        switch operation.name {
        case "add": try add(operation, selector, at: path, in: tree)
        case "replace": try replace(operation, selector, at: path, in: tree)
        case "remove": try remove(operation, selector, at: path, in: tree)
        default: throw malformed(operation, "the MPD patch has the operation \(operation.name.prefix(40))")
        }
    }

    private static func add(
        _ operation: XMLElement, _ selector: PatchSelector, at path: [Int], in tree: PatchTree
    ) throws(ManifestError) {
        guard selector.target == .element else {
            throw malformed(operation, "an add of the MPD patch selects no element")
        }
        if let type = operation.attribute("type") {
            if type.hasPrefix("@") {
                try tree.opened(path).attributes.set(String(type.dropFirst()), to: operation.text)
            }
            // A namespace means nothing to elements that are known without their prefixes.
            return
        }
        let new = operation.children.map(PatchTree.Child.same)
        switch operation.attribute("pos") {
        case "before"?, "after"?:
            guard let last = path.last else {
                throw malformed(operation, "an add of the MPD patch would stand beside the root element")
            }
            let parent = try tree.opened(path.dropLast())
            try tree.spend(parent.children.count)
            let isBefore = operation.attribute("pos") == "before"
            parent.children.insert(contentsOf: new, at: isBefore ? last : last + 1)
        case "prepend"?:
            let node = try tree.opened(path)
            try tree.spend(node.children.count)
            node.children.insert(contentsOf: new, at: 0)
            node.text = operation.text + node.text
        case nil, "append"?:
            let node = try tree.opened(path)
            node.children.append(contentsOf: new)
            node.text += operation.text
        case .some(let position):
            throw malformed(operation, "an add of the MPD patch has the pos \(position.prefix(40))")
        }
    }

    private static func replace(
        _ operation: XMLElement, _ selector: PatchSelector, at path: [Int], in tree: PatchTree
    ) throws(ManifestError) {
        switch selector.target {
        case .element:
            guard operation.children.count == 1, let new = operation.children.first, let last = path.last else {
                throw malformed(operation, "a replace of the MPD patch does not put one element in another's place")
            }
            try tree.opened(path.dropLast()).children[last] = .same(new)
        case .attribute(let name):
            let node = try tree.opened(path)
            try require(name, in: node)
            node.attributes.set(name, to: operation.text)
        case .text: try tree.opened(path).text = operation.text
        }
    }

    private static func remove(
        _ operation: XMLElement, _ selector: PatchSelector, at path: [Int], in tree: PatchTree
    ) throws(ManifestError) {
        switch selector.target {
        case .element:
            guard let last = path.last else {
                throw malformed(operation, "a remove of the MPD patch takes the root element")
            }
            let parent = try tree.opened(path.dropLast())
            try tree.spend(parent.children.count)
            parent.children.remove(at: last)
        case .attribute(let name):
            let node = try tree.opened(path)
            try require(name, in: node)
            node.attributes.set(name, to: nil)
        case .text: try tree.opened(path).text = ""
        }
    }

    private static func require(_ name: String, in node: PatchTree.Node) throws(ManifestError) {
        guard node.attributes[name] == nil else { return }
        throw .outOfDate(detail: "the MPD patch selects the attribute \(name.prefix(100)), which is not there")
    }

    private static func malformed(_ operation: XMLElement, _ detail: String) -> ManifestError {
        .malformed(line: operation.line, detail: detail)
    }
}
