import Manifests
import Quantities
import Simulation

extension RunProfile {
    /// What a simulation of the profile is made of beside its audience.
    package struct Simulation: Sendable, Hashable {
        /// Where viewers fetch from; never empty.
        package var edges = [EdgeModel(name: "edge")]
        /// What is behind the edges.
        package var origin = OriginModel()
        /// What is watched, where no manifest is given.
        package var content = ContentSettings()
        /// The real manifest whose stream is watched; nil where `content` says it all.
        ///
        /// A file's path is as written: relative to the profile's own folder.
        package var manifest: ContentManifest?
        /// True when the profile says what is watched.
        package var hasContent = false
    }
}

/// Reads `simulation`.
enum SimulationReader {
    static func read(_ node: ProfileNode?, regions: [String]) -> RunProfile.Simulation {
        var simulation = RunProfile.Simulation()
        guard let node else { return simulation }
        let entries = node.entries("a mapping", allowed: ProfileVocabulary.simulation)
        if let edges = entries["edges"] {
            let read = edges.orderedEntries("a mapping of edges").map { edge($0, $1, regions: regions) }
            if read.isEmpty, edges.isMapping { edges.problem("no edge stands here") }
            if !read.isEmpty { simulation.edges = read }
            check(read, regions: regions, edges)
        }
        if let origin = entries["origin"] {
            let values = origin.entries("a mapping", allowed: ProfileVocabulary.simulatedOrigin)
            simulation.origin = OriginModel(
                capacity: values["capacity"].flatMap(rate), latency: values["latency"]?.duration() ?? .zero)
        }
        if let content = entries["content"] {
            let entries = content.entries("a mapping", allowed: ProfileVocabulary.simulatedContent)
            simulation.content = self.content(entries)
            simulation.manifest = entries["manifest"]?.value(ContentManifest.expected) { ContentManifest($0) }
            simulation.hasContent = true
        }
        return simulation
    }

    private static func edge(_ name: String, _ node: ProfileNode, regions: [String]) -> EdgeModel {
        node.checkName(name)
        var edge = EdgeModel(name: name)
        let entries = node.entries("an edge", allowed: ProfileVocabulary.simulatedEdge)
        edge.capacity = entries["capacity"].flatMap(rate)
        edge.requestsPerSecond = entries["requests"]?.value("a rate such as 20000/s", Amounts.rate)
        edge.responseRate = entries["response rate"].flatMap(rate)
        edge.delay = entries["delay"]?.duration() ?? .zero
        edge.latency = entries["latency"]?.duration() ?? .zero
        edge.hasCache = entries["cache"]?.value("true or false", Bool.init) ?? true
        edge.playlistLifetime = entries["playlist lifetime"]?.duration() ?? .zero
        edge.collapses = entries["collapse"]?.value("true or false", Bool.init) ?? true
        edge.regions =
            entries["regions"]?.items().compactMap { item in
                item.value("a region of this profile: \(regions.joined(separator: ", "))") {
                    regions.firstIndex(of: $0)
                }
            } ?? []
        return edge
    }

    /// Every region needs an edge.
    private static func check(_ edges: [EdgeModel], regions: [String], _ node: ProfileNode) {
        for (position, region) in regions.enumerated() {
            let isServed = edges.contains { $0.regions.isEmpty || $0.regions.contains(position) }
            if !isServed, !edges.isEmpty { node.problem("no edge serves the region '\(region)'") }
        }
    }

    /// A bit rate above zero.
    private static func rate(_ node: ProfileNode) -> BitRate? {
        node.value(Amounts.bitRateExpected + ", more than zero") { text in
            Amounts.bitRate(text).flatMap { $0 > .zero ? $0 : nil }
        }
    }

    private static func content(_ entries: [String: ProfileNode]) -> ContentSettings {
        var content = ContentSettings()
        if let format = entries["format"] {
            content.format = format.value("one of: hls, dash", ManifestFormat.init(rawValue:)) ?? .hls
        }
        if let segment = entries["segment"] {
            content.segmentDuration =
                segment.value("a duration from 100 ms to 1 h") { text in
                    Amounts.duration(text).flatMap { (0.1...3_600).contains($0.seconds) ? $0 : nil }
                } ?? content.segmentDuration
        }
        if let ladder = entries["ladder"] {
            let rates = ladder.items().compactMap(rate)
            if !rates.isEmpty { content.ladder = rates.sorted() }
        }
        if let audio = entries["audio"] {
            content.audio =
                audio.value("'none' or " + Amounts.bitRateExpected) { text -> BitRate? in
                    text == "none" ? .zero : Amounts.bitRate(text).flatMap { $0 > .zero ? $0 : nil }
                } ?? content.audio
            if content.audio == .zero { content.audio = nil }
        }
        content.window = entries["window"]?.whole(3...100_000) ?? content.window
        if let duration = entries["duration"] {
            content.duration = duration.value("a duration up to 24 h, more than zero") { text in
                Amounts.duration(text).flatMap { $0 > .zero && $0.seconds <= 86_400 ? $0 : nil }
            }
        }
        if let variation = entries["variation"] {
            content.variation =
                variation.value("a share from 0% to 90%") { text in
                    Amounts.share(text).flatMap { $0 <= 0.9 ? $0 : nil }
                } ?? 0
        }
        return content
    }
}
