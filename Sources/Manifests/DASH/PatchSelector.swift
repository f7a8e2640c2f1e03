/// The `sel` of a patch operation: the part of XPath that RFC 5261 section 4.1 allows and MPD patches use.
///
/// A path from the root of steps such as `Period[@id='1']`, `S[3]` or `*`, that ends at an element, an attribute
/// (`@publishTime`) or an element's text (`text()`). Prefixes are cut off, because the elements of an MPD are known
/// without theirs.
struct PatchSelector {
    /// A condition in brackets.
    enum Predicate: Equatable {
        /// `[3]`: so many in the list that the conditions before it leave, from 1.
        case position(Int)
        /// `[last()]`.
        case last
        /// `[@name='value']`.
        case attribute(String, String)
        /// `[name='value']`: a child with this text.
        case child(String, String)
        /// `[.='value']`.
        case text(String)
    }

    /// A step down.
    struct Step: Equatable {
        /// The element's name, or nil for `*`.
        var name: String?
        var predicates: [Predicate]
    }

    /// What the path ends at.
    enum Target: Equatable {
        case element
        case attribute(String)
        case text
    }

    /// The steps, the first of which is the root.
    private(set) var steps: [Step] = []
    private(set) var target = Target.element

    /// The longest selector in UTF-8 bytes.
    private static let maximumLength = 1_024
    /// The deepest element that can be selected: a patch must not build a tree that is deeper and deeper.
    private static let maximumSteps = 64

    /// Reads a selector; nil for anything beyond the part that is known.
    init?(_ text: String) {
        guard text.utf8.count <= Self.maximumLength, text.hasPrefix("/"),
            let parts = Self.split(text.dropFirst()), !parts.isEmpty
        else { return nil }
        for (position, part) in parts.enumerated() {
            let isLast = position == parts.count - 1
            if part.hasPrefix("@") {
                guard isLast, part.count > 1 else { return nil }
                target = .attribute(String(part.dropFirst()))
            } else if part == "text()" || part == "text()[1]" {
                guard isLast else { return nil }
                target = .text
            } else {
                guard let step = Self.step(part) else { return nil }
                steps.append(step)
            }
        }
        guard (1...Self.maximumSteps).contains(steps.count) else { return nil }
    }

    /// The parts between slashes that stand outside brackets and quotes.
    private static func split(_ text: Substring) -> [Substring]? {
        var parts: [Substring] = []
        var start = text.startIndex
        var quote: Character?
        var isInBrackets = false
        for index in text.indices {
            let character = text[index]
            if let open = quote {
                if character == open { quote = nil }
                continue
            }
            switch character {
            case "'" where isInBrackets, "\"" where isInBrackets: quote = character
            case "[" where !isInBrackets: isInBrackets = true
            case "[": return nil
            case "]": isInBrackets = false
            case "/" where !isInBrackets:
                parts.append(text[start..<index])
                start = text.index(after: index)
            default: break
            }
        }
        guard quote == nil, !isInBrackets else { return nil }
        return parts + [text[start...]]
    }

    private static func step(_ part: Substring) -> Step? {
        let name = part.prefix { $0 != "[" }
        var rest = part.dropFirst(name.count)
        var predicates: [Predicate] = []
        while rest.first == "[" {
            var quote: Character?
            let end = rest.indices.first { index in
                let character = rest[index]
                if quote == nil, character == "'" || character == "\"" {
                    quote = character
                } else if character == quote {
                    quote = nil
                }
                return quote == nil && character == "]"
            }
            guard let end, let predicate = predicate(rest[..<end].dropFirst()) else { return nil }
            predicates.append(predicate)
            rest = rest[rest.index(after: end)...]
        }
        guard rest.isEmpty, let local = localName(name) else { return nil }
        return Step(name: local == "*" ? nil : local, predicates: predicates)
    }

    private static func predicate(_ text: Substring) -> Predicate? {
        let text = trimmed(text)
        if let number = Int(text), number > 0 { return .position(number) }
        if text == "last()" || text == "position()=last()" { return .last }
        guard let equals = text.firstIndex(of: "="), let value = quoted(text[text.index(after: equals)...]) else {
            return nil
        }
        let name = trimmed(text[..<equals])
        if name == "." || name == "text()" { return .text(value) }
        if name.first == "@" { return name.count > 1 ? .attribute(String(name.dropFirst()), value) : nil }
        return localName(name).map { .child($0, value) }
    }

    /// What stands between quotes.
    private static func quoted(_ text: Substring) -> String? {
        let text = trimmed(text)
        guard text.count >= 2, let quote = text.first, quote == "'" || quote == "\"", text.last == quote else {
            return nil
        }
        let inner = text.dropFirst().dropLast()
        return inner.contains(quote) ? nil : String(inner)
    }

    /// A name without its prefix; nil for what is no name, such as an axis or a function.
    private static func localName(_ text: Substring) -> String? {
        let name = trimmed(text)
        if name == "*" { return "*" }
        let sides = name.split(separator: ":", omittingEmptySubsequences: false)
        guard let local = sides.last, sides.count <= 2, !local.isEmpty,
            local.utf8.allSatisfy({ $0 >= 0x80 || $0.isASCIIDigit || $0.isNameLetter || $0 == ASCII.minus })
        else { return nil }
        return String(local)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let front = text.drop { $0.isWhitespace }
        return front.lastIndex { !$0.isWhitespace }.map { front[...$0] } ?? ""
    }
}

extension UInt8 {
    /// A letter, an underscore or a point.
    fileprivate var isNameLetter: Bool {
        (self | 0x20) &- UInt8(ascii: "a") < 26 || self == UInt8(ascii: "_") || self == ASCII.point
    }
}
