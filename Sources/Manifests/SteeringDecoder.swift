import Quantities

/// Decodes a steering server's answer (rfc8216bis section 7.2, ETSI TS 103 998).
package enum SteeringDecoder {
    private struct Document: Decodable {
        struct Clone: Decodable {
            var base: String
            var name: String
            var replacement: Replacement?

            enum CodingKeys: String, CodingKey {
                case base = "BASE-ID"
                case name = "ID"
                case replacement = "URI-REPLACEMENT"
            }
        }

        struct Replacement: Decodable {
            var host: String?
            var parameters: [String: String]?
            var variantURIs: [String: String]?
            var renditionURIs: [String: String]?

            enum CodingKeys: String, CodingKey {
                case host = "HOST"
                case parameters = "PARAMS"
                case variantURIs = "PER-VARIANT-URIS"
                case renditionURIs = "PER-RENDITION-URIS"
            }

            var count: Int {
                (parameters?.count ?? 0) + (variantURIs?.count ?? 0) + (renditionURIs?.count ?? 0)
            }
        }

        var version: Double
        var timeToLive: Double?
        var reloadURI: String?
        var pathwayPriority: [String]?
        var locationPriority: [String]?
        var clones: [Clone]?

        enum CodingKeys: String, CodingKey {
            case version = "VERSION"
            case timeToLive = "TTL"
            case reloadURI = "RELOAD-URI"
            case pathwayPriority = "PATHWAY-PRIORITY"
            case locationPriority = "SERVICE-LOCATION-PRIORITY"
            case clones = "PATHWAY-CLONES"
        }
    }

    private static let maximumBytes = 64 << 10
    private static let maximumEntries = 1_000
    /// The shortest TTL that is taken, so that no server has itself asked without a pause.
    private static let shortestTimeToLive = TimeAmount.seconds(1)
    /// The longest, a day.
    private static let longestTimeToLive = TimeAmount.seconds(86_400)

    /// Decodes an answer.
    ///
    /// TTL is 300 s where it is not given, and at least 1 s and at most a day. A priority named twice counts once.
    ///
    /// - Throws: `malformed` for what is no JSON, has another VERSION than 1, no list of priorities, an empty one, or a
    ///   clone without names; `tooLarge` beyond 64 KiB or 1 000 priorities, clones and replacements in all.
    package static func decode(_ bytes: [UInt8]) throws(ManifestError) -> SteeringManifest {
        let name = "steering manifest"
        let document = try BoundedJSON.decode(Document.self, from: bytes, maximumBytes: maximumBytes, name: name)
        guard document.version == 1 else {
            throw .malformed(line: nil, detail: "the \(name) has another VERSION than 1")
        }
        guard let listed = document.pathwayPriority ?? document.locationPriority, !listed.isEmpty else {
            throw .malformed(line: nil, detail: "the \(name) has no PATHWAY-PRIORITY or SERVICE-LOCATION-PRIORITY")
        }
        let clones = document.clones ?? []
        let entries = listed.count + clones.count + clones.reduce(0) { $0 + ($1.replacement?.count ?? 0) }
        guard entries <= maximumEntries else {
            throw .tooLarge(detail: "the \(name) has more than \(maximumEntries) entries")
        }
        var seen: Set<String> = []
        let time = document.timeToLive.flatMap { TimeAmount(documentSeconds: $0) } ?? .seconds(300)
        return SteeringManifest(
            timeToLive: min(max(time, shortestTimeToLive), longestTimeToLive), reloadURI: document.reloadURI,
            priority: listed.filter { seen.insert($0).inserted }, clones: try clones.map(clone))
    }

    private static func clone(_ clone: Document.Clone) throws(ManifestError) -> SteeringManifest.Clone {
        guard !clone.base.isEmpty, !clone.name.isEmpty else {
            throw .malformed(line: nil, detail: "a clone in the steering manifest has no BASE-ID or no ID")
        }
        let replacement = clone.replacement
        let parameters = (replacement?.parameters ?? [:]).map(SteeringManifest.QueryParameter.init)
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        return SteeringManifest.Clone(
            base: clone.base, name: clone.name, host: replacement?.host, parameters: parameters,
            variantURIs: replacement?.variantURIs ?? [:], renditionURIs: replacement?.renditionURIs ?? [:])
    }
}
