import Manifests

/// What a reader of the report must know of a real stream that was simulated.
extension RecordedContent {
    mutating func noteWhatIsLeftOut(_ main: StreamDocuments.Place) {
        let presentation = documents.presentation
        if presentation.isDynamic, presentation.periods.count > 1 {
            note("Of \(presentation.periods.count) periods of the live MPD only the last is simulated.")
        }
        if presentation.steering != nil { note("Content steering is not part of the simulation.") }
        if presentation.dynamicTiming?.patchLocations.isEmpty == false {
            note("Patches of the MPD are not part of the simulation: it is fetched whole each time.")
        }
        if let playlist = documents.tracks[main]?.playlist {
            if playlist.extras.dateRanges.contains(where: { $0.interstitial != nil }) {
                note("Interstitials are not part of the simulation.")
            }
            if playlist.isLowLatency { note("Parts of segments are not part of the simulation: segments come whole.") }
            if playlist.isLive, playlist.kind == .event {
                note("The event's playlists do not grow in the simulation: they list as many segments as were read.")
            }
        }
        if case .segments(let list) = presentation.periods[main.period].switchingSets[main.set].tracks[main.track].media
        {
            if !list.isAvailableComplete {
                note("Chunks of segments are not part of the simulation: segments come whole, when they are complete.")
            }
            if list.lastSequence == nil, !presentation.isDynamic {
                note("The MPD does not say where it ends: \(RecordedTrack.endlessCount) segments are taken.")
            }
        }
    }

    mutating func noteMissing(_ track: Track, _ place: StreamDocuments.Place) {
        switch track.media {
        case .muxed: return
        case .segments: note("\(name(place)) lists no segments.")
        case .playlist: note("The media playlist of \(name(place)) could not be read: players get status 404 for it.")
        case .indexed: note("The segment index of \(name(place)) could not be read: players get status 404 for it.")
        }
    }

    /// Players know keys and sections by their track alone.
    mutating func noteChanges(_ recorded: RecordedTrack) {
        guard recorded.changes else { return }
        note("Keys and initialization sections that change within a track are fetched once in the simulation.")
    }

    /// Where sizes come from.
    mutating func noteSizes() {
        guard segments.known < segments.all else { return }
        note(
            segments.known == 0
                ? "The sizes of segments are not known: bit rate × duration is assumed."
                : "The sizes of \(segments.known) of \(segments.all) segments are known; the others are assumed from the"
                    + " mean of their track, or from its bit rate.")
    }
}
