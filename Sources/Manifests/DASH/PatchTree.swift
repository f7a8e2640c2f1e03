/// The elements of an MPD while a patch changes them: those on the way to a change are opened, all others stay shared.
final class PatchTree {
    /// An element that may be changed.
    final class Node {
        var name: String
        var attributes: XMLAttributes
        var line: Int
        var text: String
        var children: [Child]

        init(_ element: XMLElement) {
            name = element.name
            attributes = element.attributes
            line = element.line
            text = element.text
            children = element.children.map(Child.same)
        }

        /// The element as it is now.
        func closed() -> XMLElement {
            let closed = children.map { child in
                switch child {
                case .same(let element): element
                case .opened(let node): node.closed()
                }
            }
            return XMLElement(name: name, attributes: attributes, line: line, children: closed, text: text)
        }
    }

    /// An element in the tree.
    enum Child {
        /// It is as it was.
        case same(XMLElement)
        /// Something in it may have changed.
        case opened(Node)

        var name: String {
            switch self {
            case .same(let element): element.name
            case .opened(let node): node.name
            }
        }
        var attributes: XMLAttributes {
            switch self {
            case .same(let element): element.attributes
            case .opened(let node): node.attributes
            }
        }
        var text: String {
            switch self {
            case .same(let element): element.text
            case .opened(let node): node.text
            }
        }
        var childCount: Int {
            switch self {
            case .same(let element): element.children.count
            case .opened(let node): node.children.count
            }
        }

        /// The positions of the children of a name; nil means all.
        func positions(of name: String?) -> [Int] {
            guard let name else { return Array(0..<childCount) }
            switch self {
            case .same(let element): return element.children.indices.filter { element.children[$0].name == name }
            case .opened(let node): return node.children.indices.filter { node.children[$0].name == name }
            }
        }

        func child(at index: Int) -> Child {
            switch self {
            case .same(let element): .same(element.children[index])
            case .opened(let node): node.children[index]
            }
        }
    }

    /// The MPD element.
    let root: Node
    /// How many elements may still be looked at: a selector that looks through a long list again and again must end.
    private var budget = 4_000_000

    init(_ root: XMLElement) { self.root = Node(root) }

    // MARK: - Finding

    /// The place of the one element that the steps lead to, as positions from the root down; empty for the root itself.
    ///
    /// - Throws: `outOfDate` where there is none or more than one, `tooLarge` when looking takes too long.
    func place(of steps: [PatchSelector.Step]) throws(ManifestError) -> [Int] {
        guard let first = steps.first, first.name == nil || first.name == root.name,
            try filtered([.opened(root)], [0], by: first.predicates).count == 1
        else { throw Self.missing }
        var places: [(path: [Int], element: Child)] = [([], .opened(root))]
        for step in steps.dropFirst() {
            var next: [(path: [Int], element: Child)] = []
            for place in places {
                for index in try positions(of: step, in: place.element) {
                    next.append((place.path + [index], place.element.child(at: index)))
                }
            }
            places = next
        }
        guard let found = places.first else { throw Self.missing }
        guard places.count == 1 else {
            throw .outOfDate(detail: "the MPD patch selects \(places.count) elements where it must select one")
        }
        return found.path
    }

    private static var missing: ManifestError {
        .outOfDate(detail: "the MPD patch selects an element that is not there")
    }

    /// The positions of the children that a step leads to.
    private func positions(of step: PatchSelector.Step, in element: Child) throws(ManifestError) -> [Int] {
        try spend(element.childCount)
        let found = element.positions(of: step.name)
        if case .position(let number)? = step.predicates.first {
            guard number <= found.count else { return [] }
            let index = found[number - 1]
            return try filtered([element.child(at: index)], [index], by: Array(step.predicates.dropFirst()))
        }
        return try filtered(found.map { element.child(at: $0) }, found, by: step.predicates)
    }

    /// The positions of those elements for which all conditions hold, one after the other.
    private func filtered(
        _ elements: [Child], _ positions: [Int], by predicates: [PatchSelector.Predicate]
    ) throws(ManifestError) -> [Int] {
        var rest = Array(zip(elements, positions))
        for predicate in predicates {
            try spend(rest.count)
            switch predicate {
            case .position(let number): rest = number <= rest.count ? [rest[number - 1]] : []
            case .last: rest = rest.suffix(1)
            case .attribute(let name, let value): rest = rest.filter { $0.0.attributes[name] == value }
            case .text(let value): rest = rest.filter { $0.0.text == value }
            case .child(let name, let value):
                try spend(rest.reduce(0) { $0 + $1.0.childCount })
                rest = rest.filter { pair in
                    (0..<pair.0.childCount).contains {
                        let child = pair.0.child(at: $0)
                        return child.name == name && child.text == value
                    }
                }
            }
        }
        return rest.map(\.1)
    }

    /// Takes from the budget.
    func spend(_ count: Int) throws(ManifestError) {
        budget -= count + 1
        guard budget > 0 else { throw .tooLarge(detail: "the MPD patch looks through too many elements") }
    }

    // MARK: - Opening

    /// The element at a place, opened with all above it.
    func opened(_ path: some Sequence<Int>) throws(ManifestError) -> Node {
        var node = root
        for index in path {
            switch node.children[index] {
            case .opened(let child): node = child
            case .same(let element):
                try spend(element.children.count)
                let child = Node(element)
                node.children[index] = .opened(child)
                node = child
            }
        }
        return node
    }
}
