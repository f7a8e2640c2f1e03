import Audience
import Quantities

/// Reads `arrivals`, of the audience or of a phase of its script.
struct ArrivalReader {
    let files: ProfileFiles
    /// How long the arrivals take, where that is said beside them.
    let span: TimeAmount?

    /// A pattern, and how many viewers it brings by itself; nil where only its form is given.
    struct Result {
        var pattern: ArrivalPattern
        var viewers: Double?
    }

    /// The words for patterns that need nothing but a span.
    static let words = ["at once", "constant", "ramp", "ramp down", "poisson"]
    static let expected =
        "one of: \(words.joined(separator: ", ")), or a mapping with one of: ramp, steps, spike, curve"

    /// The pattern of a word; nil for one that is not known.
    static func pattern(_ word: String, over span: TimeAmount) -> ArrivalPattern? {
        switch word {
        case "at once": .atOnce
        case "constant": .constant(over: span)
        case "ramp": .ramp(over: span)
        case "ramp down": .rampDown(over: span)
        case "poisson": .poisson(over: span)
        default: nil
        }
    }

    /// Reads a mapping.
    ///
    /// - Returns: The pattern; nil (noted) where there is none, or a span is missing.
    func read(_ node: ProfileNode) -> Result? {
        let entries = node.entries(Self.expected, allowed: ProfileVocabulary.arrivals)
        let kinds = ["ramp", "steps", "spike", "curve"].filter { entries[$0] != nil }
        guard kinds.count == 1, let kind = kinds.first, let child = entries[kind] else {
            if !kinds.isEmpty || node.node.mapping?.isEmpty == true { node.problem("expected \(Self.expected)") }
            return nil
        }
        if kind != "spike" {
            for name in ["median", "sigma"] { entries[name]?.problem("this belongs to 'spike'") }
        }
        switch kind {
        case "ramp": return ramp(child)
        case "steps": return steps(child)
        case "spike": return spike(child, entries, node)
        default: return curve(child)
        }
    }

    private func needsSpan(_ node: ProfileNode) -> TimeAmount? {
        if span == nil { node.problem("this needs the length of the arrivals: 'for' in a phase, else 'over'") }
        return span
    }

    private func ramp(_ node: ProfileNode) -> Result? {
        let entries = node.entries("{from, to}", allowed: ProfileVocabulary.arrivalRamp)
        let from = rate(entries["from"])
        let to = rate(entries["to"])
        for name in ["from", "to"] where entries[name] == nil { node.problem("the setting '\(name)' is missing") }
        guard let span = needsSpan(node), let from, let to else { return nil }
        guard from > 0 || to > 0 else {
            node.problem("a rate above zero must stand here")
            return nil
        }
        return ArrivalCurve([.init(at: .zero, rate: from), .init(at: span, rate: to)])
            .map { Result(pattern: .curve($0), viewers: $0.arrivals) }
    }

    /// A rate, or zero.
    private func rate(_ node: ProfileNode?) -> Double? {
        node?.value("a rate such as 20/s or 600/min, or 0") { Double($0) == 0 ? 0 : Amounts.rate($0) }
    }

    private func steps(_ node: ProfileNode) -> Result? {
        let rates = node.items().map { rate($0) }
        guard let span = needsSpan(node) else { return nil }
        let known = rates.compactMap { $0 }
        guard known.count == rates.count else { return nil }
        guard let curve = ArrivalCurve.steps(known, over: span) else {
            node.problem("a rate above zero must stand here")
            return nil
        }
        return Result(pattern: .curve(curve), viewers: curve.arrivals)
    }

    private func spike(_ node: ProfileNode, _ entries: [String: ProfileNode], _ parent: ProfileNode) -> Result? {
        let kind = node.value("lognormal") { $0 == "lognormal" ? $0 : nil }
        guard let median = entries["median"] else {
            parent.problem("the setting 'median' is missing: the time in which half of them come, such as 60 s")
            return nil
        }
        let sigma = entries["sigma"].map { $0.value(DistributionReader.sigmaExpected, DistributionReader.sigma) }
        guard let time = median.duration(orZero: false), kind != nil, sigma != .some(nil) else { return nil }
        return Result(pattern: .spike(median: time, sigma: (sigma ?? 1) ?? 1, over: span), viewers: nil)
    }

    private func curve(_ node: ProfileNode) -> Result? {
        guard let path = node.text("the path of a CSV file") else { return nil }
        guard let bytes = files.content(of: path) else {
            node.problem("the file '\(path)' cannot be read; its path is relative to the profile's folder")
            return nil
        }
        do throws(CurveFile.Problem) {
            let curve = try CurveFile.read(bytes)
            guard let span else { return Result(pattern: .curve(curve), viewers: curve.arrivals) }
            guard let cut = curve.cut(at: span) else {
                node.problem("by '\(path)' nobody comes within \(span)")
                return nil
            }
            return Result(pattern: .curve(cut), viewers: cut.arrivals)
        } catch {
            node.problem("'\(path)' is no curve of arrivals: \(error.sentence)")
            return nil
        }
    }
}

/// A file of times and rates: `seconds,arrivals per second` on each line.
enum CurveFile {
    /// What is wrong with a file.
    struct Problem: Error, Hashable {
        var sentence: String
    }

    /// The most lines of a file.
    static let mostLines = 1_000_000

    /// Reads a file; its first line may be words, empty lines and lines that begin with `#` are left out.
    static func read(_ bytes: [UInt8]) throws(Problem) -> ArrivalCurve {
        // An older spreadsheet's mark of UTF-8.
        let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        var points: [ArrivalCurve.Point] = []
        var isFirst = true
        var number = 0
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            let text = String(decoding: line, as: UTF8.self).trimmedOfSpaces
            guard !text.isEmpty, !text.hasPrefix("#") else { continue }
            guard points.count < mostLines else { throw Problem(sentence: "it has more than \(mostLines) lines") }
            if let point = point(text) {
                guard point.at >= points.last?.at ?? .zero else {
                    throw Problem(sentence: "time goes back in line \(number)")
                }
                points.append(point)
            } else if !isFirst || text.first.map({ $0.isNumber || "+-.".contains($0) }) == true {
                throw Problem(
                    sentence: "line \(number) is not  seconds,arrivals per second  with numbers that are not negative")
            }
            isFirst = false
        }
        guard points.count >= 2 else { throw Problem(sentence: "at least two lines with numbers must stand there") }
        guard let curve = ArrivalCurve(points) else { throw Problem(sentence: "nobody comes at all") }
        return curve
    }

    private static func point(_ text: String) -> ArrivalCurve.Point? {
        let fields = text.split(whereSeparator: { $0 == "," || $0 == ";" || $0 == "\t" }).map(\.trimmedOfSpaces)
        guard fields.count == 2, let time = Double(fields[0]), let rate = Double(fields[1]), time.isFinite, time >= 0,
            rate.isFinite, rate >= 0, time <= 1e9, rate <= 1e9
        else { return nil }
        return ArrivalCurve.Point(at: .seconds(time), rate: rate)
    }
}
