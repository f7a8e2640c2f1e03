import Quantities

extension MultivariantDecoder {
    /// EXT-X-STREAM-INF: the URI follows on the next line that is one.
    mutating func decodeStreamInformation(_ value: Range<Int>) throws(ManifestError) {
        reportMissingURI()
        let list = attributes(value)
        if let name = list.unknownRequirement(known: ["REQ-VIDEO-LAYOUT"]) {
            findings.add(
                "hls-unknown-requirement", .information, clause: "rfc8216bis 6.3.1", line: lines.number,
                "the variant requires \(name.prefix(40)) and is left out")
            skipsNextURI = true
            return
        }
        skipsNextURI = false
        let bandwidth = list.integer("BANDWIDTH")
        if bandwidth == nil || bandwidth == 0 {
            findings.add(
                "hls-missing-bandwidth", .error, clause: "rfc8216bis 4.4.6.2", line: lines.number,
                "the variant has no valid BANDWIDTH")
        }
        let codecs = try text("CODECS", of: list) ?? ""
        let resolution = list.range("RESOLUTION").flatMap { bytes.resolution($0) }
        let track = Track(
            id: "", bitRate: BitRate(bitsPerSecond: Double(bandwidth ?? 0)),
            averageBitRate: list.integer("AVERAGE-BANDWIDTH").map { BitRate(bitsPerSecond: Double($0)) },
            codecs: codecs, width: resolution?.width ?? 0, height: resolution?.height ?? 0,
            frameRate: list.range("FRAME-RATE").flatMap { bytes.decimalNumber($0) } ?? 0,
            media: .playlist, locations: [])
        let location = TrackLocation(
            name: try text("PATHWAY-ID", of: list) ?? ".", references: [], audioGroup: try text("AUDIO", of: list),
            subtitleGroup: try text("SUBTITLES", of: list))
        pending = Variant(
            track: track, location: location,
            isAudioOnly: resolution == nil && Codecs.isAudioOnly(codecs), line: lines.number)
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
        guard variants.count + renditions.count < limits.tracks else { throw tooManyTracks }
        let uri = try variables.substituted(range, in: bytes, line: lines.number) ?? bytes.text(range)
        variant.track.id = String(variants.count)
        variant.location.references = [uri]
        variant.track.locations = [variant.location]
        variants.append(variant)
        pending = nil
    }

    /// Adds a finding when a variant waits for a URI in vain.
    mutating func reportMissingURI() {
        guard let variant = pending else { return }
        findings.add(
            "hls-variant-without-uri", .error, clause: "rfc8216bis 4.4.6.2", line: variant.line,
            "EXT-X-STREAM-INF has no URI line and is left out")
        pending = nil
    }

    private var tooManyTracks: ManifestError {
        .tooLarge(detail: "the playlist has more than \(limits.tracks) variants and renditions")
    }

    /// EXT-X-MEDIA: a rendition; without a URI its media are muxed into the variant.
    mutating func decodeMedia(_ value: Range<Int>) throws(ManifestError) {
        let list = attributes(value)
        let kind: MediaKind
        switch list.text("TYPE") {
        case "AUDIO": kind = .audio
        case "SUBTITLES": kind = .subtitles
        case "VIDEO": kind = .video
        case "CLOSED-CAPTIONS": return
        default:
            findings.add(
                "hls-unknown-media-type", .warning, clause: "rfc8216bis 4.4.6.1", line: lines.number,
                "EXT-X-MEDIA has no known TYPE and is ignored")
            return
        }
        guard list.unknownRequirement(known: []) == nil else { return }
        guard let group = try text("GROUP-ID", of: list), !group.isEmpty else {
            findings.add(
                "hls-missing-group-id", .error, clause: "rfc8216bis 4.4.6.1", line: lines.number,
                "EXT-X-MEDIA has no GROUP-ID and is ignored")
            return
        }
        let name = try text("NAME", of: list) ?? ""
        reportNaming(of: name, in: group, kind: kind)
        guard variants.count + renditions.count < limits.tracks else { throw tooManyTracks }
        let uri = try text("URI", of: list)
        if uri == nil, kind == .subtitles {
            findings.add(
                "hls-subtitles-without-uri", .error, clause: "rfc8216bis 4.4.6.1", line: lines.number,
                "a rendition of subtitles has no URI")
        }
        let track = Track(
            id: name, bitRate: .zero, media: uri == nil ? .muxed : .playlist,
            locations: uri.map { [TrackLocation(references: [$0])] } ?? [])
        renditions.append(
            SwitchingSet(
                id: group, kind: kind, language: try text("LANGUAGE", of: list) ?? "",
                isDefault: list.isValue("DEFAULT", "YES"), tracks: [track]))
    }

    /// NAME is required, and unique in its group.
    private mutating func reportNaming(of name: String, in group: String, kind: MediaKind) {
        if name.isEmpty {
            findings.add(
                "hls-missing-name", .error, clause: "rfc8216bis 4.4.6.1", line: lines.number,
                "EXT-X-MEDIA has no NAME")
        } else if !renditionNames.insert("\(kind.rawValue)/\(group)/\(name)").inserted {
            findings.add(
                "hls-duplicate-name", .error, clause: "rfc8216bis 4.4.6.1.1", line: lines.number,
                "two renditions of a group have the same NAME")
        }
    }
}
