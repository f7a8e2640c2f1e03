import Yams

/// A place in a profile and what stands there; reading it notes problems instead of throwing, so that all are told.
struct ProfileNode {
    let node: Node
    /// The setting's name with its parents', such as `audience.viewers`.
    let path: String
    let problems: ProblemList

    /// The problems of a file, shared by all its nodes.
    final class ProblemList {
        let file: String
        var problems: [ProfileProblem] = []

        init(file: String) { self.file = file }
    }

    /// Notes what is wrong here.
    func problem(_ message: String) {
        problems.problems.append(
            ProfileProblem(
                file: problems.file, line: node.mark?.line, column: node.mark?.column, setting: path, message: message))
    }

    /// The text that stands here, or nil (noted) where there is none.
    func text(_ expected: String) -> String? {
        guard let scalar = node.scalar, node != Node("", .init(.null)) else {
            problem("expected \(expected), found \(kindWords)")
            return nil
        }
        return scalar.string
    }

    private var kindWords: String {
        switch node {
        case .scalar: "nothing"
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    /// A value that a parser makes of the text; nil (noted) where it cannot.
    func value<Value>(_ expected: String, _ parse: (String) -> Value?) -> Value? {
        guard let text = text(expected) else { return nil }
        guard let value = parse(text) else {
            problem("expected \(expected), found '\(text)'")
            return nil
        }
        return value
    }

    /// The entries of a mapping, in order; keys that are not allowed are noted.
    ///
    /// - Parameters:
    ///   - expected: What should stand here, for the message.
    ///   - allowed: The known names; nil when the names are the user's own.
    /// - Returns: The entries by name.
    func entries(_ expected: String, allowed: [String]? = nil) -> [String: ProfileNode] {
        var result: [String: ProfileNode] = [:]
        for (name, child) in orderedEntries(expected) {
            if let allowed, !allowed.contains(name) {
                let near = Spelling.nearest(to: name, among: allowed).map { "; did you mean '\($0)'?" } ?? ""
                child.problem("is not a setting\(near) Allowed here: \(allowed.joined(separator: ", "))")
                continue
            }
            result[name] = child
        }
        return result
    }

    /// The entries of a mapping in the order of the file; nothing (noted) where there is no mapping.
    func orderedEntries(_ expected: String) -> [(name: String, node: ProfileNode)] {
        guard let mapping = node.mapping else {
            problem("expected \(expected), found \(kindWords)")
            return []
        }
        return mapping.map { key, value in
            let name = key.scalar?.string ?? ""
            return (name, ProfileNode(node: value, path: path.isEmpty ? name : path + "." + name, problems: problems))
        }
    }

    /// The items of a list; a single value counts as a list of one.
    func items() -> [ProfileNode] {
        guard let sequence = node.sequence else { return [self] }
        return sequence.enumerated().map { index, item in
            ProfileNode(node: item, path: "\(path)[\(index + 1)]", problems: problems)
        }
    }

    /// True when a mapping stands here.
    var isMapping: Bool { node.mapping != nil }
}

/// Guesses what was meant by a misspelt name.
enum Spelling {
    /// The nearest of some names, when it is near enough to be meant.
    static func nearest(to name: String, among names: [String]) -> String? {
        let best = names.map { ($0, distance(name.lowercased(), $0.lowercased())) }.min { $0.1 < $1.1 }
        guard let best, best.1 <= max(1, name.count / 3) else { return nil }
        return best.0
    }

    /// The edit distance of Levenshtein (1966).
    static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (position, other) in right.enumerated() {
                let cost = min(row[position] + 1, row[position + 1] + 1, diagonal + (letter == other ? 0 : 1))
                diagonal = row[position + 1]
                row[position + 1] = cost
            }
        }
        return row[right.count]
    }
}
