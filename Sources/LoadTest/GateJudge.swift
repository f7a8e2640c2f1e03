import Measurement

/// Says what an answer to a probe means.
package struct GateJudge: Sendable, Hashable {
    /// Statuses that refuse beside 401, 403 and 410; each 400 to 499.
    package var refusedStatuses: Set<Int> = []
    /// Whether being sent elsewhere is a refusal, as it is where viewers without a ticket are led to a login page.
    ///
    /// Otherwise redirects are followed, without the token where they lead to another host.
    package var redirectsRefuse = false

    /// Creates the usual judge.
    package init() {}

    /// What an answer means.
    ///
    /// 2xx and 304 are leaks, but for two: a page of HTML, which is no media but often an error page with the wrong status;
    /// and an answer from where only the probe was sent and the honest viewer was not, which may be a login page.
    ///
    /// - Parameters:
    ///   - status: The status of the last answer; nil when there was none.
    ///   - error: The label of the error, where the transfer failed.
    ///   - contentType: The value of `Content-Type`.
    ///   - isSentElsewhere: True when the probe was redirected and the honest request was not.
    /// - Returns: The verdict with the status or a word.
    package func answer(
        status: Int?, error: String = "", contentType: String? = nil, isSentElsewhere: Bool = false
    ) -> GateAnswer {
        guard let status, status > 0 else { return GateAnswer(.inconclusive, error.isEmpty ? "no answer" : error) }
        if GateStatus.isRefusal(status) || refusedStatuses.contains(status) {
            return GateAnswer(.refused, String(status))
        }
        switch status {
        case 200..<300, 304:
            if contentType?.lowercased().hasPrefix("text/html") == true {
                return GateAnswer(.inconclusive, "\(status) with HTML")
            }
            return isSentElsewhere
                ? GateAnswer(.inconclusive, "\(status) elsewhere") : GateAnswer(.leaked, String(status))
        case 300..<400: return GateAnswer(redirectsRefuse ? .refused : .inconclusive, String(status))
        default: return GateAnswer(.inconclusive, String(status))
        }
    }
}
