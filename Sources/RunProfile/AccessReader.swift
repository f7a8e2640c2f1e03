/// Reads `access`.
enum AccessReader {
    static func token(_ node: ProfileNode?) -> RunProfile.Token? {
        guard let node else { return nil }
        let entries = node.entries("a mapping", allowed: ProfileVocabulary.access)
        if entries.isEmpty, node.isMapping, node.orderedEntries("").isEmpty {
            node.problem("nothing stands here; allowed: \(ProfileVocabulary.access.joined(separator: ", "))")
        }
        return entries["token"].flatMap(TokenReader.read)
    }
}
