import Manifests
import Quantities

extension ReportBuilder {
    /// Adds what a multivariant playlist or an MPD says.
    mutating func describe(_ presentation: Presentation, in report: inout InspectionReport) {
        let details = presentation.details
        let uri = documents.uri
        report.version = details.version
        report.id = given(details.id)
        report.title = given(details.title)
        report.profiles = given(details.profiles)
        report.duration = presentation.duration.map { Seconds($0) }
        report.minimumBufferTime = presentation.minimumBufferTime.map { Seconds($0) }
        report.hasIndependentSegments = details.hasIndependentSegments
        report.startOffset = presentation.startOffset.map(ReportStartOffset.init)
        report.variables = details.variables.sorted { $0.key < $1.key }.map(ReportVariable.init)
        report.sessionData = details.sessionData.map { data in
            ReportSessionData(
                id: data.id, value: data.value, uri: data.uri.map { resolved($0, uri) }, format: data.format,
                language: given(data.language))
        }
        report.sessionKeys = details.sessionKeys.map { ReportKey($0, base: uri) }
        report.steering = presentation.steering.map { steering in
            ReportSteering(
                serverURI: resolved(steering.serverURI, uri), initialLocations: steering.initialLocations,
                asksBeforeStart: steering.asksBeforeStart)
        }
        add(presentation.findings, at: uri)
        if let server = report.steering?.serverURI { judge(server, namedBy: uri) }
        report.periods = presentation.periods.enumerated().map { period($0.element, $0.offset, of: presentation) }
        report.isEncrypted =
            !details.sessionKeys.isEmpty
            || report.periods.contains { $0.switchingSets.contains { !$0.protections.isEmpty } }
        if presentation.format == .dash {
            describeTiming(of: presentation, in: &report)
        } else {
            describe(documents.playlists, in: &report)
        }
    }

    private mutating func period(
        _ period: Period, _ position: Int, of presentation: Presentation
    ) -> ReportPeriod {
        let isHLS = presentation.format == .hls
        return ReportPeriod(
            id: given(period.id), start: Seconds(period.start),
            duration: isHLS ? nil : period.duration.map { Seconds($0) },
            eventStreams: period.eventStreams.map(Self.eventStream),
            switchingSets: period.switchingSets.map { set in
                ReportSwitchingSet(
                    id: given(set.id), kind: Self.kind(set.kind), language: given(set.language),
                    isDefault: set.isDefault, isTrickPlay: set.isTrickPlay, roles: set.roles,
                    protections: set.protections.map { protection in
                        ReportProtection(
                            scheme: protection.scheme, value: given(protection.value),
                            defaultKeyID: given(protection.defaultKeyID),
                            hasInitializationData: protection.hasInitializationData)
                    },
                    continuity: set.continuity.map {
                        ReportContinuity(period: $0.period, isContinuous: $0.isContinuous)
                    }, inbandEvents: set.inbandEvents,
                    switchesWith: set.switchesWith, selectionPriority: set.selectionPriority,
                    tracks: set.tracks.map { track($0, in: period, position, of: presentation) })
            })
    }

    private static func eventStream(_ stream: EventStream) -> ReportEventStream {
        ReportEventStream(
            scheme: stream.scheme, value: given(stream.value),
            events: stream.events.map { event in
                ReportEvent(
                    id: given(event.id), start: Seconds(event.start), duration: event.duration.map { Seconds($0) })
            })
    }

    private static func kind(_ kind: MediaKind) -> ReportSwitchingSet.Kind {
        switch kind {
        case .video: .video
        case .audio: .audio
        case .subtitles: .subtitles
        case .other: .other
        }
    }

    private mutating func track(
        _ track: Track, in period: Period, _ position: Int, of presentation: Presentation
    ) -> ReportTrack {
        var result = Self.track(track)
        result.locations = track.locations.map { location in
            ReportLocation(
                name: location.name, priority: location.priority, weight: location.weight, uri: place(location),
                audioGroup: location.audioGroup, subtitleGroup: location.subtitleGroup)
        }
        for location in result.locations { judge(location.uri, namedBy: documents.uri) }
        let base = result.locations.first?.uri ?? documents.uri
        switch track.media {
        case .playlist:
            result.media = .playlist
            result.playlistURI = given(base)
        case .muxed: result.media = .muxed
        case .segments(let list):
            add(list, Addressing(base: base, query: track.query), to: &result, in: period, position, of: presentation)
        case .indexed(let media):
            result.media = .indexed
            let addressing = Addressing(base: base, query: track.query)
            let file = addressing.resolved(media.uri, manifestURI: documents.uri)
            result.index = ReportIndex(
                uri: file, range: media.indexRange.map(ReportByteRange.init),
                initialization: media.initialization.map { initialization($0, addressing) })
            if let list = documents.indexes[InspectedDocuments.IndexKey(uri: file, media: media)] {
                add(list, addressing, to: &result, in: period, position, of: presentation)
            }
        }
        return result
    }

    /// Where a location is; without a base as far as its references tell.
    private func place(_ location: TrackLocation) -> String {
        if documents.uri.isEmpty, location.references.count == 1 { return location.references[0] }
        return location.resolved(against: documents.uri)
    }

    private mutating func add(
        _ list: SegmentList, _ addressing: Addressing, to track: inout ReportTrack, in period: Period, _ position: Int,
        of presentation: Presentation
    ) {
        let window = availableRange(of: list, in: period, of: presentation)
        var segments = segments(list, window, addressing, firstDiscontinuity: Int64(position))
        if let timing = presentation.dynamicTiming {
            for index in segments.listed.indices { setAvailability(of: &segments.listed[index], list, timing) }
        }
        track.segments = segments.listed
        track.segmentCount = segments.count
        track.omittedSegments = segments.omitted
    }

    private func setAvailability(of segment: inout ReportSegment, _ list: SegmentList, _ timing: DynamicTiming) {
        let end =
            TimeAmount(nanoseconds: segment.start.nanoseconds) + TimeAmount(nanoseconds: segment.duration.nanoseconds)
        let origin = TimeAmount(nanoseconds: timing.availabilityStart.nanoseconds)
        let isAlways = list.availabilityOffset == .max
        let from = isAlways ? origin : origin + end - list.availabilityOffset
        segment.availableFrom = Timestamp(WallTime(nanoseconds: from.nanoseconds))
        segment.availableUntil = timing.timeShiftBufferDepth.map { depth in
            let until = origin + end + TimeAmount(nanoseconds: segment.duration.nanoseconds) + depth
            return Timestamp(WallTime(nanoseconds: until.nanoseconds))
        }
    }

    /// The track's own values; its media and locations come after.
    private static func track(_ track: Track) -> ReportTrack {
        let details = track.details
        return ReportTrack(
            id: track.id, bitRate: given(track.bitRate), averageBitRate: given(track.averageBitRate),
            codecs: given(track.codecs), supplementalCodecs: given(details.supplementalCodecs),
            width: given(track.width), height: given(track.height),
            frameRate: track.frameRate > 0 ? track.frameRate : nil, mimeType: given(details.mimeType),
            type: given(details.type), name: given(details.name),
            associatedLanguage: given(details.associatedLanguage), isAutoselect: details.isAutoselect,
            isForced: details.isForced, instreamID: given(details.instreamID),
            characteristics: details.characteristics, channels: given(details.channels), bitDepth: details.bitDepth,
            sampleRate: details.sampleRate, stableID: given(details.stableID), score: details.score,
            hdcpLevel: given(details.hdcpLevel), allowedCPC: given(details.allowedCPC),
            videoRange: given(details.videoRange), videoLayout: given(details.videoLayout),
            qualityRanking: details.qualityRanking, audioGroup: track.audioGroup, subtitleGroup: track.subtitleGroup,
            videoGroup: details.videoGroup, closedCaptionsGroup: details.closedCaptionsGroup, locations: [],
            query: track.query.map { query in
                ReportQuery(
                    template: query.template, parameters: given(query.parameters),
                    usesManifestQuery: query.usesManifestQuery, isSameOriginOnly: query.isSameOriginOnly)
            }, media: .segments, segments: [])
    }
}
