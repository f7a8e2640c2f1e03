import Playback
import Quantities

/// One value for each state a session can stay in; the final states (ended, failed, quit) have none.
package struct PerState<Value: AdditiveArithmetic & Sendable>: Sendable {
    /// Before the first frame.
    package var starting: Value = .zero
    /// Rendering.
    package var playing: Value = .zero
    /// Stopped for want of media.
    package var rebuffering: Value = .zero
    /// On the way to another place of the content.
    package var seeking: Value = .zero
    /// Paused by the viewer.
    package var paused: Value = .zero

    /// Creates zeros.
    package init() {}

    /// The value of a state.
    ///
    /// Final states read as zero, and what is assigned to them is dropped.
    package subscript(state: PlaybackState) -> Value {
        get {
            switch state {
            case .starting: starting
            case .playing: playing
            case .rebuffering: rebuffering
            case .seeking: seeking
            case .paused: paused
            case .ended, .failed, .quit: .zero
            }
        }
        set {
            switch state {
            case .starting: starting = newValue
            case .playing: playing = newValue
            case .rebuffering: rebuffering = newValue
            case .seeking: seeking = newValue
            case .paused: paused = newValue
            case .ended, .failed, .quit: break
            }
        }
    }

    /// The sum over the states.
    package var sum: Value { starting + playing + rebuffering + seeking + paused }

    package static func += (left: inout PerState, right: PerState) {
        left.starting += right.starting
        left.playing += right.playing
        left.rebuffering += right.rebuffering
        left.seeking += right.seeking
        left.paused += right.paused
    }
}

extension PerState: Equatable where Value: Equatable {}
extension PerState: Hashable where Value: Hashable {}

/// How many sessions are in each state, and how much time they have spent there, exactly.
///
/// The time that all sessions have spent in a state up to an instant t is Σ (t − entered) over those still in it plus
/// Σ (left − entered) over those that were: a count times t, plus a sum of instants that changes only when a session
/// does. So a change costs two additions whenever it is reported, in whatever order.
struct StateClock {
    private(set) var counts = PerState<Int64>()
    /// Σ left − Σ entered.
    ///
    /// Wraps: only differences are used, and those fit.
    private var offsets = PerState<Int64>()
    private var taken = PerState<Int64>()

    /// A session enters a state.
    mutating func enter(_ state: PlaybackState, at now: Instant) {
        counts[state] += 1
        offsets[state] = offsets[state] &- now.nanoseconds
    }

    /// A session leaves a state.
    mutating func leave(_ state: PlaybackState, at now: Instant) {
        counts[state] -= 1
        offsets[state] = offsets[state] &+ now.nanoseconds
    }

    /// The nanoseconds spent in each state since the last take.
    mutating func take(at now: Instant) -> PerState<Int64> {
        var delta = PerState<Int64>()
        for state in Self.lasting {
            let total = offsets[state] &+ counts[state] &* now.nanoseconds
            delta[state] = total &- taken[state]
            taken[state] = total
        }
        return delta
    }

    private static let lasting: [PlaybackState] = [.starting, .playing, .rebuffering, .seeking, .paused]
}
