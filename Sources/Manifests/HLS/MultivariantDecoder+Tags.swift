import Quantities

/// Variants: EXT-X-STREAM-INF with the URI that follows, EXT-X-I-FRAME-STREAM-INF.
extension MultivariantDecoder {
    /// EXT-X-STREAM-INF: the URI follows on the next line that is one.
    mutating func decodeStreamInformation(_ value: Range<Int>) throws(ManifestError) {
        reportMissingURI()
        guard let list = attributes(value, known: ["REQ-VIDEO-LAYOUT"]) else {
            skipsNextURI = true
            return
        }
        skipsNextURI = false
        pending = try variant(list, tag: .streamInformation)
    }

    /// EXT-X-I-FRAME-STREAM-INF: pictures for trick play, with its URI inside.
    mutating func decodeIFrameStreamInformation(_ value: Range<Int>) throws(ManifestError) {
        guard let list = attributes(value, known: ["REQ-VIDEO-LAYOUT"]) else { return }
        guard let uri = try text("URI", of: list), !uri.isEmpty else {
            findings.add(
                "hls-i-frame-variant-without-uri", .error, clause: "rfc8216bis 4.4.6.3", line: lines.number,
                "EXT-X-I-FRAME-STREAM-INF has no URI and is left out")
            return
        }
        try countTrack()
        var variant = try variant(list, tag: .iFrameStreamInformation)
        variant.location.references = [uri]
        trickPlay.add(variant)
    }

    private mutating func variant(_ list: AttributeList, tag: PlaylistTag) throws(ManifestError) -> Variant {
        let bandwidth = list.number("BANDWIDTH") ?? 0
        let average = list.number("AVERAGE-BANDWIDTH")
        if bandwidth == 0 {
            findings.add(
                "hls-missing-bandwidth", .error, clause: "rfc8216bis 4.4.6.2", line: lines.number,
                "the variant has no valid BANDWIDTH")
        } else if let average, average > bandwidth {
            findings.add(
                "hls-average-above-peak", .error, clause: "rfc8216bis 4.4.6.2", line: lines.number,
                "AVERAGE-BANDWIDTH \(average) is more than BANDWIDTH \(bandwidth)")
        }
        let codecs = try text("CODECS", of: list) ?? ""
        let resolution = list.range("RESOLUTION").flatMap { bytes.resolution($0) }
        if resolution == nil, list.range("RESOLUTION") != nil {
            findings.add(
                "hls-invalid-resolution", .error, clause: "rfc8216bis 4.4.6.2", line: lines.number,
                "RESOLUTION is not width x height and is ignored")
        }
        let track = Track(
            id: "", bitRate: BitRate(bitsPerSecond: Double(bandwidth)),
            averageBitRate: average.map { BitRate(bitsPerSecond: Double($0)) },
            codecs: codecs, width: resolution?.width ?? 0, height: resolution?.height ?? 0,
            frameRate: max(0, list.range("FRAME-RATE").flatMap { bytes.decimalNumber($0) } ?? 0),
            media: .playlist, locations: [], details: try variantDetails(list))
        let location = TrackLocation(
            name: try text("PATHWAY-ID", of: list) ?? ".", references: [], audioGroup: try text("AUDIO", of: list),
            subtitleGroup: try text("SUBTITLES", of: list))
        return Variant(
            track: track, location: location,
            isAudioOnly: tag == .streamInformation && resolution == nil && Codecs.isAudioOnly(codecs),
            line: lines.number)
    }

    private mutating func variantDetails(_ list: AttributeList) throws(ManifestError) -> TrackDetails {
        var details = TrackDetails()
        details.name = try text("NAME", of: list) ?? ""
        details.stableID = try text("STABLE-VARIANT-ID", of: list) ?? ""
        details.score = list.range("SCORE").flatMap { bytes.decimalNumber($0) }.flatMap { $0 >= 0 ? $0 : nil }
        details.supplementalCodecs = try text("SUPPLEMENTAL-CODECS", of: list) ?? ""
        details.hdcpLevel = list.text("HDCP-LEVEL") ?? ""
        details.allowedCPC = try text("ALLOWED-CPC", of: list) ?? ""
        details.videoRange = list.text("VIDEO-RANGE") ?? ""
        details.videoLayout = try text("REQ-VIDEO-LAYOUT", of: list) ?? ""
        details.videoGroup = try text("VIDEO", of: list)
        details.closedCaptionsGroup = try text("CLOSED-CAPTIONS", of: list)
        return details
    }

    /// A URI line completes a variant.
    mutating func decodeURI(_ range: Range<Int>) throws(ManifestError) {
        guard var variant = pending else {
            if !skipsNextURI {
                findings.add(
                    "hls-uri-without-stream-inf", .error, clause: "rfc8216bis 4.4.6.2", line: lines.number,
                    "the URI has no EXT-X-STREAM-INF before it and is left out")
            }
            skipsNextURI = false
            return
        }
        try countTrack()
        variant.location.references = [
            try variables.substituted(range, in: bytes, line: lines.number) ?? bytes.text(range)
        ]
        if !pathways.contains(variant.location.name) {
            guard pathways.count < Self.maximumPathways else {
                throw .tooLarge(detail: "the playlist has more than \(Self.maximumPathways) pathways")
            }
            pathways.append(variant.location.name)
        }
        variants.add(variant)
        pending = nil
    }

    /// Pathways are delivery networks, of which nobody has many.
    private static let maximumPathways = 256

    /// Adds a finding when a variant waits for a URI in vain.
    mutating func reportMissingURI() {
        guard let variant = pending else { return }
        findings.add(
            "hls-variant-without-uri", .error, clause: "rfc8216bis 4.4.6.2", line: variant.line,
            "EXT-X-STREAM-INF has no URI line and is left out")
        pending = nil
    }

    /// Counts a variant or rendition against the limit.
    mutating func countTrack() throws(ManifestError) {
        trackCount += 1
        guard trackCount <= limits.tracks else {
            throw .tooLarge(detail: "the playlist has more than \(limits.tracks) variants and renditions")
        }
    }
}
