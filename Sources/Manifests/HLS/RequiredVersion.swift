/// The protocol version that a playlist's tags and attributes need at least (rfc8216bis section 8).
struct RequiredVersion {
    /// The number; 1 for a playlist that needs nothing.
    private(set) var number = 1
    /// What needs it, for messages.
    private(set) var feature: StaticString = ""

    /// Takes note of a feature.
    mutating func note(_ version: Int, _ feature: StaticString) {
        guard version > number else { return }
        number = version
        self.feature = feature
    }

    /// Adds a finding when the declared version, 1 where there is none, is lower.
    func check(declared: Int?, findings: inout FindingCollector) {
        guard number > declared ?? 1 else { return }
        let given = declared.map { "EXT-X-VERSION is \($0)" } ?? "there is no EXT-X-VERSION"
        findings.add(
            "hls-version-too-low", .warning, clause: "rfc8216bis 8", "\(given), but \(feature) needs \(number)")
    }
}
