import Audience
import Playback
import Quantities

/// A playback that always does what it is told, at once; and what its viewer did.
struct Watching {
    var mind: ViewerMind
    var now = Instant.zero
    var state = PlaybackState.starting
    var actions: [(at: Instant, action: ViewerAction)] = []

    init(_ planned: PlannedSession, _ behaviour: ViewerBehaviour, streams: Int = 1, seed: UInt64 = 1) {
        var settings = AudienceSettings(
            viewers: 1_000_000, streams: (0..<streams).map { .init(name: "s\($0)", weight: Double(streams - $0)) })
        settings.behaviour = behaviour
        mind = ViewerMind(planned, settings: settings, seed: seed)
    }

    /// Begins a playback whose first picture comes after a time; nil never.
    mutating func begin(startup: TimeAmount?) {
        mind.playbackBegan(at: now)
        state = .starting
        if let startup {
            follow(until: now + startup)
            if !isOver { enter(.playing) }
        }
    }

    mutating func enter(_ next: PlaybackState) {
        mind.observe(TimedEvent(at: now, .stateChanged(from: state, to: next)))
        state = next
    }

    var isOver: Bool {
        switch actions.last?.action {
        case .leave?, .drop?: true
        case .pause?, .resume?, .seek?, .zap?, .playAgain?, nil: false
        }
    }

    /// Lets time go by, doing what the viewer wants at the instants at which it wants to.
    mutating func follow(until end: Instant) {
        while !isOver, let due = mind.wakeUp, due <= end {
            now = max(now, due)
            guard let action = mind.decide(at: now) else { break }
            actions.append((now, action))
            switch action {
            case .pause: enter(.paused)
            case .resume: enter(.playing)
            case .seek:
                enter(.seeking)
                enter(.playing)
            case .zap, .playAgain:
                mind.playbackBegan(at: now)
                state = .starting
                enter(.playing)
            case .leave, .drop: return
            }
        }
        now = max(now, end)
    }
}
