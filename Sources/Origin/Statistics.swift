import Access
import Quantities

/// One request as the edge that answered it saw it, without its query, cookies and token.
package struct ServedRequest: Sendable, Hashable {
    /// The POP name of the edge.
    package var pop: String
    /// The method, such as `GET`.
    package var method: String
    /// The raw path without the query.
    package var path: String
    /// What was asked for.
    package var resource: ResourceKind
    /// What it was asked for, as players tell their transfers apart.
    package var kind: RequestKind
    /// The status that was sent.
    package var status: Int
    /// The bytes of the body that were handed to the network.
    package var bytes: Int64
    /// Whether the body came from the edge's cache.
    package var isHit: Bool
    /// Whether the body was cut off on purpose.
    package var isTruncated: Bool
    /// Whether the client went away before the answer was sent; `bytes` then lacks what was under way.
    package var isAborted: Bool
    /// What a gate without faults says; nil without a gate on this path.
    ///
    /// A token that too many share is ``TokenVerdict/wrongUse``.
    package var verdict: TokenVerdict?
    /// Whether the gate let the request in: with another verdict than valid because it has faults.
    package var isLetIn: Bool
    /// What the player told of itself (CMCD), percent-decoded from the query or joined from its headers; nil where it told
    /// nothing, or where nobody listens.
    package var telemetry: String?
}

/// What an edge did since it began, for comparison with what the clients say.
package struct EdgeStatistics: Sendable, Hashable {
    /// The POP name of the edge.
    package var pop: String
    /// All requests that were answered or aborted.
    package var requests = 0
    /// The bytes of all bodies that were handed to the network; heads are not counted.
    package var bytes: Int64 = 0
    /// Requests by the status that was sent.
    package var statuses: [Int: Int] = [:]
    /// Requests by what was asked for.
    package var resources: [ResourceKind: Int] = [:]
    /// Answers from the edge's cache, and answers that it had to get.
    package var hits = 0
    /// Answers that the edge had to get.
    package var misses = 0
    /// Bodies that were cut off on purpose.
    package var truncated = 0
    /// Answers that the client did not wait for.
    package var aborted = 0
    /// What the gate said, or should have said where it has faults.
    package var verdicts: [TokenVerdict: Int] = [:]
    /// What the gate did, by the kind of request.
    package var gate: [RequestKind: GateTally] = [:]
    /// Requests by the names of the HLS and DASH parameters in their queries, such as `_HLS_msn` and `_DASH_pathway`.
    package var parameters: [String: Int] = [:]
    /// Requests by the value of `_HLS_pathway` or `_DASH_pathway`, without quotes; at most 1 000 values.
    package var pathways: [String: Int] = [:]
    /// The values of `_HLS_primary_id`, one for each primary session that asked for an asset list; at most 100 000.
    package var primaryIdentifiers: Set<String> = []

    init(pop: String) { self.pop = pop }

    /// The requests that got what they asked for and should not have been let in.
    package var leaks: Int { gate.values.reduce(0) { $0 + $1.leaks } }

    mutating func record(_ request: ServedRequest) {
        requests += 1
        bytes += request.bytes
        statuses[request.status, default: 0] += 1
        resources[request.resource, default: 0] += 1
        let isCached = request.resource == .playlist || request.resource == .segment
        if (200..<300).contains(request.status), isCached {
            if request.isHit { hits += 1 } else { misses += 1 }
        }
        if request.isTruncated { truncated += 1 }
        if request.isAborted { aborted += 1 }
        if let verdict = request.verdict {
            verdicts[verdict, default: 0] += 1
            gate[request.kind, default: GateTally()]
                .record(verdict, isLetIn: request.isLetIn, status: request.status)
        }
    }

    /// Counts the parameters of a query that begin with `_HLS_` or `_DASH_`.
    mutating func record(query: Substring) {
        for field in query.split(separator: "&") where field.hasPrefix("_HLS_") || field.hasPrefix("_DASH_") {
            let halves = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(halves[0])
            let value = halves.count == 2 ? halves[1] : ""
            if parameters.count < 100 || parameters[name] != nil { parameters[name, default: 0] += 1 }
            switch name {
            case "_HLS_pathway", "_DASH_pathway":
                let pathway = value.replacing("%22", with: "").replacing("\"", with: "")
                if pathways.count < 1_000 || pathways[String(pathway)] != nil {
                    pathways[String(pathway), default: 0] += 1
                }
            case "_HLS_primary_id":
                if primaryIdentifiers.count < 100_000 { primaryIdentifiers.insert(String(value)) }
            default: break
            }
        }
    }
}
