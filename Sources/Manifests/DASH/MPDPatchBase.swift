/// What is kept of an MPD so that a patch can be applied to it: its elements, which the next version shares as far as
/// they stay the same.
final class MPDPatchBase: Sendable {
    /// The MPD element, as fetched or as the last patch left it.
    let root: XMLElement

    init(root: XMLElement) { self.root = root }

    /// About how many bytes of memory the elements hold, those too that are shared with other versions.
    var reckonedSize: Int { root.extent.bytes + root.extent.elements * Self.elementSize }

    /// What an element holds beside its texts: the object, its list of attributes and its place in its parent.
    private static let elementSize = 256
}
