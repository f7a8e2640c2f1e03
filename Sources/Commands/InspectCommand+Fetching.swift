import Access
import CurlTransport
import Inspection
import LoadTest
import Manifests
import Quantities
import Transport

extension InspectCommand {
    /// Fetches documents over one channel, a few at a time, with redirects, within the rules of ``URIPolicy``.
    ///
    /// It belongs to one task on a loop, as its channel does.
    final class Fetcher {
        /// How documents are asked for.
        struct Settings: Sendable {
            /// The URI that a person typed: its host may be sent the headers.
            var origin: String
            /// Further request headers.
            var headers: [HTTPHeader]
            /// Where documents may lead.
            var policy: URIPolicy
            /// Puts a token into a request to a host that may see the headers; true for the document that was typed.
            var authorise: (@Sendable (_ request: inout OutgoingRequest, _ isManifest: Bool) -> Void)?
        }

        /// A document that is wanted.
        struct Job {
            var purpose: ReportTransfer.Purpose
            var uri: String
            /// The document that names it; nil for what a person typed.
            var namedBy: String?
            var range: ByteRange?
            /// The caller's number for it.
            var tag: Int
            /// How long a blocking server may take.
            var patience: TimeAmount = .zero
            /// True when only the size of the resource is wanted: one byte is asked for.
            var asksSize = false
        }

        /// What came of a job.
        struct Answer {
            var job: Job
            /// The URI after redirects.
            var uri: String
            /// The status and the body, or why there is none.
            var body: Result<(status: Int, bytes: [UInt8]), FetchProblem>
            /// The bytes of the whole resource, where the answer tells them.
            var size: Int64?
            /// The last exchange; nil where none was allowed.
            var transfer: ReportTransfer?
            var begun: Instant
            var answered: Instant
            var ended: Instant
        }

        /// What happens next.
        enum Event {
            case answer(Answer)
            case alarm
            case stopped
        }

        private struct Active {
            var id: TransferID
            var job: Job
            var uri: String
            var hops: Int
            var begun: Instant
            var begunAt: WallTime
        }

        private let channel: CurlChannel
        private let settings: Settings
        private var queue: [Job] = []
        private var active: [Active] = []
        private var refused: [Answer] = []
        private var nextNumber: UInt32 = 0
        /// The exchanges so far, in the order of their end.
        private(set) var transfers: [ReportTransfer] = []
        /// What was wrong with where documents lead.
        private(set) var findings: [ReportFinding] = []

        /// The most transfers at a time.
        private static let parallelTransfers = 4
        /// The most hops of one transfer.
        private static let redirectLimit = 10

        init(channel: CurlChannel, settings: Settings) {
            self.channel = channel
            self.settings = settings
        }

        /// How a channel is opened for it.
        static var channelSettings: ChannelSettings {
            ChannelSettings(
                parallelTransfers: parallelTransfers,
                keptHeaders: ReportTransfer.headers + ["location", "content-range"],
                userAgent: "fullhouse/\(ProgramVersion.text)")
        }

        var now: Instant { channel.now }
        var isIdle: Bool { queue.isEmpty && active.isEmpty && refused.isEmpty }

        /// Wants a document; its answer comes from ``next(alarmAt:)``.
        func add(_ job: Job) {
            queue.append(job)
            startWaiting()
        }

        /// Waits for the next answer or an instant.
        func next(alarmAt instant: Instant? = nil) async -> Event {
            channel.setAlarm(at: instant)
            while true {
                if !refused.isEmpty { return .answer(refused.removeFirst()) }
                switch await channel.nextEvent() {
                case .alarm: return .alarm
                case .chunkArrived: continue
                case .taskCancelled: return .stopped
                case .transferFinished(let id, let result):
                    if let answer = finished(id, result) { return .answer(answer) }
                }
            }
        }

        private func startWaiting() {
            while active.count < Self.parallelTransfers, !queue.isEmpty {
                let job = queue.removeFirst()
                begin(job, job.uri, hops: 0, namedBy: job.namedBy)
            }
        }

        private func begin(_ job: Job, _ uri: String, hops: Int, namedBy: String?) {
            if let namedBy, let refusal = settings.policy.refusal(of: uri, namedBy: namedBy) {
                let finding = ReportFinding(Finding(refusal, uri: uri), uri: namedBy)
                if !findings.contains(finding) { findings.append(finding) }
                refused.append(
                    Answer(
                        job: job, uri: uri, body: .failure(.refused), transfer: nil, begun: now, answered: now,
                        ended: now))
                return
            }
            let transfer = Active(
                id: TransferID(nextNumber), job: job, uri: uri, hops: hops, begun: now,
                begunAt: WallClock.now())
            nextNumber += 1
            active.append(transfer)
            channel.begin(request(for: transfer), as: transfer.id)
        }

        private func request(for transfer: Active) -> TransferRequest {
            var timeouts = TransferTimeouts.standard
            timeouts.firstByte = timeouts.firstByte + transfer.job.patience
            timeouts.total = timeouts.total + transfer.job.patience
            var outgoing = OutgoingRequest(uri: transfer.uri)
            var headers: [HTTPHeader] = []
            if maySendHeaders(to: transfer.uri) {
                settings.authorise?(&outgoing, transfer.job.purpose == .manifest)
                headers = settings.headers + outgoing.headers.map { HTTPHeader(name: $0.name, value: $0.value) }
                if let cookie = outgoing.cookieHeader { headers.append(HTTPHeader(name: "Cookie", value: cookie)) }
            }
            return TransferRequest(
                uri: outgoing.uri, headers: headers,
                byteRange: transfer.job.asksSize ? ByteRange(offset: 0, length: 1) : transfer.job.range,
                body: .keep(limit: ByteCount(DecodingLimits.standard.bytes)),
                timeouts: timeouts)
        }

        /// Headers may hold secrets: only the host that was typed and allowed ones get them, and never without TLS what
        /// was meant for it.
        private func maySendHeaders(to uri: String) -> Bool {
            let (origin, target) = (URIReference(settings.origin), URIReference(uri))
            if origin.scheme?.lowercased() == "https", target.scheme?.lowercased() != "https" { return false }
            guard let host = target.host else { return false }
            let names = [host, "\(host):\(target.port ?? 0)"]
            return host == origin.host || names.contains { settings.policy.allowedHosts.contains($0) }
        }

        private func finished(_ id: TransferID, _ result: Result<TransferResult, FailedTransfer>) -> Answer? {
            guard let position = active.firstIndex(where: { $0.id == id }) else { return nil }
            let transfer = active.remove(at: position)
            defer { startWaiting() }
            switch result {
            case .success(let response):
                let target = redirectTarget(response, of: transfer)
                let account = ReportTransfer(
                    response, purpose: transfer.job.purpose, uri: transfer.uri, redirectsTo: target,
                    begunAt: transfer.begunAt)
                transfers.append(account)
                if let target, transfer.hops < Self.redirectLimit {
                    begin(transfer.job, target, hops: transfer.hops + 1, namedBy: transfer.uri)
                    return nil
                }
                let isUsable = (200..<300).contains(response.status)
                var answer = answer(
                    transfer, response.timings, account,
                    isUsable ? .success((response.status, response.body)) : .failure(.status(response.status)))
                answer.size = isUsable ? Self.size(of: response) : nil
                return answer
            case .failure(let failed):
                let problem = FetchProblem.transfer(failed.error)
                let account = ReportTransfer(
                    failed, sentence: problem.sentence, purpose: transfer.job.purpose, uri: transfer.uri,
                    begunAt: transfer.begunAt)
                transfers.append(account)
                return answer(transfer, failed.timings, account, .failure(problem))
            }
        }

        private func answer(
            _ transfer: Active, _ timings: TransferTimings, _ account: ReportTransfer,
            _ body: Result<(status: Int, bytes: [UInt8]), FetchProblem>
        ) -> Answer {
            Answer(
                job: transfer.job, uri: transfer.uri, body: body, transfer: account, begun: transfer.begun,
                answered: timings.begun + timings.firstByte, ended: timings.ended)
        }

        /// What an answer says of the size of its resource: `Content-Range: bytes 0-0/SIZE` (RFC 9110 section 14.4), or its
        /// own length where all of it came.
        private static func size(of response: TransferResult) -> Int64? {
            guard response.status == 206 else { return response.status == 200 ? response.bytes.count : nil }
            guard let range = response.header("content-range"), let slash = range.lastIndex(of: "/") else { return nil }
            return Int64(range[range.index(after: slash)...]).flatMap { $0 >= 0 ? $0 : nil }
        }

        private func redirectTarget(_ response: TransferResult, of transfer: Active) -> String? {
            switch response.status {
            case 301, 302, 303, 307, 308:
                guard let location = response.header("location"), !location.isEmpty else { return nil }
                return URIReference.resolve(location, against: transfer.uri)
            default: return nil
            }
        }
    }

    /// Why a document could not be fetched.
    enum FetchProblem: Error, Equatable {
        case status(Int)
        case transfer(TransferError)
        /// The rules of ``URIPolicy`` forbid it; a finding tells why.
        case refused

        /// What went wrong, to follow "could not be fetched: ".
        var sentence: String {
            switch self {
            case .refused: "it is not followed from there"
            case .status(let status): Self.sentence(status: status)
            case .transfer(let error): Self.sentence(error)
            }
        }

        private static func sentence(status: Int) -> String {
            let hint =
                switch status {
                case 300..<400: "; it leads nowhere: no usable 'Location', or more than 10 redirects in a row"
                case 401, 403: "; does it need a token, or a --header?"
                case 404, 410: "; is the path right, and the stream on air?"
                case 429: "; the server limits how often it may be asked"
                case 500...599: "; the server or its origin has a problem"
                default: ""
                }
            return "the answer has status \(status)\(hint)"
        }

        private static func sentence(_ error: TransferError) -> String {
            switch error {
            case .badURI: "this is not an absolute http or https URI"
            case .hostNotAllowed(let host): "the host \(host) is not allowed"
            case .nameLookup(let host): "the host name \(host) has no address; is it spelt right?"
            case .connect(let detail): "no connection (\(detail)); is the server up, and the port right?"
            case .tls(let detail): "the TLS handshake failed (\(detail))"
            case .certificate(let detail): "the server's certificate does not verify (\(detail))"
            case .timeout(let phase): "it took too long (\(phase.rawValue))"
            case .truncated(let received): "the connection ended in mid-body, after \(received.count) bytes"
            case .bodyTooLarge(let limit): "it is larger than \(limit.count) bytes"
            case .malformedResponse(let detail): "the answer is not HTTP (\(detail))"
            case .cancelled: "it was cancelled"
            case .unsupported(let detail): detail
            case .other(let code, let detail): "\(detail) (libcurl error \(code))"
            }
        }
    }
}
