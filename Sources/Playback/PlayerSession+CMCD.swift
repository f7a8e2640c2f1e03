import Manifests
import Quantities

/// What a session tells servers about itself with its requests (CTA-5004, CTA-5004-B), where its settings want it.
extension PlayerSession {
    /// True where the session tells anything at all.
    var hasTelemetry: Bool { !cmcd.isEmpty }

    /// The rate at which the playhead moves while it does.
    private var telemetryRate: Double { playbackRate }

    /// What the player has measured of the network; nil before the first segment.
    private var measuredThroughput: BitRate? { rule?.estimate }

    /// The report that goes with a request; nil where none does.
    ///
    /// Rules of which key goes with which kind of object: CTA-5004 section 3.1; what players choose to send is taken from
    /// dash.js (`CmcdModel`) and hls.js (`cmcd-controller.ts`).
    mutating func telemetry(of transfer: PendingTransfer, _ job: SegmentJob?) -> CMCDReport? {
        guard hasTelemetry, let settings = context.settings.cmcd, settings.placement != .none else { return nil }
        let now = playheadInstant
        var writer = CMCDWriter(settings)
        describeSession(in: &writer)
        cmcd[0].requests += 1
        writer.set(.sequenceNumber, .integer(cmcd[0].requests))
        writer.set(.startup, .boolean(cmcd[0].isStartup))
        describePlayback(in: &writer, isEvent: false, at: now)
        let type = objectType(of: transfer.kind, loader: transfer.purpose.loader)
        writer.set(.objectType, .token(type.rawValue))
        if let location = transfer.location, !location.isEmpty { writer.set(.cdn, .string(location)) }
        if let measured = measuredThroughput {
            writer.set(.measuredThroughput, .list([CMCDItem(.integer(Self.kilobits(measured)))]))
        }
        if let position = transfer.purpose.loader, position < loaders.count {
            describeObject(type, transfer, job, of: position, in: &writer, at: now)
            if let job { describeNext(after: job, transfer, of: position, in: &writer) }
        }
        return writer.report
    }

    /// Identifiers, format and kind of stream, and what the operator adds.
    func describeSession(in writer: inout CMCDWriter) {
        writer.set(.sessionID, .string(cmcd[0].sessionID))
        if let content = writer.settings.contentID { writer.set(.contentID, .string(content)) }
        if let format = streamingFormat { writer.set(.streamingFormat, .token(format)) }
        if let type = streamType(writer.settings.version) { writer.set(.streamType, .token(type)) }
        writer.set(.playbackRate, .decimal(telemetryRate))
        for key in writer.settings.customKeys { writer.report.set(key) }
    }

    /// How the playback goes: the keys of the second version that are told of requests and in events alike.
    mutating func describePlayback(in writer: inout CMCDWriter, isEvent: Bool, at now: Instant) {
        guard writer.settings.version == .two else { return }
        writer.set(.state, .token(String(state.letter)))
        if isPositioned {
            writer.set(.playheadTime, .decimal(max(0, position(at: now).seconds * 1e3)))
            let levels = loaders.indices.filter { !loaders[$0].isSubtitles }.map { position in
                CMCDItem(bufferLevel(of: position, at: now), of: mediaType(of: position))
            }
            writer.set(.bufferLength, .list(levels))
            if isLive, hasStarted, let origin = liveOrigin {
                let latency = wall(at: now) - (origin + (position(at: now) - .zero))
                writer.set(.liveLatency, .integer(Self.milliseconds(latency)))
            }
        }
        if hasStarted, let playing = loaders.first?.buffer.entries.first?.bitRate, playing > .zero {
            writer.set(.playheadBitRate, .list([CMCDItem(Self.kilobits(playing), of: mediaType(of: 0))]))
        }
        if cmcd[0].starvations > 0 {
            writer.set(.starvationCount, .list([CMCDItem(.integer(cmcd[0].starvations))]))
            let total = cmcd[0].starvedTime(at: now)
            writer.set(.totalStarvationDuration, .list([CMCDItem(.integer(Self.milliseconds(total)))]))
            let since = cmcd[0].takeStarvedTime(isEvent: isEvent, at: now)
            if since > 0 { writer.set(.starvationDuration, .list([CMCDItem(.integer(since))])) }
        }
        if writer.wants(.mediaStartDelay), let delay = cmcd[0].takeStartDelay(isEvent: isEvent) {
            writer.set(.mediaStartDelay, .integer(Self.milliseconds(delay)))
        }
    }

    /// Bit rates, duration and urgency of media.
    private mutating func describeObject(
        _ type: CMCDObjectType, _ transfer: PendingTransfer, _ job: SegmentJob?, of position: Int,
        in writer: inout CMCDWriter, at now: Instant
    ) {
        guard let job, job.stage == .segment else { return }
        writer.set(.bufferStarvation, .boolean(cmcd[0].takeDry(loaders[position].kind)))
        writer.set(.objectDuration, .integer(Self.milliseconds(job.duration)))
        let level = bufferLevel(of: position, at: now)
        if isPositioned {
            if writer.settings.version == .one { writer.set(.bufferLength, .integer(level)) }
            writer.set(.deadline, .decimal(Double(level) / telemetryRate))
        }
        writer.set(.targetBufferLength, .list([CMCDItem(.integer(Self.milliseconds(settings.forwardTarget)))]))
        guard transfer.bitRate > .zero, type != .caption, type != .timedText else { return }
        writer.set(.encodedBitRate, .list([CMCDItem(Self.kilobits(transfer.bitRate), of: type)]))
        if let top = loaders[position].ladderRates.last, let low = loaders[position].ladderRates.first, top > .zero {
            writer.set(.topBitRate, .list([CMCDItem(Self.kilobits(top), of: type)]))
            writer.set(.lowestBitRate, .list([CMCDItem(Self.kilobits(low), of: type)]))
        }
        // What loads the object five times as fast as it has to be: dash.js, CmcdModel `_calculateRtp`, where an empty
        // buffer counts as 500 ms.
        let time = (level > 0 ? Double(level) : 500) / telemetryRate
        let needed = transfer.bitRate.kilobits * job.duration.milliseconds / time * 5
        writer.set(.requestedThroughput, .decimal(needed))
    }

    /// The object that the loader will ask for behind this one, as far as it is known.
    private func describeNext(
        after job: SegmentJob, _ transfer: PendingTransfer, of position: Int, in writer: inout CMCDWriter
    ) {
        guard writer.wants(.nextObject), let next = nextObject(after: job, of: position),
            let path = Self.relativePath(
                to: queried(URIReference.resolve(next.uri, against: job.base), of: position), from: transfer.uri)
        else { return }
        var item = CMCDItem(.string(path))
        if let range = next.byteRange {
            item.parameters = [.init("r", .string(range.httpValue))]
            writer.set(.nextRange, .string(range.httpValue))
        }
        writer.set(.nextObject, .list([item]))
    }

    private func nextObject(after job: SegmentJob, of position: Int) -> (uri: String, byteRange: ByteRange?)? {
        if job.stage != .segment {
            // Key and initialization section come before their segment.
            if job.stage == .key, let section = job.initialization { return (section.uri, section.byteRange) }
            return (job.uri, job.byteRange)
        }
        guard let media = loaders[position].media, media.selection == loaders[position].selection else { return nil }
        if let part = job.part, let playlist = media.playlist {
            return playlist.parts(of: job.sequence).first { $0.index == part + 1 }
                .map { ($0.uri, $0.byteRange) }
        }
        let (sequence, overflow) = job.sequence.addingReportingOverflow(1)
        guard !overflow, let next = media.segments.segment(sequence), !next.isGap, !next.uri.isEmpty else { return nil }
        return (next.uri, next.byteRange)
    }

    /// A URI of the same host as a path relative to another one; nil for another host.
    static func relativePath(to target: String, from base: String) -> String? {
        let to = URIReference(target)
        let from = URIReference(base)
        guard to.scheme == from.scheme, to.authority == from.authority else { return nil }
        let slash = UInt8(ascii: "/")
        var path = to.path.utf8.split(separator: slash, omittingEmptySubsequences: false).dropFirst()
        var folders = from.path.utf8.split(separator: slash, omittingEmptySubsequences: false).dropFirst().dropLast()
        while let first = path.first, let other = folders.first, path.count > 1, first.elementsEqual(other) {
            path.removeFirst()
            folders.removeFirst()
        }
        let up = String(repeating: "../", count: folders.count)
        let rest = path.map { String(Substring($0)) }.joined(separator: "/")
        return up + rest + (to.query.map { "?" + $0 } ?? "")
    }

    // MARK: What things are called

    /// `ot` of a transfer.
    func objectType(of kind: TransferKind, loader: Int?) -> CMCDObjectType {
        switch kind {
        case .manifest, .playlist: .manifest
        case .initialization: .initialization
        case .video: loader.map { mediaType(of: $0) } ?? .video
        case .audio: .audio
        case .subtitles: .caption
        case .key: .key
        case .index, .step, .steering, .assetList, .clock: .other
        }
    }

    /// `ot` of a loader's segments; main segments without audio beside them hold it themselves.
    func mediaType(of position: Int) -> CMCDObjectType {
        guard position < loaders.count else { return .video }
        switch loaders[position].kind {
        case .audio: return .audio
        case .subtitles: return .caption
        case .video, .other:
            if loaders.contains(where: { $0.kind == .audio }) { return .video }
            let codecs = track(of: position)?.codecs ?? ""
            if codecs.isEmpty { return presentation?.format == .hls ? .muxed : .video }
            return codecs.split(separator: ",").contains { Self.isAudio($0) } ? .muxed : .video
        }
    }

    /// Whether a codec is one of audio (RFC 6381 names in use).
    private static func isAudio(_ codec: Substring) -> Bool {
        let name = codec.drop { $0 == " " }.prefix { $0 != "." }.lowercased()
        return [
            "mp4a", "ac-3", "ec-3", "ac-4", "opus", "flac", "alac", "dtsc", "dtse", "dtsh", "dtsx", "mha1", "mhm1",
            "iamf",
        ]
        .contains(name)
    }

    /// `sf`; before the manifest is there, what its name says.
    private var streamingFormat: String? {
        switch presentation?.format {
        case .hls: return "h"
        case .dash: return "d"
        case nil:
            let path = URIReference(manifestURI).path.lowercased()
            return path.hasSuffix(".m3u8") ? "h" : path.hasSuffix(".mpd") ? "d" : nil
        }
    }

    /// `st`; nil until the first segments are known.
    private func streamType(_ version: CMCDVersion) -> String? {
        guard let media = loaders.first?.media else { return nil }
        guard isLive else { return "v" }
        let isLowLatency =
            media.playlist?.isLowLatency == true
            || presentation?.isDynamic == true && !media.segments.isAvailableComplete
        return version == .two && isLowLatency && settings.usesLowLatency ? "ll" : "l"
    }

    /// Media time ahead of the playhead in a loader, in milliseconds.
    private func bufferLevel(of position: Int, at now: Instant) -> Int64 {
        Self.milliseconds(max(.zero, loaders[position].buffer.end - self.position(at: now)))
    }

    static func milliseconds(_ time: TimeAmount) -> Int64 { Int64(clampingRounded: time.milliseconds) }
    static func kilobits(_ rate: BitRate) -> Int64 { Int64(clampingRounded: rate.kilobits) }
}

/// A report in the making, with the keys that the settings want and no others.
struct CMCDWriter {
    let settings: CMCDSettings
    var report: CMCDReport

    init(_ settings: CMCDSettings, mode: CMCDReport.Mode = .request) {
        self.settings = settings
        report = CMCDReport(version: settings.version, mode: mode)
    }

    func wants(_ key: CMCDKey) -> Bool {
        key == .event || key == .timestamp || settings.keys?.contains(key) ?? true
    }

    mutating func set(_ key: CMCDKey, _ value: CMCDValue) {
        if wants(key) { report.set(key, value) }
    }
}
