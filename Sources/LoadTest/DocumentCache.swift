import Manifests
import Playback

extension ManifestCache {
    /// A fetched playlist or MPD, decoded once for all sessions that got the same bytes.
    func document(_ bytes: [UInt8]) -> TransferReport.Document {
        do throws(ManifestError) {
            return .manifest(try decode(bytes))
        } catch {
            return .unreadable(error)
        }
    }

    /// A fetched segment index, decoded once for all sessions that got the same bytes.
    func index(_ bytes: [UInt8], _ media: IndexedMedia, offset: Int64) -> TransferReport.Document {
        do throws(ManifestError) {
            return .segmentIndex(try segmentIndex(bytes, media: media, fileOffset: offset))
        } catch {
            return .unreadable(error)
        }
    }
}
