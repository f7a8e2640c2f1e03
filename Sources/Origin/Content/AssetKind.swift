/// A programme of the synthetic content: on demand or live, with one thing that is special about it.
///
/// The first piece of a path names it: `vod` and `live` are plain, `ads` and `live-ads` hold breaks, and so on.
struct AssetKind: Hashable, Sendable {
    /// What is special; the raw value is the piece of the path (docs/ORIGIN.md has the table).
    enum Feature: String, Sendable, CaseIterable {
        case plain
        case lowLatency = "low-latency"
        case periods
        case ads
        case encrypted
        case gaps
        case ranges
        case variables
        case query
        case renditions
        case start
        case steered
        case redundant
        case failover
        case interstitials
        case asset
        case patched
        case located
        case extras
    }

    /// Whether HLS, DASH or both show it.
    enum Formats: Sendable {
        case hls
        case dash
        case both
    }

    var feature: Feature
    /// Whether it began at the live start and never ends; else it is the same for ever.
    var isLive: Bool

    /// Under `/vod/<name>/`.
    static let onDemand = AssetKind(feature: .plain, isLive: false)
    /// Under `/live/<name>/`.
    static let live = AssetKind(feature: .plain, isLive: true)

    private init(feature: Feature, isLive: Bool) {
        self.feature = feature
        self.isLive = isLive
    }

    /// The kind that the first piece of a path names.
    init?(folder: Substring) {
        guard let kind = Self.folders[folder] else { return nil }
        self = kind
    }

    /// The first piece of its paths.
    var folder: String {
        switch feature {
        case .plain: isLive ? "live" : "vod"
        case .lowLatency: feature.rawValue
        default: (isLive ? "live-" : "") + feature.rawValue
        }
    }

    /// Every kind there is.
    static let all: [AssetKind] = Feature.allCases.flatMap { feature in
        [false, true].map { AssetKind(feature: feature, isLive: $0) }.filter(\.exists)
    }

    private static let folders: [Substring: AssetKind] = Dictionary(
        all.map { (Substring($0.folder), $0) }, uniquingKeysWith: { first, _ in first })

    private var exists: Bool {
        switch feature {
        case .lowLatency, .patched, .located: isLive
        case .ranges, .asset: !isLive
        case .plain, .periods, .ads, .encrypted, .gaps, .variables, .query, .renditions, .start, .steered, .redundant,
            .failover, .interstitials, .extras:
            true
        }
    }

    /// Which formats show the feature.
    var formats: Formats {
        switch feature {
        case .ads, .encrypted, .gaps, .variables, .start, .redundant, .interstitials: .hls
        case .periods, .query, .patched, .located, .extras: .dash
        case .plain, .lowLatency, .ranges, .renditions, .steered, .failover, .asset: .both
        }
    }

    var hasHLS: Bool { formats != .dash }
    var hasDASH: Bool { formats != .hls }

    /// Whether a segment is only given to a request whose query has `pass=<name>`.
    var wantsPass: Bool { feature == .variables || feature == .query }
}
