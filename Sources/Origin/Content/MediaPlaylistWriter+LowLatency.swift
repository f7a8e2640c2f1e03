import Quantities

/// Parts, delta updates, hints and reports (draft-pantos-hls-rfc8216bis section 4.4.4.9, 4.4.5 and appendix B).
extension MediaPlaylistWriter {
    /// The end of the last part.
    private var edge: WallTime {
        grid.newestPart(at: seen).map(grid.completion) ?? grid.begin(of: grid.listed(at: seen).upperBound)
    }

    // MARK: Delta updates

    /// The segments that a delta update leaves out: those that end before the skip boundary.
    func skippable(_ listed: Range<Int64>) -> Int64 {
        guard kind.feature == .lowLatency else { return 0 }
        let boundary = edge - TimeAmount.seconds(6 * Double(targetDuration))
        let ended = floorDivide((boundary - grid.start).nanoseconds, grid.duration.nanoseconds)
        return min(max(0, ended - listed.lowerBound), Int64(listed.count))
    }

    func skipTag(_ skipped: Int64, _ listed: Range<Int64>) -> String {
        var text = "#EXT-X-SKIP:SKIPPED-SEGMENTS=\(skipped)"
        guard skip == .dateRanges else {
            text += "\n"
            // Without leave to skip date ranges those of the skipped segments are all there.
            for index in listed.prefix(Int(skipped)) { text += dateRanges(index) }
            return text
        }
        let window = grid.span(1).nanoseconds
        let reach = (6 * targetDuration * 1_000_000_000 + window - 1) / window
        let removed = max(0, listed.lowerBound - reach)..<listed.lowerBound
        let names = removed.filter { $0 % Self.programmeLength == 0 }.map { "programme-\($0 / Self.programmeLength)" }
        if !names.isEmpty { text += ",RECENTLY-REMOVED-DATERANGES=\"\(names.joined(separator: "\t"))\"" }
        return text + "\n"
    }

    // MARK: Parts

    /// The parts of a complete segment, which stay for three target durations behind the edge.
    func closedParts(of index: Int64) -> String {
        guard grid.begin(of: index + 1) > edge - TimeAmount.seconds(3 * Double(targetDuration)) else { return "" }
        return (0..<grid.partCount).map { tag(PartNumber(segment: index, part: $0)) }.joined()
    }

    private func tag(_ number: PartNumber) -> String {
        let samples = Int64(grid.samples(of: number, in: track).count)
        let isIndependent = track.kind == .audio || number.part == 0
        return "#EXT-X-PART:DURATION=\(TimeText.decimal(track.seconds(ofSamples: samples), places: 6)),"
            + "URI=\"\(uri(number))\"" + (isIndependent ? ",INDEPENDENT=YES\n" : "\n")
    }

    private func uri(_ number: PartNumber) -> String { "\(number.segment).\(number.part).m4s" }

    /// What is behind the last complete segment: the parts of the next one, the hint and the reports.
    func openParts(after listed: Range<Int64>) -> String {
        guard let newest = grid.newestPart(at: seen) else { return "" }
        var text = ""
        if newest.segment == listed.upperBound {
            text += dateRanges(newest.segment) + date(newest.segment, grid.samples(of: newest.segment, in: track))
            for part in 0...newest.part { text += tag(PartNumber(segment: newest.segment, part: part)) }
        }
        text += "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"\(uri(grid.next(after: newest)))\"\n"
        for other in content.tracks where other.name != track.name {
            text += "#EXT-X-RENDITION-REPORT:URI=\"../\(other.name)/index.m3u8\",LAST-MSN=\(newest.segment),"
            text += "LAST-PART=\(newest.part)\n"
        }
        return text
    }
}
