import Quantities

/// Where a steering server is asked which locations to prefer (rfc8216bis section 7, ETSI TS 103 998).
package struct ContentSteering: Sendable, Hashable {
    /// The server's URI as written; may be a `data:` URI with the first answer in it.
    package var serverURI: String
    /// The locations to prefer until the first answer, in order (HLS PATHWAY-ID, DASH `defaultServiceLocation`).
    package var initialLocations: [String]
    /// True when the server is to be asked before playback begins (DASH `queryBeforeStart`).
    package var asksBeforeStart: Bool

    /// Creates a steering declaration.
    package init(serverURI: String, initialLocations: [String] = [], asksBeforeStart: Bool = false) {
        self.serverURI = serverURI
        self.initialLocations = initialLocations
        self.asksBeforeStart = asksBeforeStart
    }
}

/// A steering server's answer.
package struct SteeringManifest: Sendable, Hashable {
    /// A location that is made from another by replacing parts of its URIs.
    package struct Clone: Sendable, Hashable {
        /// BASE-ID: the location it is made from.
        package var base: String
        /// ID: its own name.
        package var name: String
        /// HOST: the host (with port) that takes the place of the base's; nil leaves it.
        package var host: String?
        /// PARAMS: query parameters to set, in UTF-8 order of their names.
        package var parameters: [QueryParameter]
        /// PER-VARIANT-URIS by STABLE-VARIANT-ID.
        package var variantURIs: [String: String]
        /// PER-RENDITION-URIS by STABLE-RENDITION-ID.
        package var renditionURIs: [String: String]

        /// Creates a clone.
        package init(
            base: String, name: String, host: String? = nil, parameters: [QueryParameter] = [],
            variantURIs: [String: String] = [:], renditionURIs: [String: String] = [:]
        ) {
            self.base = base
            self.name = name
            self.host = host
            self.parameters = parameters
            self.variantURIs = variantURIs
            self.renditionURIs = renditionURIs
        }
    }

    /// A query parameter.
    package struct QueryParameter: Sendable, Hashable {
        /// Its name.
        package var name: String
        /// Its value.
        package var value: String

        /// Creates a parameter.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// TTL: when to ask again; 300 s where not given.
    package var timeToLive: TimeAmount
    /// RELOAD-URI, as written; nil means the same URI.
    package var reloadURI: String?
    /// PATHWAY-PRIORITY (or SERVICE-LOCATION-PRIORITY), the best first.
    package var priority: [String]
    /// PATHWAY-CLONES.
    package var clones: [Clone]

    /// Creates an answer.
    package init(
        timeToLive: TimeAmount = .seconds(300), reloadURI: String? = nil, priority: [String], clones: [Clone] = []
    ) {
        self.timeToLive = timeToLive
        self.reloadURI = reloadURI
        self.priority = priority
        self.clones = clones
    }
}
