import Manifests
import Playback

extension ManifestCache {
    /// A fetched playlist or MPD, decoded once for all sessions that got the same bytes.
    func document(_ bytes: [UInt8]) -> TransferOutcome.Document {
        do throws(ManifestError) {
            return .manifest(try manifest(bytes))
        } catch {
            return .unreadable(error)
        }
    }

    /// A fetched segment index. It is decoded for each session: an index is fetched once in a session's life.
    func index(_ bytes: [UInt8], _ media: IndexedMedia, offset: Int64) -> TransferOutcome.Document {
        do throws(ManifestError) {
            return .segmentIndex(try SegmentIndexDecoder.decode(bytes, media: media, fileOffset: offset))
        } catch {
            return .unreadable(error)
        }
    }
}
