import Manifests
import Quantities
import Transport

/// The breaks of a presentation and what is known of the one that comes next or is on.
struct InterstitialSchedule: Sendable {
    /// A place where playback leaves the primary presentation.
    struct Break: Sendable {
        /// The date range's identifier.
        var id: String
        /// Where on the session's timeline.
        var at: MediaTime
        var interstitial: Interstitial
        /// What references in it are relative to.
        var base: String
    }

    /// A break that is being prepared, or is on.
    struct Active: Sendable {
        var place: Break
        /// Assets that have not been opened yet, absolute.
        var assets: [String] = []
        /// True once it is known which assets there are.
        var isListed = false
        /// True once playback has moved to it.
        var isOn = false
        /// The players of the asset that is on and of the next one, which only buffers.
        var players: [AssetPlayer] = []
        /// Main media played so far.
        var played = TimeAmount.zero
        var isFailed = false
    }

    /// The player of one asset.
    struct AssetPlayer: Sendable {
        var session: PlayerSession
        /// Tells the transfers of one asset's player from those of another.
        var number: Int
    }

    /// Breaks to come, in order of time.
    var upcoming: [Break] = []
    /// The identifiers of all breaks that have been seen, so that none is played twice.
    var seen: Set<String> = []
    /// At most one.
    var active: [Active] = []
    /// The number of the next asset's player.
    var nextPlayer = 0

    /// How long before a break its assets begin to load.
    static let lead = TimeAmount.seconds(10)
    /// The most breaks of one presentation; a hostile playlist may list any number.
    static let limit = 1_000
}
