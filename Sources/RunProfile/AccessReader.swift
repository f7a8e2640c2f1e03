/// Reads `access`.
enum AccessReader {
    static func token(_ node: ProfileNode?) -> RunProfile.Token? {
        guard let node else { return nil }
        let entries = node.entries("a mapping", allowed: ProfileVocabulary.access)
        guard let child = entries["token"] else {
            node.problem("the setting 'token' is missing")
            return nil
        }
        return TokenReader.read(child)
    }
}
