import Quantities

/// What a driver asks a session beside telling it things.
extension PlayerSession {
    /// ``isFinished`` and ``wakeUp`` of a session that is reached through a pointer: in place.
    ///
    /// The getters would copy the whole session first, because nothing says that its memory does not change meanwhile.
    @inline(never)
    package mutating func outlook() -> (isFinished: Bool, wakeUp: Instant?) { (isFinished, wakeUp) }

    /// ``progressTransfer`` of a session that is reached through a pointer: in place, as ``outlook()``.
    @inline(never)
    package mutating func wantedProgress() -> TransferID? { progressTransfer }

    /// Shows where the session keeps what every input looks at, so that it can be brought into the processor's cache.
    ///
    /// Mutating only so that it happens in place.
    package mutating func withStorage(_ body: (UnsafeRawBufferPointer) -> Void) {
        loaders.withUnsafeBytes(body)
        pending.withUnsafeBytes(body)
    }

    /// When the session next wants to be woken; nil when only a transfer's end or a request can move it on.
    @inline(never)
    package var wakeUp: Instant? {
        guard !state.isFinal, isBegun else { return nil }
        var earliest = Instant.distantFuture
        for position in retries.indices { earliest = min(earliest, retries[position].due) }
        if let due = presentationReload.due { earliest = min(earliest, due) }
        if let due = locations.steering?.due { earliest = min(earliest, due) }
        if let due = telemetryDue { earliest = min(earliest, due) }
        if let due = instantOfBreakWork { earliest = min(earliest, due) }
        for position in loaders.indices {
            if let due = loaders[position].reload.due { earliest = min(earliest, due) }
            if let due = loaders[position].plannedDue, isReadyForSegment(position) { earliest = min(earliest, due) }
        }
        if let end = instantOfPlaybackLimit { earliest = min(earliest, end) }
        if let due = adapting.progressDue, wantsProgress { earliest = min(earliest, due) }
        if let due = adapting.catchUpDue, state == .playing { earliest = min(earliest, due) }
        if let due = adapting.startDue, !hasStarted || adapting.awaitsPicture { earliest = min(earliest, due) }
        if settings.loading == .sequential, let due = adapting.turnDue { earliest = min(earliest, due) }
        return earliest == .distantFuture ? nil : earliest
    }
}
