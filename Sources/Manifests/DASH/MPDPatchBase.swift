/// What is kept of an MPD so that a patch can be applied to it: its bytes.
final class MPDPatchBase: Sendable {
    /// The document, as fetched or as the last patch left it.
    let bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }
}
