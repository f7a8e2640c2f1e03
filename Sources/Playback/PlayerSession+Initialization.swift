import Manifests
import Quantities

/// Initialization sections that are fetched at the same time as the segment that needs them, and letting go of both.
extension PlayerSession {
    mutating func sendInitialization(
        of position: Int, _ uri: String, _ range: ByteRange?, due: Instant, attempt: Int,
        _ effects: inout SessionEffects
    ) {
        send(
            .initialization, .initialization(loader: position), uri: uri, byteRange: range, reading: .discard, due: due,
            attempt: attempt, &effects)
    }

    /// Asks once more for the section that a segment waits for.
    mutating func beginInitialization(
        of position: Int, due: Instant, attempt: Int, _ effects: inout SessionEffects
    ) {
        guard case .fetching(let job) = loaders[position].activity, job.awaitsInitialization,
            let section = job.initialization
        else { return }
        let uri = queried(named(section.uri, base: job.base), of: position)
        sendInitialization(of: position, uri, section.byteRange, due: due, attempt: attempt, &effects)
    }

    /// The section is there: the segment counts, if it has come already.
    mutating func initializationArrived(
        of position: Int, _ transfer: PendingTransfer, at now: Instant, _ effects: inout SessionEffects
    ) {
        guard case .fetching(var job) = loaders[position].activity, job.awaitsInitialization else { return }
        let section = fingerprint(transfer.uri, job.initialization?.byteRange, of: position)
        loaders[position].remember(section)
        job.awaitsInitialization = false
        guard let place = adapting.held.firstIndex(where: { $0.loader == position }) else {
            loaders[position].activity = .fetching(job)
            return
        }
        segmentArrived(of: position, job, adapting.held.remove(at: place).report, at: now, &effects)
    }

    /// Of a segment and its initialization section one has failed for good: the other is of no use.
    mutating func dropOtherPart(of transfer: PendingTransfer, _ effects: inout SessionEffects) {
        switch transfer.purpose {
        case .segment(let position), .initialization(let position): cancelSegment(of: position, &effects)
        case .manifest, .manifestUpdate, .playlist, .index, .hint, .steering, .assetList, .asset, .abandoned: return
        }
    }

    /// Lets go of the segment a loader is fetching.
    mutating func cancelSegment(of position: Int, _ effects: inout SessionEffects) {
        loaders[position].activity = .idle
        adapting.held.removeAll { $0.loader == position }
        let parts: [TransferPurpose] = [.segment(loader: position), .initialization(loader: position)]
        retries.removeAll { parts.contains($0.purpose) }
        for index in pending.indices where parts.contains(pending[index].purpose) {
            pending[index].purpose = .abandoned
            effects.append(.cancel(pending[index].id))
        }
    }
}
