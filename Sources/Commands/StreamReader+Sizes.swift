import LoadTest
import Manifests
import Quantities
import Simulation

/// Sizes of segments that no document tells.
extension StreamReader {
    /// A segment or an initialization section whose size is asked for.
    private struct Question {
        var place: StreamDocuments.Place
        /// Nil for the initialization section.
        var sequence: Int64?
        var uri: String
    }

    /// Asks for the sizes of some segments of each track, spread evenly, and of initialization sections.
    func readSizes(
        _ documents: inout StreamDocuments, _ bases: [StreamDocuments.Place: String], manifestURI: String
    ) async throws {
        let limits = library.sizeLimits
        var questions: [Question] = []
        let tracks = bases.keys.sorted { ($0.period, $0.set, $0.track) < ($1.period, $1.set, $1.track) }
        let each = max(1, min(limits.ofTrack, limits.all / max(1, tracks.count)))
        for place in tracks where questions.count < limits.all {
            let track = documents.presentation.periods[place.period].switchingSets[place.set].tracks[place.track]
            guard let list = documents.tracks[place, default: .init()].segments(of: track), !list.isEmpty else {
                continue
            }
            var last = list.lastSequence
            if last == nil {
                let end = lastComplete(of: list, in: documents.presentation)
                last = end
                documents.tracks[place, default: .init()].begin = end - 59
            }
            let asked = Self.spread(
                list, upTo: last ?? list.firstSequence, count: each,
                depth: documents.presentation.dynamicTiming?.timeShiftBufferDepth)
            let base = bases[place] ?? manifestURI
            questions += asked.compactMap { segment in
                guard segment.byteRange == nil, segment.declaredBitRate == nil, !segment.isGap else { return nil }
                return Question(
                    place: place, sequence: segment.sequence, uri: Self.uri(segment.uri, base, track, manifestURI))
            }
            if let section = asked.first?.initialization, section.byteRange == nil {
                questions.append(
                    Question(place: place, sequence: nil, uri: Self.uri(section.uri, base, track, manifestURI)))
            }
        }
        try await ask(questions, &documents, manifestURI: manifestURI)
    }

    private func ask(
        _ questions: [Question], _ documents: inout StreamDocuments, manifestURI: String
    ) async throws {
        guard !questions.isEmpty else { return }
        let answers = try await library.read(
            questions.map { StreamResource(uri: $0.uri, namedBy: manifestURI, want: .size) })
        for (question, answer) in zip(questions, answers) {
            guard case .success(let found) = answer, let size = found.size else { continue }
            if let sequence = question.sequence {
                documents.tracks[question.place, default: .init()].sizes[sequence] = size
            } else {
                documents.tracks[question.place, default: .init()].initializationBytes = size
            }
        }
    }

    private static func uri(_ reference: String, _ base: String, _ track: Track, _ manifestURI: String) -> String {
        let plain = URIReference.resolve(reference, against: base)
        return track.query?.applied(to: plain, manifestURI: manifestURI) ?? plain
    }

    /// The last segment of a list without end that is complete now.
    private func lastComplete(of list: SegmentList, in presentation: Presentation) -> Int64 {
        guard let timing = presentation.dynamicTiming else { return list.firstSequence + 59 }
        let delay = timing.suggestedDelay ?? .seconds(10)
        let live = MediaTime(nanoseconds: (WallClock.now() - timing.availabilityStart - delay).nanoseconds)
        return max(list.firstSequence, (list.segment(at: live)?.sequence ?? 0) - 1)
    }

    /// Some segments of a list up to a number, spread evenly over all of it; of a list without end the newest, which are in
    /// the time shift buffer for sure.
    private static func spread(
        _ list: SegmentList, upTo last: Int64, count: Int, depth: TimeAmount?
    ) -> [Segment] {
        var first = list.firstSequence
        if list.lastSequence == nil {
            let typical = list.segment(last)?.duration.seconds ?? 1
            let kept = depth.map { Int(min(1_000, $0.seconds / max(0.1, typical)) - 4) } ?? 8
            first = max(first, last - Int64(min(count, max(2, kept))) + 1)
        }
        let (span, isTooLong) = last.subtractingReportingOverflow(first)
        guard !isTooLong, span >= 0, span < StreamDocuments.segmentLimit else { return [] }
        let all = Int(span) + 1
        let picked = min(count, all)
        return (0..<picked).compactMap { list.segment(first + Int64($0 * all / picked)) }
    }
}
