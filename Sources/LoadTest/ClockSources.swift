import Quantities
import Synchronization

/// The clocks that presentations name (UTCTiming), each asked once in a run, however many viewers watch.
///
/// A public time server must not be asked by ten thousand players at once, and all viewers of a run share one clock
/// anyway: the first session that needs a source asks it, the others wait for what it learns.
final class ClockSources: Sendable {
    /// What a session that needs a source is to do.
    enum Claim: Sendable, Equatable {
        /// Ask it, and settle the matter.
        case ask
        /// Somebody is asking; look again in a moment.
        case wait
        /// What to add to the local clock; nil when the source could not be used.
        case known(TimeAmount?)
    }

    private enum State {
        case asked
        case known(TimeAmount?)
    }

    private let states = Mutex<[String: State]>([:])

    /// What to do about the source of a name.
    func claim(_ name: String) -> Claim {
        states.withLock { states in
            switch states[name] {
            case .asked?: return .wait
            case .known(let offset)?: return .known(offset)
            case nil:
                // A hostile presentation may name any number of sources.
                guard states.count < 1_000 else { return .known(nil) }
                states[name] = .asked
                return .ask
            }
        }
    }

    /// Lets another session ask: the one that did has gone.
    func release(_ name: String) {
        states.withLock { states in
            if case .asked? = states[name] { states[name] = nil }
        }
    }

    /// Says what was learnt of a source; nil when it could not be used.
    func settle(_ name: String, _ offset: TimeAmount?) {
        states.withLock { $0[name] = .known(offset) }
    }
}
