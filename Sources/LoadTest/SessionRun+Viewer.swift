import Audience
import Measurement
import Playback
import Quantities

// What the viewer behind a session does of its own accord.
extension SessionRun {
    /// What comes after a playback that the viewer ended.
    enum NextPlayback: Hashable {
        /// Another stream, at once.
        case zap(to: Int)
        /// The same again.
        case again
    }

    /// Has the viewer do what it wants to do now; asked after each word with the player.
    ///
    /// A viewer who is leaving, or was told to, has nothing more to say.
    func followMind() {
        while giveUpAt == nil, !isStoppedByRun, !player.state.isFinal, let action = mind.decide(at: channel.now) {
            carryOut(action)
        }
    }

    private func carryOut(_ action: ViewerAction) {
        let now = channel.now
        switch action {
        case .pause: tell(.pause)
        case .resume: tell(.resume)
        case .seek(let distance):
            tell(.seek(to: player.position(at: now) + distance))
        case .zap(let target):
            guard target != stream, context.settings.streams.indices.contains(target) else { return }
            next = .zap(to: target)
            leave("zapped", cancelling: true)
        case .playAgain:
            next = .again
            leave("again", cancelling: true)
        case .leave(let reason): leave(reason, cancelling: false)
        case .drop: leave(SessionLedger.dropped, cancelling: true)
        }
    }

    private func leave(_ reason: String, cancelling: Bool) {
        leaving = reason
        giveUpAt = channel.now + context.settings.grace
        tell(cancelling ? .abort : .stop)
    }
}
