import Quantities
import Reporting
import RunProfile
import Transport

/// Words about a plan: what its parts are, and what was assumed.
struct PlanWords {
    private let draft: PlanDraft
    private var profile: RunProfile { draft.profile }

    init(_ draft: PlanDraft) { self.draft = draft }

    func rate(_ rate: BitRate) -> String { PlanAmounts.rate(rate) }
    func bytes(_ count: ByteCount) -> String { PlanAmounts.bytes(count) }

    /// The tracks of a stream, the best first.
    func ladder(of stream: Int) -> String {
        let own = profile.streams[stream].ladder
        let tracks = own.isEmpty ? draft.ladder : own
        return tracks.reversed().map { rate($0.bitRate) }.joined(separator: ", ")
    }

    func region(_ region: RunProfile.Region) -> String {
        var words: [String] = []
        if !region.edges.isEmpty { words.append("\(region.edges.count) edge" + (region.edges.count == 1 ? "" : "s")) }
        if case .server(let address) = region.resolver { words.append("names from \(address)") }
        if let label = region.machineLabel { words.append("machines labelled \(label)") }
        if !region.sourceAddresses.isEmpty { words.append("\(region.sourceAddresses.count) source addresses") }
        return words.joined(separator: ", ")
    }

    func device(_ device: RunProfile.Device) -> String {
        var words: [String] = []
        if device.preset.rawValue != device.name { words.append(device.preset.rawValue) }
        if let screen = device.player.screen { words.append("screen \(screen.text)") }
        words.append("HTTP/\(device.http.version.rawValue)")
        if device.player.cmcd != nil { words.append("CMCD") }
        return words.joined(separator: ", ")
    }

    func network(_ network: RunProfile.Network) -> String {
        guard let trace = network.trace(seed: profile.seed) else { return "whatever comes" }
        var words: [String] = []
        if case .unlimited = network.source {} else { words.append(rate(trace.meanRate) + " on average") }
        if let delay = trace.steps.map(\.delay).max(), delay > .zero { words.append("delay \(delay)") }
        if network.householdSize > 1 { words.append("\(network.householdSize) viewers on a link") }
        return words.joined(separator: ", ")
    }

    /// What the figures rest on, a sentence each.
    func assumptions(_ tally: PlanTally) -> [String] {
        var sentences = [
            "Everybody sees a picture at once and stays as long as planned; nobody zaps, pauses or loses patience.",
            "A session takes \(RunCost.plainConnections) connections over HTTP/1.1 (video and audio at the same time) and one"
                + " over HTTP/2 or 3; its port stays taken for \(Int(RunCost.portHold.seconds)) s after the end.",
            "A session takes \(Int(RunCost.sessionMemory / 1_000)) KB of memory, \(Int(RunCost.secureConnectionMemory / 1_000)) KB"
                + " more for each TLS connection, and a request \(Int((RunCost.request * 1e6).rounded())) µs of a processor beside"
                + " what its bytes take; with segments of \(Int(RunCost.segment)) s it makes"
                + " \(Int(RunCost.requestRate)) a second. Measured figures: docs/PERFORMANCE.md.",
        ]
        if tally.endless > 0 {
            sentences.append(
                "\(PlanAmounts.count(tally.endless)) visits last until the end, and neither the profile ('run.limit') nor --length"
                    + " says when that is: they are counted until the chart ends.")
        }
        let unknown = profile.streams.filter { $0.ladder.isEmpty && draft.ladder.isEmpty }.map(\.name)
        if unknown.count < profile.streams.count {
            sentences.append(
                "Each viewer plays the best track that its network carries on average and its screen shows, and fills its"
                    + " forward buffer as fast as the link lets it; a network without a rate is taken to carry"
                    + " \(rate(RunCost.unlimitedLink)).")
        }
        if !unknown.isEmpty {
            sentences.append(
                "Nothing says which tracks \(unknown.joined(separator: ", ")) has: what it takes of the network is not"
                    + " counted. Give --ladder 3400,1400,550 (kbit/s), or 'bitrates' of the stream in the profile.")
        }
        if profile.regions.contains(where: { $0.edges.isEmpty }) {
            sentences.append("A host name without edges in the profile is taken to have one address.")
        }
        return sentences
    }
}
