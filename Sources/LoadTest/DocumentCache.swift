import Manifests
import Playback

extension ManifestCache {
    /// A fetched playlist or MPD, decoded once for all sessions that got the same bytes.
    func document(_ bytes: [UInt8], context: DecodingContext) -> TransferReport.Document {
        do throws(ManifestError) {
            return .manifest(try decode(bytes, context: context))
        } catch {
            return .unreadable(error)
        }
    }

    /// A fetched update of a document that is held, whole or in part.
    func update(_ bytes: [UInt8], of held: DecodedManifest, context: DecodingContext) -> TransferReport.Document {
        do throws(ManifestError) {
            return .manifest(try update(bytes, of: held, context: context))
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

    /// A steering server's answer; each session's may differ, so none is kept.
    static func steering(_ bytes: [UInt8]) -> TransferReport.Document {
        do throws(ManifestError) {
            return .steering(try SteeringDecoder.decode(bytes))
        } catch {
            return .unreadable(error)
        }
    }

    /// The asset list of an interstitial; lists are made for each viewer, so none is kept.
    static func assetList(_ bytes: [UInt8]) -> TransferReport.Document {
        do throws(ManifestError) {
            return .assetList(try AssetListDecoder.decode(bytes))
        } catch {
            return .unreadable(error)
        }
    }
}
