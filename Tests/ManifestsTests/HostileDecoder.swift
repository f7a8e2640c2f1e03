import Manifests

@testable import Quantities

/// One way to decode bytes from a hostile server, with all that follows; the raw value names its fuzz target
/// (`Tests/Fuzz`) and the folder of the inputs that once broke it.
package enum HostileDecoder: String, CaseIterable, Sendable {
    /// A playlist, and updates of it.
    case playlists = "Playlists"
    /// An MPD, and patches or newer copies of it.
    case presentations = "Presentations"
    /// The begin of a file with a segment index.
    case indexes = "Indexes"
    /// The answer of a steering server, an asset list, a clock, or a `data:` URI.
    case answers = "Answers"
    /// A reference, a base, the name and the value of a query parameter, and a query template.
    case references = "References"

    /// What stands between the documents of one input: the record separator of ASCII.
    package static let separator: UInt8 = 0x1E

    /// Decodes an input.
    ///
    /// - Returns: Sentences about promises that did not hold; empty when all is well.
    package func decode(_ input: [UInt8]) -> [String] {
        var player = HostilePlayer()
        switch self {
        case .playlists:
            let context = DecodingContext(
                variables: ["token": "value", "a": "{$b}", "b": ""],
                uri: "https://host/path/index.m3u8?token=1%20&a&b=%ff")
            decodeDocuments(input, context, &player)
        case .presentations: decodeDocuments(input, .none, &player)
        case .indexes: decodeIndex(input, &player)
        case .answers: decodeAnswer(input, &player)
        case .references: decodeReference(input, &player)
        }
        return player.broken
    }

    private func documents(_ input: [UInt8], most: Int) -> [[UInt8]] {
        input.split(separator: Self.separator, maxSplits: most - 1, omittingEmptySubsequences: false).map(Array.init)
    }

    private func decodeDocuments(_ input: [UInt8], _ context: DecodingContext, _ player: inout HostilePlayer) {
        var held: DecodedManifest?
        for document in documents(input, most: 4) {
            if let former = held {
                held = (try? ManifestDecoder.update(document, of: former, context: context)) ?? former
            } else {
                held = try? ManifestDecoder.decode(document, context: context)
            }
            if let held { player.take(held) }
        }
    }

    private func decodeIndex(_ bytes: [UInt8], _ player: inout HostilePlayer) {
        let longest: Int64 = 3_000_000_000_000_000_000
        let places: [(offset: Int64, start: Int64, shift: Int64)] = [
            (0, 0, 0), (1 << 61, longest, 0), (800, 0, longest), (.max, -1, -1),
        ]
        for place in places {
            let media = IndexedMedia(
                uri: "file.mp4", indexRange: nil, initialization: nil, periodStart: MediaTime(nanoseconds: place.start),
                presentationTimeOffset: .nanoseconds(place.shift))
            guard let list = try? SegmentIndexDecoder.decode(bytes, media: media, fileOffset: place.offset) else {
                continue
            }
            player.play(list)
        }
    }

    private func decodeAnswer(_ bytes: [UInt8], _ player: inout HostilePlayer) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let steering = try? SteeringDecoder.decode(bytes) {
            let life = steering.timeToLive.seconds
            player.require(!steering.priority.isEmpty, "a steering manifest has no priority")
            player.require(life >= 1 && life <= 86_400, "a steering manifest is good for \(life) s")
        }
        _ = try? SteeringDecoder.decode(dataURI: text)
        _ = try? SteeringDecoder.decode(dataURI: "data:application/json," + text)
        if let list = try? AssetListDecoder.decode(bytes) {
            let areGood = list.assets.allSatisfy { $0.duration >= .zero && !$0.uri.isEmpty }
            player.require(areGood, "an asset of a list has no URI or a negative duration")
        }
        for name in ["direct", "http-xsdate", "http-head", "http-ntp"] {
            _ = UTCTiming(scheme: "urn:mpeg:dash:utc:\(name):2014", value: text).reading(body: bytes, date: text)
        }
    }

    private func decodeReference(_ input: [UInt8], _ player: inout HostilePlayer) {
        var texts = documents(input, most: 5).map { String(decoding: $0, as: UTF8.self) }
        while texts.count < 5 { texts.append("") }
        let (reference, base) = (texts[0], texts[1])
        let parts = URIReference(reference)
        player.require(parts.text == reference, "a reference taken apart does not go together again")
        _ = (parts.host, parts.port)
        let resolved = URIReference.resolve(reference, against: base)
        player.require(
            resolved == URIReference.resolveParts(reference, against: base), "the short way resolves another URI")
        let parameters = [URIReference.Parameter(texts[2], texts[3]), .init("_HLS_msn", "1")]
        let once = URIReference.setting(parameters, of: resolved)
        if texts[2] != "_HLS_msn" {
            player.require(URIReference.setting(parameters, of: once) == once, "a parameter set again changes the URI")
        }
        player.require(URIReference.decoded(URIReference.encoded(base)) == base, "percent-encoding is not undone")
        for isSameOriginOnly in [true, false] {
            let query = SegmentQuery(
                template: texts[4], parameters: texts[3], usesManifestQuery: true, isSameOriginOnly: isSameOriginOnly)
            _ = query.applied(to: reference, manifestURI: base)
        }
        player.require(PublicName.of(reference).utf8.count <= 1_000, "a name for people is too long")
        player.require(PublicName.sentence(base).utf8.count <= 2_000, "a sentence for people is too long")
    }
}
