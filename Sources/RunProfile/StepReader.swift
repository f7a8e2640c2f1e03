import Journeys
import Quantities
import Transport
import Yams

/// Reads one step of `access.journey`.
struct StepReader {
    let files: ProfileFiles

    private static let methods: [(name: String, method: TransferRequest.Method)] = [
        ("get", .get), ("post", .post), ("put", .put), ("delete", .delete), ("head", .head),
    ]

    /// The step, with an empty name where it is given none; nil when it has no URL.
    func read(_ node: ProfileNode) -> JourneyStep? {
        guard node.isMapping else {
            node.problem(
                "expected a step, such as  {post: \"https://…/redeem\", json: {ticket: \"{viewer.ticket}\"}}")
            return nil
        }
        let entries = node.entries("a step", allowed: ProfileVocabulary.step)
        let given = Self.methods.filter { entries[$0.name] != nil }
        guard let first = given.first, let place = entries[first.name] else {
            node.problem("a step needs a method and a URL: one of get, post, put, delete, head")
            return nil
        }
        for other in given.dropFirst() {
            entries[other.name]?.problem("a step has one method, and this one has '\(first.name)' already")
        }
        guard let text = place.text("an absolute http or https URL") else { return nil }
        var step = JourneyStep(
            name: "", occasion: entries["when"].flatMap(Self.occasion) ?? .before, method: first.method,
            uri: Template(text))
        Self.checkURI(step.uri, place)
        if let name = entries["name"], let text = name.text("a name") {
            step.name = text
            ProfileNode(node: name.node, path: name.path, problems: name.problems).checkName(text)
        }
        step.headers = entries["headers"].map(Self.headers) ?? []
        readBody(entries, &step, node)
        if let expect = entries["expect"] { step.expected = Self.statuses(expect) }
        step.kept = entries["keep"].map(Self.kept) ?? []
        step.consequence = step.occasion == .after ? .goOn : .leave
        if let refusal = entries["on refusal"] { Self.readRefusal(refusal, &step) }
        step.timeouts.total = entries["timeout"]?.duration(orZero: false) ?? .seconds(30)
        step.timeouts.firstByte = max(step.timeouts.firstByte, step.timeouts.total)
        step.isSigned = entries["signed"]?.value("true or false", Bool.init) ?? false
        return step
    }

    private static let occasionExpected =
        "one of: before, every DURATION (such as every 30 s), on token refresh, on licence, after"

    private static func occasion(_ node: ProfileNode) -> JourneyStep.Occasion? {
        node.value(occasionExpected) { text in
            switch text {
            case "before": return .before
            case "after": return .after
            case "on token refresh": return .tokenRefresh
            case "on licence": return .licence
            default:
                guard text.hasPrefix("every "), let interval = Amounts.duration(String(text.dropFirst(6))),
                    interval >= .milliseconds(100)
                else { return nil }
                return .every(interval)
            }
        }
    }

    /// Notes what makes a URL unusable: its host must be written out, or all of it come from a value.
    static func checkURI(_ template: Template, _ node: ProfileNode) {
        guard !template.beginsWithName else { return }
        let text = template.literalPrefix
        let reference = URIReference(text)
        let isComplete = template.names.isEmpty || !reference.path.isEmpty || reference.query != nil
        guard let scheme = reference.scheme?.lowercased(), scheme == "http" || scheme == "https",
            let host = reference.host, !host.isEmpty, isComplete,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
        else {
            return node.problem(
                "expected an absolute http or https URL whose host is written out, or one that begins with a value such as"
                    + " \"{playback_url}\"")
        }
    }

    // MARK: Headers and expectations

    private static func headers(_ node: ProfileNode) -> [JourneyStep.Header] {
        node.orderedEntries("a mapping of header names to values").compactMap { name, child in
            let isName =
                !name.isEmpty
                && name.utf8.allSatisfy { byte in
                    (0x21...0x7E).contains(byte) && !"\"(),/:;<=>?@[\\]{}".utf8.contains(byte)
                }
            if !isName { child.nameProblem("this is not the name of a header") }
            if ["host", "content-length", "transfer-encoding", "connection"].contains(name.lowercased()) {
                child.nameProblem("this header is set by the program itself")
            }
            guard let text = child.text("a header's value") else { return nil }
            guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                child.problem("a header's value has no line ends and other control characters")
                return nil
            }
            return JourneyStep.Header(name: name, value: Template(text))
        }
    }

    private static func statuses(_ node: ProfileNode) -> [ClosedRange<Int>] {
        node.items().compactMap { item in
            item.value("a status such as 200, or a class such as 2xx") { text in
                if text.count == 3, text.hasSuffix("xx"), let first = text.first?.wholeNumberValue,
                    (1...5).contains(first)
                {
                    return first * 100...first * 100 + 99
                }
                return Int(text).flatMap { (100...599).contains($0) ? $0...$0 : nil }
            }
        }
    }

    private static func kept(_ node: ProfileNode) -> [KeptValue] {
        node.orderedEntries("a mapping of names to places in the answer").compactMap { name, child in
            if !Template.isName(name) || name.hasPrefix("viewer.") || ["session", "now", "random"].contains(name) {
                child.nameProblem(
                    "a kept value's name has letters, digits, '_', '-' and '.', and is not session, now, random or"
                        + " viewer.…")
            }
            return source(child).map { KeptValue(name: name, source: $0) }
        }
    }

    private static func source(_ node: ProfileNode) -> KeptValue.Source? {
        let pointer = "a JSON pointer such as /token or $.user.token"
        guard node.isMapping else { return node.value(pointer) { JSONPointer($0).map(KeptValue.Source.json) } }
        let entries = node.entries("a mapping", allowed: ProfileVocabulary.keep)
        guard entries.count == 1, let (kind, child) = entries.first else {
            if entries.count != 1 { node.problem("expected one of: \(ProfileVocabulary.keep.joined(separator: ", "))") }
            return nil
        }
        switch kind {
        case "json": return child.value(pointer) { JSONPointer($0).map(KeptValue.Source.json) }
        case "header": return child.text("the name of a header").map { .header($0.lowercased()) }
        case "cookie": return child.text("the name of a cookie").map(KeptValue.Source.cookie)
        default:
            return child.value("a regular expression") { KeptValue.isPattern($0) ? .pattern($0) : nil }
        }
    }

    private static func readRefusal(_ node: ProfileNode, _ step: inout JourneyStep) {
        let words = ["leave": JourneyStep.Consequence.leave, "go on": .goOn]
        guard node.isMapping else {
            let word = node.value("one of: leave, retry, go on, or a mapping") { text -> String? in
                text == "retry" || words[text] != nil ? text : nil
            }
            if word == "retry" { step.retry.attempts = 3 }
            if let word, let consequence = words[word] { step.consequence = consequence }
            return
        }
        let entries = node.entries("a mapping", allowed: ProfileVocabulary.refusal)
        step.retry.attempts = entries["attempts"]?.whole(1...100) ?? 3
        step.retry.firstDelay = entries["first delay"]?.duration() ?? step.retry.firstDelay
        step.retry.longestDelay = entries["longest delay"]?.duration() ?? step.retry.longestDelay
        if let factor = entries["factor"] {
            step.retry.factor =
                factor.value("a number from 1 to 10") { Double($0).flatMap { (1...10).contains($0) ? $0 : nil } } ?? 2
        }
        if let then = entries["then"] {
            step.consequence = then.value("one of: leave, go on") { words[$0] } ?? step.consequence
        }
    }
}
