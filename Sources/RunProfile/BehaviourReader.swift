import Audience
import Quantities

/// Reads `audience.behaviour`: what viewers do while they watch.
struct BehaviourReader {
    /// The names of the streams.
    let streams: [String]

    /// Reads the behaviour.
    func read(_ node: ProfileNode) -> ViewerBehaviour {
        var settings = ViewerBehaviour.Settings()
        let entries = node.entries("a mapping", allowed: ProfileVocabulary.behaviour)
        settings.pauses = entries["pauses"].flatMap(pauses)
        settings.seeks = entries["seeks"].flatMap(seeks)
        settings.rewinds = entries["live rewinds"].flatMap(rewinds)
        settings.zapping = entries["zapping"].flatMap(zapping)
        settings.startupPatience = entries["startup patience"].flatMap(startupPatience)
        settings.rebufferPatience = entries["rebuffer patience"].flatMap(rebufferPatience)
        settings.rejoin = entries["rejoin"].flatMap(rejoin)
        var behaviour = ViewerBehaviour()
        behaviour.settings = settings
        return behaviour
    }

    private static let chanceExpected = "a share of 0% to 100%"
    private static let rateExpected = "a rate such as 2/h or 1/min, at most 3600/h"

    /// `2/h`, `1/min`: events per hour.
    static func hourly(_ text: String) -> Double? {
        let parts = text.split(separator: "/", maxSplits: 1).map(\.trimmedOfSpaces)
        guard parts.count == 2, let number = Double(parts[0]), number > 0 else { return nil }
        let factor: Double? =
            switch parts[1] {
            case "h", "hour": 1
            case "min": 60
            case "s": 3_600
            default: nil
            }
        return factor.flatMap { number * $0 <= 3_600 ? number * $0 : nil }
    }

    /// The rate that stands in a mapping; nil (noted) without one.
    private func rate(_ entries: [String: ProfileNode], _ node: ProfileNode) -> Double? {
        guard let rate = entries["rate"] else {
            if node.isMapping { node.problem("the setting 'rate' is missing: how often, such as 2/h") }
            return nil
        }
        return rate.value(Self.rateExpected, Self.hourly)
    }

    /// A distribution that stands in a mapping, or what it is where it does not.
    private func time(_ node: ProfileNode?, default standard: TimeDistribution) -> TimeDistribution? {
        guard let node else { return standard }
        return DistributionReader.read(node)
    }

    private func pauses(_ node: ProfileNode) -> ViewerBehaviour.Pauses? {
        let entries = node.entries("a mapping such as {rate: 2/h}", allowed: ProfileVocabulary.pauses)
        let length = time(entries["length"], default: .lognormal(median: .seconds(60), sigma: 1))
        guard let rate = rate(entries, node), let length else { return nil }
        return .init(rate: rate, length: length)
    }

    private func seeks(_ node: ProfileNode) -> ViewerBehaviour.Seeks? {
        let entries = node.entries("a mapping such as {rate: 2/h}", allowed: ProfileVocabulary.seeks)
        let distance = time(entries["distance"], default: .exponential(mean: .seconds(60)))
        let back = entries["back"]?.value(Self.chanceExpected, ScriptReader.chance) ?? 0.5
        guard let rate = rate(entries, node), let distance else { return nil }
        return .init(rate: rate, distance: distance, back: back)
    }

    private func rewinds(_ node: ProfileNode) -> ViewerBehaviour.Rewinds? {
        let entries = node.entries("a mapping such as {rate: 1/h}", allowed: ProfileVocabulary.rewinds)
        let distance = time(entries["distance"], default: .exponential(mean: .seconds(60)))
        let staying = time(entries["for"], default: .exponential(mean: .seconds(120)))
        guard let rate = rate(entries, node), let distance, let staying else { return nil }
        return .init(rate: rate, distance: distance, staying: staying)
    }

    private func zapping(_ node: ProfileNode) -> ViewerBehaviour.Zapping? {
        let entries = node.entries("a mapping such as {rate: 20/h}", allowed: ProfileVocabulary.zapping)
        let first = entries["first"].map { $0.duration(orZero: false) }
        var weights: [Double] = []
        if let popularity = entries["popularity"] {
            weights = PopularityReader.weights(popularity, count: streams.count) ?? []
        }
        if streams.count == 1 { node.problem("there is no other stream to go to; the profile has just one") }
        guard let rate = rate(entries, node), first != .some(nil) else { return nil }
        return .init(rate: rate, first: first ?? nil, weights: weights)
    }

    // MARK: Patience

    private func startupPatience(_ node: ProfileNode) -> ViewerBehaviour.StartupPatience? {
        var patience = ViewerBehaviour.StartupPatience()
        guard node.isMapping else { return Self.measured(node) ? patience : nil }
        let entries = node.entries("a mapping", allowed: ProfileVocabulary.startupPatience)
        patience.grace = entries["grace"]?.duration() ?? patience.grace
        patience.slope = entries["per second"]?.value(Self.chanceExpected, ScriptReader.chance) ?? patience.slope
        patience.until = entries["until"]?.duration() ?? patience.until
        if patience.until < patience.grace {
            (entries["until"] ?? node).problem(
                "'until' (\(patience.until)) is before 'grace' (\(patience.grace)) is over: nobody would ever leave")
        }
        return patience
    }

    private func rebufferPatience(_ node: ProfileNode) -> ViewerBehaviour.RebufferPatience? {
        var patience = ViewerBehaviour.RebufferPatience()
        guard node.isMapping else { return Self.measured(node) ? patience : nil }
        let entries = node.entries("a mapping", allowed: ProfileVocabulary.rebufferPatience)
        patience.grace = entries["grace"]?.duration() ?? patience.grace
        if let hazard = entries["per second"] {
            patience.hazard =
                hazard.value("a share above 0%, up to 100%") { ScriptReader.chance($0).flatMap { $0 > 0 ? $0 : nil } }
                ?? patience.hazard
        }
        return patience
    }

    /// `measured`, or `none`.
    private static func measured(_ node: ProfileNode) -> Bool {
        node.value("measured, none, or a mapping") { ["measured": true, "none": false][$0] } ?? false
    }

    private func rejoin(_ node: ProfileNode) -> ViewerBehaviour.Rejoin? {
        var rejoin = ViewerBehaviour.Rejoin()
        let entries = node.entries("a mapping such as {attempts: 3}", allowed: ProfileVocabulary.rejoin)
        guard node.isMapping else { return nil }
        rejoin.attempts = entries["attempts"]?.whole(1...100) ?? rejoin.attempts
        rejoin.share = entries["share"]?.value(Self.chanceExpected, ScriptReader.chance) ?? rejoin.share
        rejoin.delay = time(entries["delay"], default: rejoin.delay) ?? rejoin.delay
        return rejoin
    }
}

/// Reads `popularity`: how unevenly streams are watched.
enum PopularityReader {
    /// The weights of so many streams in their order; nil (noted) where they cannot be read.
    static func weights(_ node: ProfileNode, count: Int) -> [Double]? {
        let entries = node.entries("a mapping such as {zipf: 0.8}", allowed: ProfileVocabulary.popularity)
        guard let zipf = entries["zipf"] else {
            if node.isMapping { node.problem("the setting 'zipf' is missing: an exponent such as 0.8") }
            return nil
        }
        let exponent = zipf.value("a number from 0 to 5") { Double($0).flatMap { (0...5).contains($0) ? $0 : nil } }
        return exponent.map { AudienceSettings.zipf(count, exponent: $0) }
    }
}
