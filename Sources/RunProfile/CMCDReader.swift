import Playback
import Quantities

/// Reads a device's `cmcd`.
enum CMCDReader {
    static func read(_ node: ProfileNode) -> CMCDSettings? {
        let entries = node.entries("a mapping such as {version: 1, by: query}", allowed: ProfileVocabulary.cmcd)
        guard node.isMapping else { return nil }
        let before = node.problems.problems.count
        var settings = CMCDSettings()
        settings.version = entries["version"]?.whole(1...2).flatMap(CMCDVersion.init(rawValue:)) ?? .one
        let placements = CMCDSettings.Placement.allCases.map(\.rawValue).joined(separator: ", ")
        settings.placement =
            entries["by"]?.value("one of: \(placements)", CMCDSettings.Placement.init(rawValue:)) ?? .query
        settings.collector = entries["collector"].flatMap(collector)
        settings.keys = entries["keys"].map { Set($0.items().compactMap(key)) }
        settings.contentID = entries["content id"]?.text("some words")
        for (name, child) in entries["custom keys"]?.orderedEntries("a mapping of names to values") ?? [] {
            if let value = child.text("a value") { settings.customKeys.append(CMCDCustomKey(name: name, value: value)) }
        }
        // What cannot be read is told already; the settings as a whole are looked at when they are all there.
        if node.problems.problems.count == before { for problem in settings.problems { node.problem(problem) } }
        return settings
    }

    private static func key(_ node: ProfileNode) -> CMCDKey? {
        let names = CMCDKey.allCases.map(\.rawValue)
        guard let text = node.text("the name of a CMCD key such as br") else { return nil }
        guard let key = CMCDKey(rawValue: text) else {
            node.problem("'\(text)' is no CMCD key\(Spelling.hint(for: text, among: names))")
            return nil
        }
        return key
    }

    private static func collector(_ node: ProfileNode) -> CMCDCollector? {
        let uriExpected = "the URI that events are posted to"
        guard node.isMapping else { return node.text(uriExpected).map { CMCDCollector(uri: $0) } }
        let entries = node.entries("a collector", allowed: ProfileVocabulary.collector)
        guard let uri = entries["uri"]?.text(uriExpected) else {
            if entries["uri"] == nil { node.problem("the setting 'uri' is missing") }
            return nil
        }
        var collector = CMCDCollector(uri: uri)
        collector.interval = entries["interval"]?.duration(orZero: false) ?? collector.interval
        collector.batch = entries["batch"]?.whole(1...100) ?? collector.batch
        if let events = entries["events"] {
            let names = CMCDEvent.allCases.map(\.rawValue).joined(separator: ", ")
            collector.events = Set(
                events.items().compactMap { $0.value("one of: \(names)", CMCDEvent.init(rawValue:)) })
        }
        return collector
    }
}
