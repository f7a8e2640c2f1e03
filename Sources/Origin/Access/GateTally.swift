import Access

/// What an edge's gate did with the requests of one kind.
package struct GateTally: Sendable, Hashable {
    /// What a gate without faults says to them.
    package var verdicts: [TokenVerdict: Int] = [:]
    /// Those that were refused.
    package var refused = 0
    /// Those that were let in and should not have been, by what a gate without faults says to them.
    package var letIn: [TokenVerdict: Int] = [:]
    /// Of those, the ones that got what they asked for: answered with 2xx or 304.
    package var leaked: [TokenVerdict: Int] = [:]

    /// All leaks of the kind.
    package var leaks: Int { leaked.values.reduce(0, +) }

    init() {}

    mutating func record(_ verdict: TokenVerdict, isLetIn: Bool, status: Int) {
        verdicts[verdict, default: 0] += 1
        guard isLetIn else {
            refused += 1
            return
        }
        guard verdict != .valid else { return }
        letIn[verdict, default: 0] += 1
        if (200..<300).contains(status) || status == 304 { leaked[verdict, default: 0] += 1 }
    }
}
