extension SyntheticContent {
    /// What a path (raw, without the query) names; nil for a path that is never anything.
    func address(of path: String) -> ContentAddress? {
        let pieces = path.split(separator: "/", omittingEmptySubsequences: false)
        guard pieces.count >= 4, pieces.count <= 5, pieces[0].isEmpty, !pieces[2].isEmpty,
            let kind = AssetKind(folder: pieces[1])
        else { return nil }
        var address = ContentAddress(kind: kind, name: String(pieces[2]), item: .multivariantPlaylist)
        if pieces.count == 4 {
            guard let item = Self.manifest(pieces[3], kind) else { return nil }
            address.item = item
            return address
        }
        if let item = Self.other(pieces[3], pieces[4], kind) {
            address.item = item
            return address
        }
        var folder = pieces[3]
        if folder.hasPrefix("ad-"), kind.feature == .ads || kind.feature == .periods {
            address.isAd = true
            folder = folder.dropFirst(3)
        }
        guard let item = media(folder, pieces[4], kind) else { return nil }
        if address.isAd {
            switch item {
            case .initialization, .segment: break
            default: return nil
            }
        }
        address.item = item
        return address
    }

    private static func manifest(_ name: Substring, _ kind: AssetKind) -> ContentAddress.Item? {
        switch name {
        case "master.m3u8": kind.hasHLS ? .multivariantPlaylist : nil
        case "manifest.mpd": kind.hasDASH ? .numberManifest : nil
        case "timeline.mpd": kind.hasDASH && kind.feature != .ranges ? .timelineManifest : nil
        case "session.json": kind.feature == .renditions ? .sessionData : nil
        default: nil
        }
    }

    /// What is in the folders that belong to no track.
    private static func other(_ folder: Substring, _ file: Substring, _ kind: AssetKind) -> ContentAddress.Item? {
        func numbered(_ suffix: String) -> Int64? {
            file.hasSuffix(suffix) ? number(file.dropLast(suffix.count)) : nil
        }
        switch (kind.feature, folder) {
        case (.encrypted, "keys"): return numbered(".key").map { .key($0) }
        case (.patched, "patches"): return numbered(".mpp").map { .patch(from: $0) }
        case (.interstitials, "assets"): return numbered(".json").map { .assetList($0) }
        case (.renditions, _) where folder.hasPrefix("subtitles-"):
            let language = String(folder.dropFirst(10))
            guard languages.contains(language) else { return nil }
            if file == "index.m3u8" { return .subtitlePlaylist(language: language) }
            return numbered(".vtt").map { .subtitles(language: language, index: $0) }
        default: return nil
        }
    }

    private func media(_ folder: Substring, _ file: Substring, _ kind: AssetKind) -> ContentAddress.Item? {
        let known = kind.feature == .renditions ? allTracks : tracks
        guard let track = known.firstIndex(where: { $0.name == folder }) else { return nil }
        switch file {
        case "index.m3u8": return kind.hasHLS ? .mediaPlaylist(track: track) : nil
        case "iframes.m3u8": return kind.hasIFrames && track < videoCount ? .iFramePlaylist(track: track) : nil
        case "init.mp4": return .initialization(track: track)
        case "media.mp4": return kind.feature == .ranges ? .file(track: track) : nil
        default: break
        }
        guard file.hasSuffix(".m4s") else { return nil }
        var stem = file.dropLast(4)
        // The same media by another name (ContentFaults.changesURIs).
        if stem.hasPrefix("copy-") { stem = stem.dropFirst(5) }
        if stem.first == "t" {
            return kind.hasDASH ? Self.number(stem.dropFirst()).map { .segmentAt(track: track, ticks: $0) } : nil
        }
        let numbers = stem.split(separator: ".", omittingEmptySubsequences: false)
        if numbers.count == 2, kind.feature == .lowLatency {
            guard let segment = Self.number(numbers[0]), let part = Self.number(numbers[1]),
                part < grid(of: kind).partCount
            else { return nil }
            return .part(track: track, number: PartNumber(segment: segment, part: part))
        }
        return Self.number(stem).map { .segment(track: track, index: $0) }
    }

    /// A decimal number written in the one canonical way; nil above 2^53, so that no sum of ticks can overflow.
    private static func number(_ text: Substring) -> Int64? {
        guard let value = Int64(text), (0...1 << 53).contains(value), String(value) == text else { return nil }
        return value
    }
}

extension AssetKind {
    /// Whether its multivariant playlist lists I-frame playlists.
    var hasIFrames: Bool { feature == .ranges || feature == .renditions }
}
