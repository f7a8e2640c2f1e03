import CCurl
import Quantities
import Transport

// A transfer over a link; see ``SharedLink``.
extension EasyTransfer {
    /// Gives the callbacks a link to ask.
    func installLink() {
        guard channel.link != nil else { return }
        response.pointee.on_first_byte = { owner in
            guard let owner else { return }
            Unmanaged<EasyTransfer>.fromOpaque(owner).takeUnretainedValue().responseBegins()
        }
        response.pointee.on_starved = { owner, wanted in
            guard let owner else { return }
            let transfer = Unmanaged<EasyTransfer>.fromOpaque(owner).takeUnretainedValue()
            transfer.channel.link?.bytes(for: transfer, wanted: wanted)
        }
    }

    /// The server has answered: reckons when the viewer notices.
    private func responseBegins() {
        guard let link = channel.link else { return }
        let now = loop.now
        let instant = link.firstByte(at: now)
        let monotonic = instant.nanoseconds.addingReportingOverflow(loop.epoch.nanoseconds)
        response.pointee.held_until = monotonic.overflow ? .max : monotonic.partialValue
        response.pointee.carried_until = response.pointee.held_until
    }

    /// When the first byte reaches the viewer; the past where there is no link, the distant future where it never does.
    var heldUntil: Instant {
        guard response.pointee.shaped else { return Instant(nanoseconds: .min) }
        let held = response.pointee.held_until
        return held == .max ? .distantFuture : Instant(nanoseconds: held &- loop.epoch.nanoseconds)
    }

    /// Whether the first byte of the response has reached the viewer.
    var hasFirstByte: Bool {
        guard response.pointee.header_bytes > 0 else { return false }
        return !response.pointee.shaped || heldUntil <= loop.now
    }

    /// How many bytes are missing, as far as the response says how long it is.
    var bytesMissing: Double? {
        let length = offset(CURLINFO_CONTENT_LENGTH_DOWNLOAD_T)
        guard length >= 0 else { return nil }
        let carried = response.pointee.encoded ? response.pointee.wire_carried : response.pointee.body_bytes
        return Double(length) - Double(carried) - Double(response.pointee.grant)
    }

    /// Whether somebody looks at the body while it arrives.
    var isWatched: Bool {
        if case .measureChunks = request.body { true } else { false }
    }

    /// The fewest bytes that are of use without a pause: an encoded block is taken as a whole, and of others no crumbs,
    /// which a fast link would have again at once and so keep the loop here.
    func leastGrant(_ wanted: UInt64) -> Double {
        response.pointee.encoded ? max(1, Double(wanted) - Double(response.pointee.grant)) : Double(min(wanted, 4_096))
    }

    /// More bytes may be taken.
    func grant(_ bytes: UInt64, rate: BitRate, until lifetime: Int64) {
        response.pointee.grant += bytes
        response.pointee.grant_until = fh_monotonic() + lifetime
        if rate > .zero { response.pointee.carry_rate = rate.bitsPerSecond / 8 }
        response.pointee.last_activity = fh_monotonic()
    }

    /// Gives back what was granted and not taken, and pays for what crossed the link besides the body: the head, and the
    /// framing of chunks.
    ///
    /// An encoded body keeps its grant until it is over, because it is taken in blocks that may need several.
    func settle(with budget: inout LinkBudget, isOver: Bool = false) {
        if isOver || !response.pointee.encoded {
            budget.take(-Double(response.pointee.grant))
            response.pointee.grant = 0
        }
        let overhead = max(paidOverhead, response.pointee.header_bytes + (isOver ? framing : 0))
        budget.take(Double(overhead - paidOverhead))
        paidOverhead = overhead
    }

    /// The bytes that the framing of chunks took, of a body that is all there.
    private var framing: UInt64 {
        let answer = response.pointee
        guard answer.counting_frames, !answer.encoded, !answer.paused, answer.framed_bytes > answer.body_bytes else {
            return 0
        }
        return answer.framed_bytes - answer.body_bytes
    }

    /// The link has bytes for this transfer: libcurl may offer them again.
    ///
    /// Never inside a callback of libcurl's. What is ready is taken inside the call, and the socket is read in libcurl's
    /// next turn.
    func resume() {
        guard case .running = state, let easy, response.pointee.paused else { return }
        response.pointee.paused = false
        let code = fh_easy_resume(easy)
        // libcurl does not end a transfer whose bytes it could not hand over here.
        if code != CURLE_OK { libraryFinished(code) }
    }

    /// What the transfer was held for is over: an outage before it was sent, or the delay of its first byte.
    func linkIsOpen(at now: Instant) {
        switch state {
        case .waitingForLink: launch(at: now)
        case .running: resume()
        case .ended(let result): finish(delayed(result, to: now))
        case .idle, .waitingForName: break
        }
    }

    /// A result whose first byte came later than libcurl knows.
    private func delayed(_ result: Result<TransferResult, FailedTransfer>, to now: Instant)
        -> Result<TransferResult, FailedTransfer>
    {
        let total = now - begun
        switch result {
        case .success(var result):
            result.timings.total = max(result.timings.total, total)
            result.timings.firstByte = max(result.timings.firstByte, min(heldUntil - begun, result.timings.total))
            return .success(result)
        case .failure(var failure):
            failure.timings.total = max(failure.timings.total, total)
            failure.timings.firstByte = max(failure.timings.firstByte, min(heldUntil - begun, failure.timings.total))
            return .failure(failure)
        }
    }
}
