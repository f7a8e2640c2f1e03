import Quantities

/// HLS `EXT-X-DATERANGE` (rfc8216bis section 4.4.5.1).
package struct DateRange: Sendable, Hashable {
    /// ID.
    package var id: String
    /// CLASS, or `""`.
    package var rangeClass: String
    /// START-DATE; nil where it is missing or no date.
    package var start: WallTime?
    /// END-DATE.
    package var end: WallTime?
    /// DURATION.
    package var duration: TimeAmount?
    /// PLANNED-DURATION.
    package var plannedDuration: TimeAmount?
    /// CUE: `PRE`, `POST`, `ONCE`.
    package var cues: [String]
    /// END-ON-NEXT=YES.
    package var endsOnNext: Bool
    /// SCTE35-CMD, SCTE35-OUT, SCTE35-IN and all attributes that begin with `X-`, as written without quotes.
    package var attributes: [String: String]
    /// What is to be played in its place, when the range is an interstitial.
    package var interstitial: Interstitial?

    /// Creates a date range.
    package init(
        id: String, rangeClass: String = "", start: WallTime? = nil, end: WallTime? = nil,
        duration: TimeAmount? = nil, plannedDuration: TimeAmount? = nil, cues: [String] = [],
        endsOnNext: Bool = false, attributes: [String: String] = [:], interstitial: Interstitial? = nil
    ) {
        self.id = id
        self.rangeClass = rangeClass
        self.start = start
        self.end = end
        self.duration = duration
        self.plannedDuration = plannedDuration
        self.cues = cues
        self.endsOnNext = endsOnNext
        self.attributes = attributes
        self.interstitial = interstitial
    }
}

/// An HLS interstitial (rfc8216bis appendix D): a presentation of its own that is played at a point of the primary one.
package struct Interstitial: Sendable, Hashable {
    /// What is to be played.
    package enum Content: Sendable, Hashable {
        /// X-ASSET-URI: one presentation.
        case asset(uri: String)
        /// X-ASSET-LIST: a JSON document that names presentations.
        case list(uri: String)
    }

    /// What is to be played, as written.
    package var content: Content
    /// X-RESUME-OFFSET: where the primary goes on, counted from the interstitial's start; nil means as far on as the
    /// interstitial lasted.
    package var resumeOffset: TimeAmount?
    /// X-PLAYOUT-LIMIT: the most that is played of it.
    package var playoutLimit: TimeAmount?
    /// X-SNAP OUT: leave the primary at a segment boundary.
    package var snapsOut: Bool
    /// X-SNAP IN: return to it at one.
    package var snapsIn: Bool
    /// X-RESTRICT: `SKIP`, `JUMP`.
    package var restrictions: [String]

    /// Creates an interstitial.
    package init(
        content: Content, resumeOffset: TimeAmount? = nil, playoutLimit: TimeAmount? = nil, snapsOut: Bool = false,
        snapsIn: Bool = false, restrictions: [String] = []
    ) {
        self.content = content
        self.resumeOffset = resumeOffset
        self.playoutLimit = playoutLimit
        self.snapsOut = snapsOut
        self.snapsIn = snapsIn
        self.restrictions = restrictions
    }
}

/// The JSON document of X-ASSET-LIST.
package struct AssetList: Sendable, Hashable {
    /// One asset.
    package struct Asset: Sendable, Hashable {
        /// The multivariant playlist, as written.
        package var uri: String
        /// DURATION.
        package var duration: TimeAmount

        /// Creates an asset.
        package init(uri: String, duration: TimeAmount) {
            self.uri = uri
            self.duration = duration
        }
    }

    /// The assets in order; empty means that the primary goes on at once.
    package var assets: [Asset]

    /// Creates a list.
    package init(assets: [Asset]) { self.assets = assets }
}
