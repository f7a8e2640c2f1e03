import Playback
import Quantities
import Transport

/// Segments in progress, which a player may give up for a lower track.
extension SessionRun {
    /// Tells the player how far the segment is that it may want to give up; nothing when there is none.
    func tellProgress() {
        guard let wanted = player.progressTransfer,
            let transfer = active.first(where: { $0.playerID == wanted }),
            let progress = channel.progress(of: transfer.channelID)
        else { return }
        tell(.transferProgress(wanted, progress))
    }
}
