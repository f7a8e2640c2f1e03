import Manifests
import Quantities
import Transport

/// The players of an interstitial's assets: opening them, telling them things, and carrying over what they want.
extension PlayerSession {
    /// Opens the player of the next asset: of the first at once, of another when the one before has all it needs.
    mutating func openNextAsset(at now: Instant, _ effects: inout SessionEffects) {
        guard let active = breaks?.active.first, !active.assets.isEmpty, active.players.count < 2,
            active.players.last.map({ $0.session.isComplete }) ?? true
        else { return }
        let uri = active.assets[0]
        breaks?.active[0].assets.removeFirst()
        var session = PlayerSession(context: context, manifestURI: uri, seed: seed, isAsset: true)
        session.adapt(by: rule)
        session.isHeld = true
        let number = breaks?.nextPlayer ?? 0
        breaks?.nextPlayer = number + 1
        breaks?.active[0].players.append(InterstitialSchedule.AssetPlayer(session: session, number: number))
        tell((breaks?.active[0].players.count ?? 1) - 1, .start, at: now, &effects)
    }

    /// Lets the first asset's player play.
    mutating func releaseAsset(at now: Instant, _ effects: inout SessionEffects) {
        guard breaks?.active.first?.players.isEmpty == false else { return mirrorAsset(at: now, &effects) }
        breaks?.active[0].players[0].session.isHeld = false
        tell(0, .wake, at: now, &effects)
    }

    mutating func wakeAssets(at now: Instant, _ effects: inout SessionEffects) {
        for position in breaks?.active.first?.players.indices ?? 0..<0 {
            guard let player = breaks?.active.first?.players[position].session, let wake = player.wakeUp, wake <= now
            else { continue }
            tell(position, .wake, at: now, &effects)
        }
        settleBreak(at: now, &effects)
    }

    /// Passes an input of the viewer on to the asset that is on.
    mutating func tellAsset(_ input: SessionInput, at now: Instant, _ effects: inout SessionEffects) {
        for position in breaks?.active.first?.players.indices ?? 0..<0 { tell(position, input, at: now, &effects) }
    }

    /// Tells an asset's player something, and carries over what it wants.
    mutating func tell(
        _ position: Int, _ input: SessionInput, at now: Instant, _ effects: inout SessionEffects
    ) {
        guard let number = breaks?.active.first?.players[position].number else { return }
        var wanted = SessionEffects()
        breaks?.active[0].players[position].session.handle(input, at: now, effects: &wanted)
        while let effect = wanted.takeFirst() { carry(effect, from: position, number, &effects) }
        if position == 0 { mirrorAsset(at: now, &effects) }
    }

    private mutating func carry(
        _ effect: SessionEffect, from position: Int, _ number: Int, _ effects: inout SessionEffects
    ) {
        switch effect {
        case .begin(let id, let request):
            let own = TransferID(nextTransfer)
            nextTransfer += 1
            pending.append(
                PendingTransfer(
                    id: own, kind: request.kind, purpose: .asset(AssetTransfer(player: number, id: id)),
                    uri: request.uri, due: request.due, attempt: 0))
            effects.append(.begin(own, renumbered(request)))
        case .cancel(let id):
            guard let own = pending.first(where: { $0.purpose == .asset(AssetTransfer(player: number, id: id)) })
            else { return }
            effects.append(.cancel(own.id))
        case .synchronize, .acquireLicence:
            effects.append(effect)
        case .report(let event):
            carry(event, from: position, &effects)
        }
    }

    /// What an asset's player reports, as far as it concerns the viewer.
    private mutating func carry(_ event: TimedEvent, from position: Int, _ effects: inout SessionEffects) {
        switch event.event {
        case .rendered(let kind, let duration, _):
            if breaks?.active[0].players[position].session.loaders.first?.kind == kind {
                breaks?.active[0].played += duration
            }
            effects.append(.report(event))
        case .transferFinished, .locationChanged:
            effects.append(.report(event))
        case .started, .stateChanged, .trackSelected, .latencySampled, .failed, .interstitialStarted,
            .interstitialEnded:
            break
        }
    }

    /// The session's state while a break is on: that of the asset's player, which the viewer sees.
    private mutating func mirrorAsset(at now: Instant, _ effects: inout SessionEffects) {
        guard isInBreak, !state.isFinal else { return }
        guard let player = breaks?.active.first?.players.first?.session else {
            return change(to: hasStarted ? .rebuffering : .starting, at: now, &effects)
        }
        switch player.state {
        case .starting: change(to: hasStarted ? .rebuffering : .starting, at: now, &effects)
        case .playing:
            hasStarted = true
            change(to: .playing, at: max(player.playheadInstant, now), &effects)
        case .rebuffering, .seeking: change(to: .rebuffering, at: now, &effects)
        case .paused: change(to: .paused, at: now, &effects)
        case .ended, .failed, .quit: break
        }
    }

    // MARK: Transfers of assets

    /// An asset's transfer has ended: its player is told, and its account of it is the session's.
    ///
    /// - Returns: False when the player is gone.
    mutating func finishedOfAsset(
        _ transfer: PendingTransfer, _ outcome: TransferReport, at now: Instant, _ effects: inout SessionEffects
    ) -> Bool {
        guard let position = player(of: transfer), case .asset(let asset) = transfer.purpose else { return false }
        let before = effects.endedCount
        tell(position, .transferFinished(asset.id, outcome), at: now, &effects)
        effects.renumber(from: before, asset.id, as: transfer.id)
        settleBreak(at: now, &effects)
        return true
    }

    /// A hop of an asset's transfer; false when the player is gone.
    mutating func redirectedOfAsset(
        _ transfer: PendingTransfer, _ outcome: TransferReport, _ effects: inout SessionEffects
    ) -> Bool {
        guard let position = player(of: transfer), case .asset(let asset) = transfer.purpose else { return false }
        let before = effects.endedCount
        tell(position, .transferRedirected(asset.id, outcome), at: outcome.timings.ended, &effects)
        effects.renumber(from: before, asset.id, as: transfer.id)
        return true
    }

    mutating func chunkArrivedOfAsset(
        _ transfer: PendingTransfer, _ chunk: ChunkArrival, at now: Instant, _ effects: inout SessionEffects
    ) {
        guard let position = player(of: transfer), case .asset(let asset) = transfer.purpose else { return }
        tell(position, .chunkArrived(asset.id, chunk), at: now, &effects)
    }

    private func player(of transfer: PendingTransfer) -> Int? {
        guard case .asset(let asset) = transfer.purpose else { return nil }
        return breaks?.active.first?.players.firstIndex { $0.number == asset.player }
    }
}
