import Foundation

extension LimitSearch {
    /// What a search found.
    struct Found: Sendable {
        var quantity: SimulateAudienceOptions.Limit
        /// The value of the profile: viewers, or bits per second of all edges together.
        var value: Double
        /// How far it came.
        var bisection: LimitBisection
        /// What broke last, a sentence each.
        var broken: [String] = []
        var runs = 0
        /// False when the operator ended it before.
        var isComplete = false

        /// The worst value at which all thresholds held, and the best at which one did not; nil where none was found.
        var holds: Double? { bisection.holds }
        var breaks: Double? { bisection.breaks }
    }
}

extension LimitSearch.Found {
    /// The result for people.
    var sentence: String {
        let text = quantity.text
        let cause = broken.first.map { ": \($0)" } ?? ""
        let words: String
        switch (holds, breaks) {
        case (let holds?, let breaks?):
            words = "all thresholds hold at \(text(holds)) and one breaks at \(text(breaks))\(cause)"
        case (let holds?, nil):
            words =
                (isComplete ? "no limit was found: " : "") + "all thresholds hold even at \(text(holds))"
                + (isComplete ? "; " + advice(isTooGood: true) : "")
        case (nil, let breaks?):
            words =
                (isComplete ? "no limit was found: " : "") + "a threshold is broken even at \(text(breaks))\(cause)"
                + (isComplete ? "; " + advice(isTooGood: false) : "")
        case (nil, nil): words = "nothing is known yet"
        }
        return isComplete ? words : "interrupted after \(runs) \(runs == 1 ? "run" : "runs"): \(words)"
    }

    /// What to do where no limit was found.
    private func advice(isTooGood: Bool) -> String {
        switch quantity {
        case .viewers where !isTooGood: "it is not the number of viewers that breaks it"
        case .viewers where (holds ?? 0) >= LimitSearch.mostViewers: "no simulation takes more"
        case .viewers: "begin further up with --viewers"
        case .capacity where isTooGood: "it is not the capacity that could break them"
        case .capacity: "it is not the capacity that breaks it"
        }
    }

    /// The result for programs.
    var json: String {
        struct Document: Encodable {
            var quantity: String
            var unit: String
            var profile: Double
            var holds: Double?
            var breaks: Double?
            var broken: [String]
            var runs: Int
            var complete: Bool
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let document = Document(
            quantity: quantity.rawValue, unit: quantity == .viewers ? "viewers" : "bit/s", profile: value,
            holds: holds, breaks: breaks, broken: broken, runs: runs, complete: isComplete)
        guard let data = try? encoder.encode(document) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}
