import Quantities

/// What an edge has got.
extension Edge {
    /// What a path is to this edge.
    enum Target {
        case clock
        case steering
        /// A place where nothing works.
        case down
        case synthetic(ContentAddress)
        case file(ResourceKind)

        var resource: ResourceKind {
            switch self {
            case .clock: .clock
            case .steering: .steering
            case .down: .segment
            case .synthetic(let address): address.resource
            case .file(let kind): kind
            }
        }
    }

    func resolve(_ path: String) -> Target? {
        if path == "/time" { return .clock }
        switch source {
        case .synthetic(let content):
            if path == "/steering" { return .steering }
            if path.hasPrefix("/down/") { return .down }
            return content.address(of: path).map { .synthetic($0) }
        case .directory:
            let type = MediaType.ofFile(path)
            return .file(type == MediaType.hls || type == MediaType.dash ? .playlist : .segment)
        }
    }

    func kind(of target: Target?, _ path: String) -> RequestKind {
        switch (target, source) {
        case (.clock, _): .clock
        case (.steering, _): .steering
        case (.synthetic(let address), .synthetic(let content)): content.kind(of: address)
        case (.file, _): MediaType.kind(ofFile: path)
        case (.down, _), (.synthetic, .directory), (nil, _): .other
        }
    }

    func lifetime(of target: Target, _ directives: PlaylistDirectives) -> TimeAmount {
        switch target {
        case .clock, .steering, .down: .zero
        case .synthetic(let address) where Self.isDirected(address) && directives.blocks: lifetimes.awaited
        case .synthetic(let address) where Self.isDirected(address): lifetimes.plainLowLatency
        case .synthetic(let address) where address.changes: lifetimes.changing
        case .synthetic(let address): address.resource == .playlist ? lifetimes.fixed : lifetimes.segment
        case .file(let kind): kind == .playlist ? lifetimes.changing : lifetimes.segment
        }
    }

    /// Whether delivery directives mean anything to a resource.
    private static func isDirected(_ address: ContentAddress) -> Bool {
        guard address.kind.feature == .lowLatency, case .mediaPlaylist = address.item else { return false }
        return true
    }

    /// The instant whose version of a resource the edge shows.
    func seen(_ address: ContentAddress, at now: WallTime, _ content: SyntheticContent) -> WallTime {
        guard address.changes else { return now }
        return settings.contentFaults.instant(now - settings.staleness, content.grid(of: address.kind))
    }

    func look(_ target: Target, _ context: Context) -> EdgeCache.Look? {
        let path = context.path
        let isPlaylist = target.resource == .playlist
        let directives = context.directives
        var key = path
        if case .synthetic(let address) = target, Self.isDirected(address) { key += directives.key }
        let lifetime = lifetime(of: target, directives)
        return cache.look(key, now: context.now, lifetime: lifetime, keepsObject: isPlaylist) { instant in
            switch (target, source) {
            case (.synthetic(let address), .synthetic(let content)):
                let seen = address.changes ? instant - settings.staleness : instant
                let deployment = steering.deployment(of: settings.pop, faults: settings.contentFaults)
                return content.object(at: address, now: seen, directives: directives, in: deployment)
                    .map { EdgeObject($0) }
            case (.file, .directory(let directory)):
                return Self.object(path, in: directory, keeping: isPlaylist)
            case (.clock, _), (.steering, _), (.down, _), (.synthetic, .directory), (.file, .synthetic):
                return nil
            }
        }
    }

    /// A file of a directory; a playlist is read at once, because a packager may be writing its next version.
    private static func object(_ path: String, in directory: MediaDirectory, keeping: Bool) -> EdgeObject? {
        guard let file = directory.open(path) else { return nil }
        let type = MediaType.ofFile(path) ?? "application/octet-stream"
        guard keeping, file.size <= 16 << 20 else { return EdgeObject(file, mediaType: type) }
        return file.read(at: 0, count: file.size).map { EdgeObject(ContentObject(mediaType: type, bytes: $0)) }
    }
}
