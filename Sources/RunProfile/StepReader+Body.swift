import Journeys
import Quantities
import Transport
import Yams

// The body of a step: JSON, a form, a text or a file.
extension StepReader {
    private static let kinds = ["json", "form", "body", "file"]

    func readBody(_ entries: [String: ProfileNode], _ step: inout JourneyStep, _ node: ProfileNode) {
        let given = Self.kinds.filter { entries[$0] != nil }
        for other in given.dropFirst() {
            entries[other]?.problem("a step has one body, and this one has '\(given[0])' already")
        }
        let type = entries["content type"].flatMap { Self.contentType($0) }
        guard let kind = given.first, let child = entries[kind] else {
            if let type = entries["content type"] { type.problem("there is no body that could have a type") }
            return
        }
        if step.method == .get || step.method == .head {
            child.problem("a request with the method '\(step.method.rawValue)' has no body")
        }
        var standard = "application/octet-stream"
        switch kind {
        case "json":
            standard = "application/json"
            step.body = .template(Template.joined(Self.json(child, depth: 0)), .json)
        case "form":
            standard = "application/x-www-form-urlencoded"
            step.body = .template(Self.form(child), .form)
        case "body":
            let text = child.text("the text of a body") ?? ""
            standard = Template(text).literalPrefix.hasPrefix("{") ? "application/json" : "text/plain; charset=utf-8"
            let isJSON = (type ?? standard).lowercased().contains("json")
            step.body = .template(Template(text), isJSON ? .json : .raw)
        default:
            if let path = child.text("the path of a file") {
                if let bytes = files.content(of: path) {
                    step.body = .bytes(bytes)
                } else {
                    child.problem("the file '\(path)' cannot be read; its path is relative to the profile's folder")
                }
            }
        }
        guard !step.headers.contains(where: { $0.name.lowercased() == "content-type" }) else { return }
        step.headers.append(.init(name: "Content-Type", value: .literal(type ?? standard)))
    }

    private static func contentType(_ node: ProfileNode) -> String? {
        node.value("a media type such as application/json") { text in
            text.contains("/") && text.utf8.allSatisfy { (0x20...0x7E).contains($0) } ? text : nil
        }
    }

    private static func form(_ node: ProfileNode) -> Template {
        var pieces: [Template] = []
        for (name, child) in node.orderedEntries("a mapping of names to values") {
            let value = child.node.scalar.map { Template($0.string) }
            if value == nil { child.problem("expected a single value") }
            pieces.append(.literal((pieces.isEmpty ? "" : "&") + URIReference.encoded(name) + "="))
            pieces.append((value ?? Template("")).asFormValue)
        }
        return .joined(pieces)
    }

    /// The deepest nesting of a JSON body.
    private static let maximumDepth = 32

    /// A JSON document with the values of the YAML: numbers, truth values and null as such unless they are in quotes.
    private static func json(_ node: ProfileNode, depth: Int) -> [Template] {
        guard depth < maximumDepth else {
            node.problem("a JSON body is nested at most \(maximumDepth) levels deep")
            return []
        }
        if let scalar = node.node.scalar { return [self.scalar(scalar)] }
        var result: [Template] = []
        if node.isMapping {
            for (name, child) in node.orderedEntries("a mapping") {
                result.append(.literal(result.isEmpty ? "{" : ","))
                result += [Template.literal(name).asJSONString, .literal(":")] + json(child, depth: depth + 1)
            }
            return result + [.literal(result.isEmpty ? "{}" : "}")]
        }
        guard node.node.sequence != nil else {
            node.problem("expected a JSON value")
            return []
        }
        for item in node.items() {
            result.append(.literal(result.isEmpty ? "[" : ","))
            result += json(item, depth: depth + 1)
        }
        return result + [.literal(result.isEmpty ? "[]" : "]")]
    }

    private static func scalar(_ scalar: Node.Scalar) -> Template {
        let text = scalar.string
        guard scalar.style == .plain || scalar.style == .any else { return Template(text).asJSONString }
        switch text {
        case "true", "false", "null": return .literal(text)
        case "", "~": return .literal("null")
        default: return isJSONNumber(text) ? .literal(text) : Template(text).asJSONString
        }
    }

    /// True for a number as RFC 8259 section 6 writes it.
    private static func isJSONNumber(_ text: String) -> Bool {
        text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/) != nil
    }
}
