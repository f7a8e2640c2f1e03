import Manifests
import Playback
import Quantities

/// What findings are counted by.
package struct FindingKey: Hashable, Sendable, Comparable {
    /// The finding's identifier.
    package var id: String
    /// The stream's name in the profile.
    package var stream: String
    /// The address of the peer that served it, or `""`.
    package var edge: String
    /// What the transfer was for.
    package var kind: TransferKind

    /// Creates a key.
    package init(id: String, stream: String, edge: String, kind: TransferKind) {
        self.id = id
        self.stream = stream
        self.edge = edge
        self.kind = kind
    }

    package static func < (left: FindingKey, right: FindingKey) -> Bool {
        (left.id, left.stream, left.edge, left.kind.rawValue) < (
            right.id, right.stream, right.edge, right.kind.rawValue
        )
    }
}

/// How often something was found, when, and one example.
package struct FindingTally: Hashable, Sendable {
    /// How bad it is.
    package var severity: Finding.Severity
    /// The clause that says so.
    package var clause: String
    /// How often it was noted.
    package var count: Int64
    /// When it was noted first.
    package var first: Instant
    /// When it was noted last.
    package var last: Instant
    /// What the first one said, without tokens.
    package var message: String
    /// Which resource the first one was about: its URI without tokens.
    package var resource: String

    /// Creates a tally.
    package init(
        severity: Finding.Severity, clause: String, count: Int64 = 1, first: Instant, last: Instant, message: String,
        resource: String
    ) {
        self.severity = severity
        self.clause = clause
        self.count = count
        self.first = first
        self.last = last
        self.message = message
        self.resource = resource
    }

    /// Adds another tally of the same kind; the example is that of the earlier one.
    mutating func merge(_ other: FindingTally) {
        if (other.first, other.message, other.resource) < (first, message, resource) {
            message = other.message
            resource = other.resource
            severity = other.severity
            clause = other.clause
        }
        count = count.addingClamped(other.count)
        first = min(first, other.first)
        last = max(last, other.last)
    }
}

/// How many findings there are of each severity.
package struct FindingCounts: Hashable, Sendable {
    /// Findings of severity error.
    package var errors: Int64 = 0
    /// Findings of severity warning.
    package var warnings: Int64 = 0
    /// Findings of severity information.
    package var information: Int64 = 0

    /// Creates counts of zero.
    package init() {}

    /// All together.
    package var sum: Int64 { errors.addingClamped(warnings).addingClamped(information) }

    /// The count of a severity.
    package subscript(severity severity: Finding.Severity) -> Int64 {
        get {
            switch severity {
            case .error: errors
            case .warning: warnings
            case .information: information
            }
        }
        set {
            switch severity {
            case .error: errors = newValue
            case .warning: warnings = newValue
            case .information: information = newValue
            }
        }
    }
}

/// What was found wrong, counted by finding, stream, edge and kind of transfer; bounded, whatever a server sends.
///
/// Logs of loops, intervals and shards are merged by addition.
package struct FindingLog: Sendable, Equatable {
    /// So many kinds are told apart; further ones are counted by their severity only.
    package static let limit = 2_000

    /// A stream on an edge.
    package struct Place: Hashable, Sendable, Comparable {
        /// The stream's name in the profile.
        package var stream: String
        /// The peer's address.
        package var edge: String

        /// Creates a place.
        package init(stream: String, edge: String) {
            self.stream = stream
            self.edge = edge
        }

        package static func < (left: Place, right: Place) -> Bool {
            (left.stream, left.edge) < (right.stream, right.edge)
        }
    }

    /// How often each kind was found.
    package private(set) var tallies: [FindingKey: FindingTally] = [:]
    /// How many findings were of kinds beyond the limit.
    package private(set) var others = FindingCounts()
    /// How old the versions of live playlists grew, by stream and edge.
    package private(set) var ages: [Place: UpdateAges] = [:]

    /// Creates an empty log.
    package init() {}

    /// Creates a log from what was stored of one.
    package init(tallies: [FindingKey: FindingTally], others: FindingCounts, ages: [Place: UpdateAges]) {
        self.tallies = tallies
        self.others = others
        self.ages = ages
    }

    /// True when nothing was found; ages are no findings.
    package var isEmpty: Bool { tallies.isEmpty && others.sum == 0 }

    // MARK: - Noting

    /// Notes findings about one resource.
    ///
    /// - Parameters:
    ///   - findings: What was found; mostly nothing, which costs nothing.
    ///   - stream: The stream's name in the profile.
    ///   - edge: The address of the peer that served it, or `""`.
    ///   - kind: What the transfer was for.
    ///   - uri: The resource's URI; tokens are left out of what is kept, and out of the message.
    ///   - now: When.
    package mutating func note(
        _ findings: [Finding], stream: String, edge: String, kind: TransferKind, uri: String, at now: Instant
    ) {
        for finding in findings {
            let key = FindingKey(id: finding.id, stream: stream, edge: edge, kind: kind)
            if let position = tallies.index(forKey: key) {
                tallies.values[position].count = tallies.values[position].count.addingClamped(1)
                tallies.values[position].last = max(tallies.values[position].last, now)
                tallies.values[position].first = min(tallies.values[position].first, now)
            } else if tallies.count < Self.limit {
                let line = finding.line.map { "line \($0): " } ?? ""
                tallies[key] = FindingTally(
                    severity: finding.severity, clause: finding.clause, first: now, last: now,
                    message: line + PublicName.sentence(finding.message), resource: PublicName.of(uri))
            } else {
                others[severity: finding.severity] = others[severity: finding.severity].addingClamped(1)
            }
        }
    }

    /// Notes how old versions of playlists grew.
    package mutating func note(_ grown: [StreamWatch.Ages]) {
        for entry in grown { add(entry.ages, at: Place(stream: entry.stream, edge: entry.edge)) }
    }

    private mutating func add(_ grown: UpdateAges, at place: Place) {
        guard ages[place] != nil || ages.count < Self.limit else { return }
        ages[place, default: UpdateAges()].merge(grown)
    }

    /// Adds the log of another loop, interval or shard.
    package mutating func merge(_ other: FindingLog) {
        for (key, tally) in other.tallies {
            if tallies[key] != nil {
                tallies[key]?.merge(tally)
            } else if tallies.count < Self.limit {
                tallies[key] = tally
            } else {
                others[severity: tally.severity] = others[severity: tally.severity].addingClamped(tally.count)
            }
        }
        others.errors = others.errors.addingClamped(other.others.errors)
        others.warnings = others.warnings.addingClamped(other.others.warnings)
        others.information = others.information.addingClamped(other.others.information)
        for (place, grown) in other.ages { add(grown, at: place) }
    }

    // MARK: - Counting

    /// How many findings there are of each severity, of everything or of one stream, edge or kind.
    ///
    /// What is beyond the limit counts only in the whole.
    package func counts(of scope: CellKey = .overall) -> FindingCounts {
        var counts = scope.dimension == .overall ? others : FindingCounts()
        for (key, tally) in tallies {
            let isMeant =
                switch scope.dimension {
                case .overall: true
                case .stream: key.stream == scope.name
                case .edge: key.edge == scope.name
                case .kind: key.kind.label == scope.name
                case .region, .device, .step, .phase, .network: false
                }
            if isMeant {
                counts[severity: tally.severity] = counts[severity: tally.severity].addingClamped(tally.count)
            }
        }
        return counts
    }
}
