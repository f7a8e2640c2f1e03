import Quantities
import Synchronization

/// How players are steered between pathways (draft-pantos-hls-rfc8216bis section 7, ETSI TS 103 998).
package struct SteeringSettings: Sendable, Hashable {
    /// What is wrong with the steering server.
    package enum Fault: Sendable, Hashable {
        /// 410: players are to stop asking.
        case gone
        /// 429 with `Retry-After`.
        case tooManyRequests(retryAfter: TimeAmount)
        /// 503.
        case unavailable
    }

    /// A pathway that is like another one but elsewhere.
    package struct Clone: Sendable, Hashable {
        /// The pathway that it is a copy of.
        package var baseID: String
        /// Its own identifier.
        package var id: String
        /// The host, with a port where there is one, that stands in its URIs instead.
        package var host: String
        /// Query parameters that its URIs get.
        package var parameters: [String: String]

        /// Creates a clone.
        package init(baseID: String, id: String, host: String, parameters: [String: String] = [:]) {
            self.baseID = baseID
            self.id = id
            self.host = host
            self.parameters = parameters
        }
    }

    /// The pathways; nil for the origin's own edges by their POP names.
    package var pathways: [Pathway]?
    /// Their order of preference; nil for the order of the pathways.
    package var priority: [String]?
    /// How long a steering manifest is good, whole seconds; default 300 s.
    package var lifetime: TimeAmount = .seconds(300.0)
    /// The clones that the steering manifest adds.
    package var clones: [Clone] = []
    /// What is wrong with the steering server; nil for nothing.
    package var fault: Fault?

    /// Creates settings that steer to the edges in their order.
    package init() {}
}

/// The steering server of all edges, whose settings can change at any time.
final class Steering: Sendable {
    private struct State {
        var settings: SteeringSettings
        var edges: [Pathway] = []

        var pathways: [Pathway] { settings.pathways ?? edges }
        var priority: [String] { settings.priority ?? pathways.map(\.id) }
    }

    private let state: Mutex<State>

    init(_ settings: SteeringSettings) { state = Mutex(State(settings: settings)) }

    /// Changes the settings from now on.
    func change(_ body: (inout SteeringSettings) -> Void) { state.withLock { body(&$0.settings) } }

    /// Notes where the edges listen.
    func note(edges: [Pathway]) { state.withLock { $0.edges = edges } }

    /// What the content of an edge knows of its surroundings.
    func deployment(of pop: String, faults: ContentFaults) -> Deployment {
        state.withLock { state in
            Deployment(
                pathways: state.pathways, firstPathway: state.priority.first,
                ownURL: state.edges.first { $0.id == pop }?.baseURL, faults: faults)
        }
    }

    /// The fault of now.
    var fault: SteeringSettings.Fault? { state.withLock { $0.settings.fault } }

    /// The steering manifest (version 1), the same for HLS and DASH.
    func manifest() -> String {
        let (settings, priority) = state.withLock { ($0.settings, $0.priority) }
        var text = "{\"VERSION\":1,\"TTL\":\(max(1, Int64(clampingRounded: settings.lifetime.seconds)))"
        text +=
            ",\"RELOAD-URI\":\"/steering\",\"PATHWAY-PRIORITY\":[" + priority.map(Self.quoted).joined(separator: ",")
            + "]"
        if !settings.clones.isEmpty {
            text += ",\"PATHWAY-CLONES\":[" + settings.clones.map(Self.text).joined(separator: ",") + "]"
        }
        return text + "}\n"
    }

    private static func text(_ clone: SteeringSettings.Clone) -> String {
        var text = "{\"BASE-ID\":\(quoted(clone.baseID)),\"ID\":\(quoted(clone.id)),\"URI-REPLACEMENT\":{"
        text += "\"HOST\":\(quoted(clone.host))"
        if !clone.parameters.isEmpty {
            let fields = clone.parameters.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
            text += ",\"PARAMS\":{" + fields.joined(separator: ",") + "}"
        }
        return text + "}}"
    }

    private static func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar -> String in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            case _ where scalar.value < 0x20: "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: String(scalar)
            }
        }
        return "\"" + escaped.joined() + "\""
    }
}
