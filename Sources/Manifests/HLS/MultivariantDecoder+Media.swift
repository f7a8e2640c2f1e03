import Quantities

/// Renditions: EXT-X-MEDIA (rfc8216bis section 4.4.6.1).
extension MultivariantDecoder {
    /// EXT-X-MEDIA: a rendition; without a URI its media are muxed into the variant.
    mutating func decodeMedia(_ value: Range<Int>) throws(ManifestError) {
        guard let list = attributes(value) else { return }
        let type = list.text("TYPE") ?? ""
        let kind: MediaKind
        switch type {
        case "AUDIO": kind = .audio
        case "SUBTITLES": kind = .subtitles
        case "VIDEO": kind = .video
        case "CLOSED-CAPTIONS": kind = .other
        default:
            findings.add(
                "hls-unknown-media-type", .warning, clause: "rfc8216bis 4.4.6.1", line: lines.number,
                "EXT-X-MEDIA has no known TYPE and is ignored")
            return
        }
        guard let group = try text("GROUP-ID", of: list), !group.isEmpty else {
            findings.add(
                "hls-missing-group-id", .error, clause: "rfc8216bis 4.4.6.1", line: lines.number,
                "EXT-X-MEDIA has no GROUP-ID and is ignored")
            return
        }
        try countTrack()
        let details = try renditionDetails(list, type: type)
        var uri = try text("URI", of: list)
        checkRendition(list, kind: kind, details: details, hasURI: uri != nil)
        if kind == .other { uri = nil }
        let track = Track(
            id: details.name, bitRate: .zero, media: uri == nil ? .muxed : .playlist,
            locations: uri.map { [TrackLocation(references: [$0])] } ?? [], details: details)
        let set = SwitchingSet(
            id: group, kind: kind, language: try text("LANGUAGE", of: list) ?? "",
            isDefault: list.isValue("DEFAULT", "YES"), tracks: [track])
        groups.add(set, line: lines.number, findings: &findings)
        renditions.append(set)
    }

    private mutating func renditionDetails(
        _ list: AttributeList, type: String
    ) throws(ManifestError) -> TrackDetails {
        var details = TrackDetails()
        details.type = type
        details.name = try text("NAME", of: list) ?? ""
        details.associatedLanguage = try text("ASSOC-LANGUAGE", of: list) ?? ""
        details.isAutoselect = list.isValue("AUTOSELECT", "YES")
        details.isForced = list.isValue("FORCED", "YES")
        details.instreamID = try text("INSTREAM-ID", of: list) ?? ""
        details.characteristics = (try text("CHARACTERISTICS", of: list) ?? "").split(separator: ",").map {
            String($0.drop { $0 == " " })
        }
        details.channels = try text("CHANNELS", of: list) ?? ""
        details.bitDepth = list.number("BIT-DEPTH").flatMap { Int(exactly: $0) }
        details.sampleRate = list.number("SAMPLE-RATE").flatMap { Int(exactly: $0) }
        details.stableID = try text("STABLE-RENDITION-ID", of: list) ?? ""
        return details
    }

    private mutating func checkRendition(
        _ list: AttributeList, kind: MediaKind, details: TrackDetails, hasURI: Bool
    ) {
        if !hasURI, kind == .subtitles {
            report("hls-subtitles-without-uri", "a rendition of subtitles has no URI")
        }
        if list.isValue("DEFAULT", "YES"), list.isValue("AUTOSELECT", "NO") {
            report("hls-default-not-autoselect", "a rendition has DEFAULT=YES and AUTOSELECT=NO")
        }
        if list.range("FORCED") != nil, kind != .subtitles {
            report("hls-forced-not-subtitles", "FORCED stands at a rendition that is no subtitles")
        }
        if kind == .other {
            if hasURI { report("hls-closed-captions-with-uri", "closed captions have a URI, which is ignored") }
            if !Self.isCaptionChannel(details.instreamID) {
                report("hls-invalid-instream-id", "closed captions have no valid INSTREAM-ID")
            }
            if details.instreamID.hasPrefix("SERVICE") { required.note(7, "INSTREAM-ID with SERVICE") }
        } else if !details.instreamID.isEmpty {
            required.note(13, "INSTREAM-ID of a rendition that is no closed captions")
        }
    }

    private static func isCaptionChannel(_ id: String) -> Bool {
        if ["CC1", "CC2", "CC3", "CC4"].contains(id) { return true }
        guard id.hasPrefix("SERVICE"), let number = Int(id.dropFirst(7)) else { return false }
        return (1...63).contains(number)
    }

    private mutating func report(_ id: String, _ message: String) {
        findings.add(id, .error, clause: "rfc8216bis 4.4.6.1", line: lines.number, message)
    }
}

/// The rules that renditions of a group follow (rfc8216bis section 4.4.6.1.1).
struct GroupRules {
    private struct Group: Hashable {
        var kind: MediaKind
        var id: String
    }

    private struct Name: Hashable {
        var group: Group
        var name: String
    }

    private var names: Set<Name> = []
    private var defaults: Set<Group> = []
    /// The names of each group's members, and the line of its first.
    private var members: [Group: Set<String>] = [:]
    private var order: [(group: Group, line: Int)] = []

    /// Takes note of a rendition, with findings where it breaks a rule of its group.
    mutating func add(_ set: SwitchingSet, line: Int, findings: inout FindingCollector) {
        let group = Group(kind: set.kind, id: set.id)
        let name = set.tracks.first?.details.name ?? ""
        if name.isEmpty {
            findings.add(
                "hls-missing-name", .error, clause: "rfc8216bis 4.4.6.1", line: line, "EXT-X-MEDIA has no NAME")
        } else if !names.insert(Name(group: group, name: name)).inserted {
            findings.add(
                "hls-duplicate-name", .error, clause: "rfc8216bis 4.4.6.1.1", line: line,
                "two renditions of a group have the same NAME")
        }
        if set.isDefault, !defaults.insert(group).inserted {
            findings.add(
                "hls-two-defaults", .error, clause: "rfc8216bis 4.4.6.1.1", line: line,
                "two renditions of a group have DEFAULT=YES")
        }
        if members[group] == nil { order.append((group, line)) }
        members[group, default: []].insert(name)
    }

    /// Checks the groups against each other and against the variants that name them.
    func check(variants: [Variant], findings: inout FindingCollector) {
        checkReferences(variants, &findings)
        for kind in MediaKind.allCases {
            let groups = order.filter { $0.group.kind == kind }
            guard let first = groups.first,
                let other = groups.first(where: { members[$0.group] != members[first.group] })
            else { continue }
            findings.add(
                "hls-groups-differ", .warning, clause: "rfc8216bis 4.4.6.1.1", line: other.line,
                """
                the groups "\(first.group.id.prefix(40))" and "\(other.group.id.prefix(40))" of one TYPE have not the \
                same members
                """)
        }
    }

    /// A variant may only name groups that are there, and all or none say CLOSED-CAPTIONS=NONE.
    private func checkReferences(_ variants: [Variant], _ findings: inout FindingCollector) {
        var withCaptions = 0
        var withoutCaptions = 0
        for variant in variants {
            let details = variant.track.details
            let captions = details.closedCaptionsGroup.flatMap { $0 == "NONE" ? nil : $0 }
            withCaptions += captions == nil ? 0 : 1
            withoutCaptions += details.closedCaptionsGroup == "NONE" ? 1 : 0
            var named = variant.track.locations.flatMap {
                [(MediaKind.audio, $0.audioGroup), (.subtitles, $0.subtitleGroup)]
            }
            named += [(.video, details.videoGroup), (.other, captions)]
            for (kind, id) in named {
                guard let id, members[Group(kind: kind, id: id)] == nil else { continue }
                findings.add(
                    "hls-missing-group", .error, clause: "rfc8216bis 4.4.6.2", line: variant.line,
                    "the variant names the group \"\(id.prefix(40))\", of which there is no rendition")
            }
        }
        if withCaptions > 0, withoutCaptions > 0 {
            findings.add(
                "hls-mixed-closed-captions", .error, clause: "rfc8216bis 4.4.6.2",
                "some variants say CLOSED-CAPTIONS=NONE and others name a group")
        }
    }
}
