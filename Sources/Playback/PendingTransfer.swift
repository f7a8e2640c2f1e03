import Manifests
import Quantities

/// What the end of a transfer means to its session.
///
/// Loaders are named by their position.
enum TransferPurpose: Sendable, Hashable {
    /// The first fetch of the manifest.
    case manifest
    /// A later fetch of a dynamic MPD.
    case manifestUpdate
    /// The media playlist of a loader's track.
    case playlist(loader: Int)
    /// The segment index of a loader's track.
    case index(loader: Int)
    /// The key, initialization section or segment that a loader is fetching.
    case segment(loader: Int)
    /// The initialization section of the segment that a loader is fetching at the same time.
    case initialization(loader: Int)
    /// The part that a playlist announced before it was there.
    case hint(loader: Int)
    /// The steering server's answer.
    case steering
    /// The asset list of the interstitial that comes next.
    case assetList
    /// A transfer of the player of an interstitial's asset.
    case asset(AssetTransfer)
    /// Nothing any more: the session has turned to something else.
    case abandoned

    /// The loader that waits for it, if one does.
    var loader: Int? {
        switch self {
        case .manifest, .manifestUpdate, .abandoned, .steering, .assetList, .asset: nil
        case .playlist(let loader), .index(let loader), .segment(let loader), .hint(let loader),
            .initialization(let loader):
            loader
        }
    }
}

/// A transfer of an interstitial's asset: which player's, and its number there.
struct AssetTransfer: Sendable, Hashable {
    var player: Int
    var id: TransferID
}

/// A transfer in progress.
struct PendingTransfer: Sendable {
    let id: TransferID
    let kind: TransferKind
    var purpose: TransferPurpose
    let uri: String
    let due: Instant
    let attempt: Int
    /// When it was begun.
    var begun: Instant = .zero
    /// What the record of a segment says; zero for other kinds.
    var bitRate: BitRate = .zero
    var mediaDuration: TimeAmount = .zero
    var sequence: Int64 = 0
    /// The name of the location that it goes to; nil for what has none.
    var location: String?
    /// True for a delta update or a patch: when it cannot be applied the whole document is fetched.
    var isPartial = false
}

/// A transfer that failed and will be tried again.
struct PlannedRetry: Sendable {
    var due: Instant
    var purpose: TransferPurpose
    var kind: TransferKind
    var attempt: Int
}
