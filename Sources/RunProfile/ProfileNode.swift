import Quantities
import Yams

/// A place in a profile and what stands there; reading it notes problems instead of throwing, so that all are told.
struct ProfileNode {
    let node: Node
    /// The setting's name with its parents', such as `audience.viewers`.
    let path: String
    let problems: ProblemList
    /// Where the setting's name stands; nil for the root and for items of lists.
    var nameMark: Mark?

    /// The problems of a file, shared by all its nodes.
    final class ProblemList {
        let file: String
        var problems: [ProfileProblem] = []

        init(file: String) { self.file = file }
    }

    /// Notes what is wrong with what stands here.
    func problem(_ message: String) { note(message, at: node.mark) }

    /// Notes what is wrong with the setting's name.
    func nameProblem(_ message: String) { note(message, at: nameMark ?? node.mark) }

    private func note(_ message: String, at mark: Mark?) {
        problems.problems.append(
            ProfileProblem(
                file: problems.file, line: mark?.line, column: mark?.column, setting: path, message: message))
    }

    /// The text that stands here, or nil (noted) where there is none.
    func text(_ expected: String) -> String? {
        guard let scalar = node.scalar, !scalar.string.isEmpty else {
            problem("expected \(expected), found \(kindWords)")
            return nil
        }
        return scalar.string
    }

    /// What stands here without its content, which may be secret.
    private var kindWords: String {
        switch node {
        case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : "a single value"
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

    /// A duration; nil (noted) for anything else, and for none at all where that cannot be meant.
    func duration(orZero: Bool = true) -> TimeAmount? {
        guard let time = value(Amounts.durationExpected, Amounts.duration) else { return nil }
        guard orZero || time > .zero else {
            problem("this must be longer than zero")
            return nil
        }
        return time
    }

    /// A whole number within bounds; nil (noted) for anything else.
    func whole(_ range: ClosedRange<Int>) -> Int? {
        value("a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// The entries of a mapping; keys that are not allowed are noted.
    ///
    /// - Parameters:
    ///   - expected: What is to stand here, for messages.
    ///   - allowed: The known names.
    ///   - word: What such a name is the name of, for messages.
    /// - Returns: The entries with known names.
    func entries(_ expected: String, allowed: [String], word: String = "a setting") -> [String: ProfileNode] {
        var result: [String: ProfileNode] = [:]
        for (name, child) in orderedEntries(expected) {
            if allowed.contains(name) {
                result[name] = child
            } else {
                child.nameProblem("this is not \(word)\(Spelling.hint(for: name, among: allowed))")
            }
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
            return (
                name,
                ProfileNode(
                    node: value, path: path.isEmpty ? name : path + "." + name, problems: problems, nameMark: key.mark)
            )
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

    /// Notes a name that cannot stand in reports and thresholds.
    func checkName(_ name: String) {
        let isPlain =
            !name.isEmpty && name.count <= 64 && name.first != " " && name.last != " "
            && name.allSatisfy { $0.isLetter || $0.isNumber || " -_.".contains($0) }
        if !isPlain {
            nameProblem("a name has 1 to 64 letters, digits, '-', '_', '.' and spaces inside")
        }
    }
}

/// Guesses what was meant by a misspelt name.
package enum Spelling {
    /// What follows after a sentence about an unknown name: what was meant, perhaps, and what is allowed.
    package static func hint(for name: String, among names: [String]) -> String {
        let near = nearest(to: name, among: names).map { "; did you mean '\($0)'?" } ?? "."
        return "\(near) Allowed here: \(names.isEmpty ? "nothing" : names.joined(separator: ", "))"
    }

    /// The nearest of some names, when it is near enough to be meant.
    static func nearest(to name: String, among names: [String]) -> String? {
        // Whoever wrote the begin of just one of them meant it.
        let begun = names.filter { name.count > 2 && $0.lowercased().hasPrefix(name.lowercased()) }
        if begun.count == 1 { return begun[0] }
        let best = names.map { ($0, distance(name.lowercased(), $0.lowercased())) }.min { $0.1 < $1.1 }
        guard let best, best.1 <= max(1, name.count / 3) else { return nil }
        return best.0
    }

    /// The edit distance of Levenshtein (1966) with neighbours that changed places as one edit (Damerau 1964).
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left)
        let right = Array(right)
        var rows = (0...left.count).map { row in (0...right.count).map { row == 0 ? $0 : $0 == 0 ? row : 0 } }
        for row in rows.indices.dropFirst() {
            for column in rows[0].indices.dropFirst() {
                let isSame = left[row - 1] == right[column - 1]
                var best = min(rows[row - 1][column], rows[row][column - 1]) + 1
                best = min(best, rows[row - 1][column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    best = min(best, rows[row - 2][column - 2] + 1)
                }
                rows[row][column] = best
            }
        }
        return rows[left.count][right.count]
    }
}
