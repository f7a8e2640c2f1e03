import Quantities

/// The version of Common Media Client Data that a player speaks.
package enum CMCDVersion: Int, Sendable, Hashable, Codable, CaseIterable {
    /// CTA-5004 (2020).
    case one = 1
    /// CTA-5004-B.
    case two = 2
}

/// How a player tells servers about its playback (Common Media Client Data, CTA-5004 and CTA-5004-B).
///
/// `docs/CMCD.md` says which keys are sent when.
package struct CMCDSettings: Sendable, Hashable {
    /// Where the data of a request travels.
    package enum Placement: String, Sendable, Hashable, CaseIterable {
        /// In the parameter `CMCD` of the query.
        case query
        /// In the headers `CMCD-Request`, `CMCD-Object`, `CMCD-Status` and `CMCD-Session`.
        case header
        /// Nowhere: only events are told to a collector.
        case none
    }

    /// The version; default 1.
    package var version: CMCDVersion
    /// Where the data of requests travels; default the query.
    package var placement: Placement
    /// Who is told of events; nil, the default, for nobody. Version 2 only.
    package var collector: CMCDCollector?
    /// The keys that are sent, where they apply; nil, the default, for all that the player knows.
    ///
    /// `v` is always sent in version 2, and `e` and `ts` with every event.
    package var keys: Set<CMCDKey>?
    /// The identifier of the content (`cid`): at most 64 characters in version 1 and 128 in version 2; nil sends none.
    package var contentID: String?
    /// Keys of the operator's own, which go into every report.
    package var customKeys: [CMCDCustomKey]

    /// Creates settings; by default version 1 in the query with all keys.
    package init(
        version: CMCDVersion = .one, placement: Placement = .query, collector: CMCDCollector? = nil,
        keys: Set<CMCDKey>? = nil, contentID: String? = nil, customKeys: [CMCDCustomKey] = []
    ) {
        self.version = version
        self.placement = placement
        self.collector = collector
        self.keys = keys
        self.contentID = contentID
        self.customKeys = customKeys
    }

    /// What is wrong with the settings, one sentence for each thing without a full stop; empty when they can be used.
    package var problems: [String] {
        var problems: [String] = []
        if let contentID {
            let limit = version == .one ? 64 : 128
            if contentID.isEmpty || contentID.unicodeScalars.count > limit {
                problems.append("the content id must have 1 to \(limit) characters in CMCD version \(version.rawValue)")
            }
            if !CMCDItem.isPrintable(contentID) {
                problems.append("the content id may have printable ASCII characters only")
            }
        }
        for key in keys ?? [] where !key.versions.contains(version) {
            problems.append("the key \(key.rawValue) does not exist in CMCD version \(version.rawValue)")
        }
        problems.sort()
        problems += customKeys.flatMap(\.problems)
        for (position, key) in customKeys.enumerated()
        where customKeys[..<position].contains(where: { $0.name == key.name }) {
            problems.append("the custom key \(key.name) is given twice")
        }
        if let collector {
            if version == .one { problems.append("events are told to a collector in CMCD version 2 only") }
            problems += collector.problems
        } else if placement == .none {
            problems.append("CMCD that travels with no request needs a collector")
        }
        return problems
    }
}

/// Who is told of events, which, and how often: the event mode of CTA-5004-B.
package struct CMCDCollector: Sendable, Hashable {
    /// The absolute `http` or `https` URI that reports are posted to.
    package var uri: String
    /// What is told; default the least that the standard asks for: changes of state, errors, intervals and responses.
    package var events: Set<CMCDEvent>
    /// The time between two reports of ``CMCDEvent/timeInterval``; default 30 s, at least 1 s.
    package var interval: TimeAmount
    /// How many reports are waited for before they are posted together; default 1, at most 100.
    ///
    /// What comes while a post is in progress waits for its end in any case and then goes together.
    package var batch: Int

    /// Creates a collector.
    package init(
        uri: String, events: Set<CMCDEvent> = CMCDEvent.minimum, interval: TimeAmount = .seconds(30), batch: Int = 1
    ) {
        self.uri = uri
        self.events = events
        self.interval = interval
        self.batch = batch
    }

    var problems: [String] {
        var problems: [String] = []
        let reference = URIReference(uri)
        let scheme = reference.scheme?.lowercased() ?? ""
        if scheme != "http" && scheme != "https" || reference.host?.isEmpty != false {
            problems.append("the collector of CMCD events must be an http or https URI with a host")
        }
        if interval < .seconds(1) { problems.append("the interval of CMCD events must be at least 1 s") }
        if !(1...100).contains(batch) { problems.append("a post of CMCD events holds 1 to 100 reports") }
        if events.isEmpty { problems.append("a collector of CMCD events needs at least one event") }
        return problems
    }
}

/// What a report in event mode is about (`e`).
///
/// The events of CTA-5004-B that a player without a window and without an advertisement system can have; a viewer who
/// mutes or hides the player is not simulated.
package enum CMCDEvent: String, Sendable, Hashable, CaseIterable {
    /// The state of the playback (`sta`) changed.
    case playState = "ps"
    /// The playback failed.
    case error = "e"
    /// The interval has passed.
    case timeInterval = "t"
    /// Segments come from another track.
    case bitRateChange = "bc"
    /// The playhead moves at another rate.
    case playbackRateChange = "pr"
    /// A response was received, or a request failed.
    case responseReceived = "rr"
    /// An interstitial began.
    case advertisementStart = "as"
    /// An interstitial ended.
    case advertisementEnd = "ae"

    /// The least that CTA-5004-B recommends: `ps`, `e`, `t` and `rr`.
    package static let minimum: Set<CMCDEvent> = [.playState, .error, .timeInterval, .responseReceived]
}

/// A key of the operator's own, such as `com.example-shard`.
package struct CMCDCustomKey: Sendable, Hashable {
    /// The name: a lower-case letter, then lower-case letters, digits, dots and hyphens; one hyphen at least, which is
    /// neither first nor last.
    ///
    /// A prefix in reverse DNS order keeps it apart from others' keys.
    package var name: String
    /// The value, at most 64 characters of printable ASCII.
    package var value: String

    /// Creates a key.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    /// What is wrong with the key, one sentence for each thing; empty when it can be sent.
    package var problems: [String] {
        var problems: [String] = []
        if !Self.isSound(name) {
            problems.append(
                "\(name) is no name of a custom CMCD key: a lower-case letter, then lower-case letters, digits, dots "
                    + "and at least one hyphen, which must not come last, as in com.example-shard")
        }
        if value.unicodeScalars.count > 64 || !CMCDItem.isPrintable(value) {
            problems.append("the value of the custom CMCD key \(name) must have at most 64 printable ASCII characters")
        }
        return problems
    }

    /// Whether a name can be sent: RFC 8941 keys are in lower case, which names such as `com.example-myKey` of the
    /// first version's examples are not.
    package static func isSound(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard let first = bytes.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
            bytes.last != UInt8(ascii: "-"), bytes.contains(UInt8(ascii: "-")), bytes.count <= 128
        else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}
