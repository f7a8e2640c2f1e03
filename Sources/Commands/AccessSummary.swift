import Origin

/// What an origin says of its gates and its API when it ends.
enum AccessSummary {
    /// What a gate let in, refused and leaked, by kind.
    static func lines(of edge: EdgeStatistics) -> [String] {
        edge.gate.sorted { $0.key.rawValue < $1.key.rawValue }.map { kind, tally in
            let all = tally.verdicts.values.reduce(0, +)
            let leaks = tally.leaked.sorted { $0.key.rawValue < $1.key.rawValue }.map {
                "\($0.value) \($0.key.rawValue)"
            }
            let leak = leaks.isEmpty ? "" : ", \(tally.leaks) leaked (\(leaks.joined(separator: ", ")))"
            return "\(kind.rawValue): \(all) checked, \(tally.refused) refused\(leak)"
        }
    }

    /// How often each call was answered with each status.
    static func lines(of api: EntitlementStatistics) -> [String] {
        EntitlementCall.allCases.compactMap { call in
            guard let statuses = api.calls[call] else { return nil }
            let counts = statuses.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
            return "/api/\(call.rawValue): " + counts.joined(separator: ", ")
        }
    }
}
