import Access
import Audience
import Quantities

/// What a run asks for that gates must refuse, and how answers are judged.
package struct GateProbeSettings: Sendable {
    /// Which viewers carry which probes.
    package var plan: ProbePlan
    /// How long after a probe the same viewer makes it again, for the same kind of request at the same edge.
    package var interval: TimeAmount = .seconds(30)
    /// How long after its end a gate may still take a token.
    package var leeway: TimeAmount = .seconds(2)
    /// How answers are judged.
    package var judge = GateJudge()
    /// The first viewers of every stream, region and edge; filled in when the run is prepared.
    var firstSessions: Set<UInt64> = []

    /// Creates settings.
    package init(plan: ProbePlan) { self.plan = plan }

    /// What a viewer carries.
    func probes(of session: UInt64) -> [GateProbe] {
        plan.probes(ofSession: session, isFirst: firstSessions.contains(session))
    }
}

extension LoadTestSettings {
    /// Finds the viewers that carry all probes.
    mutating func findFirstSessions() {
        guard probes != nil else { return }
        let first = ProbePlan.firstSessions(of: plan.viewers) { number in
            let planned = plan.session(number)
            return [planned.stream, planned.region, edge(of: planned) ?? -1]
        }
        probes?.firstSessions = first
    }
}
