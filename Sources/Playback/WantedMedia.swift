import Manifests
import Quantities

/// What the documents say of a segment that is requested: what its response is held against.
package struct WantedMedia: Sendable {
    /// What tells the track from others of the stream, the same for all viewers.
    package var track: String
    /// The segment's number.
    package var sequence: Int64
    /// The position in its segment, when it is a part.
    package var part: Int?
    /// The media time it carries.
    package var duration: TimeAmount
    /// The bit rate that is declared for this segment (EXT-X-BITRATE), where given.
    package var declaredBitRate: BitRate?
    /// What is declared for the track.
    package var declaration: BitRateWatch.Declaration
    /// False when it may rightly not be there yet, or not any more.
    package var isExpected: Bool
    /// True when it is asked for before all of it is made.
    package var isInTheMaking: Bool
}

extension PlayerSession {
    /// What is known of a loader's segment that is asked for now.
    func wanted(_ job: SegmentJob, of position: Int, isHint: Bool, at now: Instant) -> WantedMedia {
        let selection = loaders[position].selection
        let track = track(of: position)
        let isHLS = presentation?.format == .hls
        return WantedMedia(
            track: "\(selection.period)/\(selection.set)/\(track?.id ?? "")/\(selection.track)",
            sequence: job.sequence, part: job.part, duration: job.duration,
            declaredBitRate: job.segment.declaredBitRate,
            declaration: BitRateWatch.Declaration(
                bitRate: track?.bitRate ?? .zero, average: track?.averageBitRate,
                targetDuration: isHLS ? loaders[position].media?.targetDuration : nil,
                minimumBufferTime: presentation?.minimumBufferTime),
            isExpected: !isHint && isExpected(job, of: position, at: now),
            isInTheMaking: isHint || job.chunkDuration != nil)
    }

    /// True when nothing but a fault of the server can keep a segment away: it is in the list in hand, or has been
    /// available for a moment by the presentation's clock.
    private func isExpected(_ job: SegmentJob, of position: Int, at now: Instant) -> Bool {
        guard let media = loaders[position].media else { return true }
        if let timing = presentation?.dynamicTiming, presentation?.isDynamic == true {
            let end = timing.availabilityStart + (job.segment.end - .zero)
            return wall(at: now) >= end - media.segments.availabilityOffset + .milliseconds(500)
        }
        return !media.isLive || now - loaders[position].reload.lastChanged < media.targetDuration * 2
    }
}
