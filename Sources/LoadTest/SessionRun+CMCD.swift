import Playback
import Quantities
import Transport

/// What the player tells servers about itself: with its requests, and in posts to a collector.
extension SessionRun {
    /// How the player tells; nil when it does not.
    private var cmcd: CMCDSettings? { playerContext.settings.cmcd }

    /// Puts the player's report and the viewer's token on a transfer.
    ///
    /// In the query the report comes first: some schemes sign the query. It is no part of the URI that the transfer is
    /// known by; redirects lead where the server says, as in a browser, and keep the headers.
    ///
    /// - Returns: The URI to ask, and the headers.
    func dress(_ transfer: inout Active) -> (uri: String, headers: [HTTPHeader]) {
        guard let report = transfer.request.telemetry, let cmcd else {
            let headers = authorise(&transfer)
            return (transfer.uri, headers)
        }
        switch cmcd.placement {
        case .query where transfer.hops == 0:
            transfer.uri = report.added(to: transfer.uri)
            let headers = authorise(&transfer)
            let sent = transfer.uri
            transfer.uri = CMCDReport.removed(from: sent)
            return (sent, headers)
        case .header:
            let headers = authorise(&transfer)
            return (transfer.uri, headers + report.headers)
        case .query, .none:
            let headers = authorise(&transfer)
            return (transfer.uri, headers)
        }
    }

    /// Takes over what the player has to tell its collector, and posts it when it is time.
    func tellCollector() {
        guard let collector = cmcd?.collector else { return }
        let (reports, dropped) = player.takeTelemetry()
        let lost = telemetry.add(reports.map(shown)) + dropped
        if lost > 0 {
            note("dropped") { "a viewer had more CMCD reports than its collector took: \(lost) were dropped" }
        }
        post(to: collector)
    }

    /// A report whose URL has no token in its path.
    private func shown(_ report: CMCDReport) -> CMCDReport {
        guard case .item(let item)? = report[.url], case .string(let uri) = item.bare else { return report }
        var report = report
        report.set(.url, .string(shown(uri)))
        return report
    }

    private func post(to collector: CMCDCollector) {
        let batch = telemetry.takeBatch(of: collector.batch, isLast: player.state.isFinal)
        guard !batch.isEmpty else { return }
        let id = freshID()
        telemetry.post = (id, batch.count)
        channel.begin(
            TransferRequest(
                uri: collector.uri, method: .post,
                headers: [HTTPHeader(name: "Content-Type", value: CMCDReport.mediaType)],
                requestBody: CMCDReport.body(of: batch), timeouts: Self.collectorTimeouts), as: id)
    }

    /// A collector that does not answer must not keep a session alive for long.
    private static let collectorTimeouts = TransferTimeouts(
        connect: .seconds(3), firstByte: .seconds(5), stalled: .seconds(5), total: .seconds(8))

    /// Takes the end of a post; false when it is none.
    ///
    /// What a post carried that failed is gone: it counts as a problem, not as a transfer of the player. A collector that
    /// answers 410 is told nothing more in this session (CTA-5004-B), and neither is one that must not be asked.
    func telemetryFinished(_ id: TransferID, _ result: Result<TransferResult, FailedTransfer>) -> Bool {
        guard let post = telemetry.post, post.id == id else { return false }
        telemetry.post = nil
        switch result {
        case .success(let response):
            if !(200..<300).contains(response.status) {
                note(String(response.status)) {
                    "the CMCD collector answered a post of \(post.reports) reports with status \(response.status)"
                }
            }
            if response.status == 410 { telemetry.close() }
        case .failure(let failed):
            if failed.error.label != "cancelled" {
                note(failed.error.label) { "a post to the CMCD collector failed: \(failed.error.label)" }
            }
            if ["bad-uri", "host-not-allowed", "unsupported"].contains(failed.error.label) || player.state.isFinal {
                telemetry.close()
            }
        }
        tellCollector()
        return true
    }

    private func note(_ label: String, _ sentence: () -> String) { context.note(.step, "cmcd-" + label, sentence) }

    /// Lets go of what was not told in time.
    func abandonTelemetry() {
        telemetry.close()
        if let post = telemetry.post { channel.cancel(post.id) }
    }
}
