import Quantities

extension Edge {
    /// The reply to a call of the entitlement API.
    func entitle(_ request: EdgeRequest, _ service: EntitlementService, _ now: WallTime) -> EdgeReply {
        let context = Context(
            request: request, path: String(request.path), resource: .entitlement, kind: .step, now: now, arrival: now)
        let answer = service.answer(request, at: now)
        let headers =
            commonHeaders(context) + answer.headers + [
                ("Content-Type", answer.mediaType), ("Content-Length", String(answer.body.count)),
            ]
        let isHead = request.method == "HEAD"
        var reply = EdgeReply(
            status: answer.status, headers: headers,
            body: isHead ? .none : .parts([.bytes(answer.body, 0..<answer.body.count)]), length: answer.body.count,
            cutAt: nil, served: served(answer.status, context))
        reply.delay = service.settings.delay
        return reply
    }
}
