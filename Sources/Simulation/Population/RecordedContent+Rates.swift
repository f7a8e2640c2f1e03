import Manifests
import Quantities

/// Bit rates of tracks whose sizes are not known.
extension RecordedContent {
    /// The bit rate of a track's own segments where their size is not known.
    mutating func rate(of track: Track, _ set: SwitchingSet, _ recorded: RecordedTrack) -> BitRate {
        if let known = recorded.knownRate { return known }
        guard documents.presentation.format == .hls, set.kind == .video else { return declared(track, set) }
        // A variant's bit rate includes the renditions that go with it (rfc8216bis section 4.4.6.2).
        let beside = track.audioGroup.flatMap { audioRates[$0] } ?? .zero
        let whole = (track.averageBitRate ?? track.bitRate).bitsPerSecond
        return BitRate(bitsPerSecond: max(whole - beside.bitsPerSecond, whole / 10))
    }

    private mutating func declared(_ track: Track, _ set: SwitchingSet) -> BitRate {
        let rate = track.averageBitRate ?? track.bitRate
        if rate > .zero { return rate }
        let assumed = set.kind == .subtitles ? .kilobits(2) : others.audio ?? .kilobits(128)
        note(
            "The bit rate of the \(set.kind) '\(track.id)' is not declared and its sizes are not known:"
                + " \(Int64(clampingRounded: assumed.kilobits)) kbit/s are assumed.")
        return assumed
    }

    /// Learns the bit rates of HLS audio renditions that are fetched apart.
    mutating func noteAudioRates() {
        guard documents.presentation.format == .hls, let period = documents.presentation.periods.first else { return }
        for (position, set) in period.switchingSets.enumerated() where set.kind == .audio {
            let place = StreamDocuments.Place(period: 0, set: position, track: 0)
            guard let track = set.tracks.first, audioRates[set.id] == nil || set.isDefault,
                let recorded = try? recorded(place)
            else { continue }
            audioRates[set.id] = rate(of: track, set, recorded)
        }
    }
}
