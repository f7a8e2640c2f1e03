import Access
import Quantities

extension Edge {
    /// The refusal of the gate, or its redirection to a renewed token; nil when it lets the request in.
    ///
    /// What was found, the cookies that were earned and a token that was renewed are noted in the context.
    func passGate(_ gated: GatedRequest?, _ context: inout Context) -> EdgeReply? {
        guard let gate, let gated, gate.guards(context.path, context.kind) else { return nil }
        var finding = gate.check(gated, at: context.arrival)
        noteSharing(&finding, &context)
        context.verdict = finding.verdict
        context.isLetIn = gate.admits(finding, of: context.kind, with: settings.gateFaults, at: context.arrival)
        guard context.isLetIn else {
            context.gateHeaders = []
            let sentence = finding.isShared ? "The token is used by too many viewers." : finding.verdict.sentence
            return refusal(gate.status(of: finding.verdict), sentence, context)
        }
        guard finding.verdict == .valid else { return nil }
        if RequestKind.playlists.contains(context.kind) {
            context.gateHeaders += gate.earnedCookies(finding, path: context.path, at: context.arrival)
                .map { ("Set-Cookie", $0) }
        }
        switch gate.renewal(finding, of: context.request, at: context.arrival) {
        case nil: return nil
        case .header(let name, let value):
            context.gateHeaders.append((name, value))
            return nil
        case .redirect(let target):
            return refusal(302, "The token is renewed.", context, [("Location", target)])
        }
    }

    /// Makes a token wrong that too many viewers show.
    private func noteSharing(_ finding: inout GateFinding, _ context: inout Context) {
        guard let ledger, finding.verdict == .valid, let carried = finding.carried else { return }
        let (viewer, cookie) = ledger.viewer(of: context.request, pop: settings.pop)
        let session = finding.scheme.claims(of: carried.token)?.sessionID
        if ledger.admits(viewer, showing: carried.token, session: session, at: context.arrival) {
            if let cookie { context.gateHeaders.append(("Set-Cookie", cookie)) }
        } else {
            finding.isShared = true
            finding.verdict = .wrongUse
        }
    }
}
