import Quantities
import Synchronization

/// A track on demand in one file: `ftyp`, `moov`, `sidx`, and the segments one after another.
struct FileLayout: Sendable {
    let track: ContentTrack
    let kind: AssetKind
    let content: SyntheticContent
    /// The bytes before the first segment.
    let head: [UInt8]
    /// The offsets of the segments, and behind them the size of the file.
    let offsets: [Int]

    /// The most segments that one `sidx` can index.
    static let limit: Int64 = 65_535

    /// The range of `sidx`.
    var indexRange: Range<Int> { track.initialization.count..<head.count }
    /// The range of a segment.
    func range(of index: Int64) -> Range<Int> { offsets[Int(index)]..<offsets[Int(index) + 1] }

    /// Lays a track out; nil when it has too many segments or is too large.
    init?(of track: ContentTrack, _ kind: AssetKind, in content: SyntheticContent) {
        let grid = content.grid(of: kind)
        guard !kind.isLive, grid.count <= Self.limit else { return nil }
        self.track = track
        self.kind = kind
        self.content = content
        let fragments = (0..<grid.count).map { content.fragment($0, of: track, kind) }
        let sizes = fragments.map { max($0.size, $0.leastSize) }
        var writer = BoxWriter()
        writer.put(track.initialization)
        writer.fullBox("sidx") { box in
            box.put(UInt32(1))
            box.put(UInt32(track.timescale))
            box.put(UInt32(0))
            box.put(UInt32(0))
            box.put(UInt32(fragments.count))
            for (fragment, size) in zip(fragments, sizes) {
                box.put(UInt32(size))
                box.put(UInt32(Int64(fragment.samples) * track.sampleTicks))
                box.put(UInt32(0x9000_0000))  // starts_with_SAP, type 1
            }
        }
        head = writer.bytes
        var offsets = [head.count]
        for size in sizes { offsets.append(offsets[offsets.count - 1] + size) }
        self.offsets = offsets
    }

    /// The whole file; only what a range touches is made.
    func object(mediaType: String) -> ContentObject {
        ContentObject(mediaType: mediaType, size: offsets[offsets.count - 1]) { range in
            var parts: [BodyPart] = []
            let start = range.clamped(to: 0..<head.count)
            if !start.isEmpty { parts.append(.bytes(head, start)) }
            var index = first(endingAfter: range.lowerBound)
            while index + 1 < offsets.count, offsets[index] < range.upperBound {
                let own = offsets[index]..<offsets[index + 1]
                let wanted = range.clamped(to: own)
                let all = content.fragment(Int64(index), of: track, kind).parts
                parts += all.slices(of: wanted.lowerBound - own.lowerBound..<wanted.upperBound - own.lowerBound)
                index += 1
            }
            return parts
        }
    }

    /// The first segment that ends after an offset.
    private func first(endingAfter offset: Int) -> Int {
        var low = 0
        var high = offsets.count - 1
        while low < high {
            let middle = (low + high) / 2
            if offsets[middle + 1] > offset { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// The layouts that were asked for, made once.
final class FileLayouts: Sendable {
    private let known = Mutex<[String: FileLayout]>([:])

    /// The layout of a track; nil when it has too many segments for one file.
    func layout(of track: ContentTrack, _ kind: AssetKind, in content: SyntheticContent) -> FileLayout? {
        let key = kind.folder + "/" + track.name
        if let layout = known.withLock({ $0[key] }) { return layout }
        guard let layout = FileLayout(of: track, kind, in: content) else { return nil }
        known.withLock { $0[key] = layout }
        return layout
    }
}
