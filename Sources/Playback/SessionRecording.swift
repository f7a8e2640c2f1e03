import Quantities

/// The inputs that a session got and when, which is all that is needed to play it again.
package struct SessionRecording: Sendable {
    /// One input.
    package struct Entry: Sendable {
        /// When it came.
        package var at: Instant
        /// What it was.
        package var input: SessionInput
    }

    /// What the recorded session was made with.
    package let context: PlayerSession.Context
    /// The recorded session's manifest.
    package let manifestURI: String
    /// What chance decided in the recorded session was drawn from this.
    package let seed: UInt64
    /// The inputs in order.
    package private(set) var entries: [Entry] = []

    /// Creates an empty recording of a session that is to begin.
    package init(context: PlayerSession.Context, manifestURI: String, seed: UInt64 = 0) {
        self.context = context
        self.manifestURI = manifestURI
        self.seed = seed
    }

    /// Notes an input.
    package mutating func note(_ input: SessionInput, at now: Instant) {
        entries.append(Entry(at: now, input: input))
    }

    /// Plays the inputs to a new session.
    ///
    /// - Returns: All events, which are those of the recorded session.
    package func replay() -> [TimedEvent] {
        var session = PlayerSession(context: context, manifestURI: manifestURI, seed: seed)
        var effects = SessionEffects()
        var events: [TimedEvent] = []
        for entry in entries {
            session.handle(entry.input, at: entry.at, effects: &effects)
            while let effect = effects.takeFirst() {
                if case .report(let event) = effect { events.append(event) }
            }
        }
        return events
    }
}
