import Quantities

/// What applies to the whole presentation: session data and keys, content steering.
extension MultivariantDecoder {
    /// EXT-X-SESSION-DATA: DATA-ID with either VALUE or URI.
    mutating func decodeSessionData(_ value: Range<Int>) throws(ManifestError) {
        guard let list = attributes(value) else { return }
        let value = try text("VALUE", of: list)
        let uri = try text("URI", of: list)
        guard let id = try text("DATA-ID", of: list), !id.isEmpty else {
            report("hls-invalid-session-data", "EXT-X-SESSION-DATA has no DATA-ID and is ignored")
            return
        }
        if (value == nil) == (uri == nil) {
            report(
                "hls-session-data-value", "the session data \"\(id.prefix(40))\" have not exactly one of VALUE and URI")
        }
        guard details.sessionData.count < limits.tracks else {
            throw .tooLarge(detail: "the playlist has more than \(limits.tracks) session data")
        }
        details.sessionData.append(
            SessionData(
                id: id, value: value, uri: uri, format: list.text("FORMAT") ?? "JSON",
                language: try text("LANGUAGE", of: list) ?? ""))
    }

    private mutating func report(_ id: String, _ message: String) {
        findings.add(id, .error, clause: "rfc8216bis 4.4.6.4", line: lines.number, message)
    }

    /// EXT-X-SESSION-KEY: a key that media playlists use, to be had early; what is not valid is ignored.
    mutating func decodeSessionKey(_ value: Range<Int>) throws(ManifestError) {
        guard let list = attributes(value) else { return }
        let fields = KeyFields(
            method: try text("METHOD", of: list) ?? "", uri: try text("URI", of: list),
            format: try text("KEYFORMAT", of: list), formatVersions: try text("KEYFORMATVERSIONS", of: list),
            vector: try text("IV", of: list))
        guard fields.isMethodKnown, let key = fields.key else {
            findings.add(
                "hls-invalid-session-key", .error, clause: "rfc8216bis 4.4.6.5", line: lines.number,
                "EXT-X-SESSION-KEY has METHOD=NONE, an unknown METHOD or no URI and is ignored")
            return
        }
        guard details.sessionKeys.count < limits.tracks else {
            throw .tooLarge(detail: "the playlist has more than \(limits.tracks) session keys")
        }
        fields.check(line: lines.number, required: &required, findings: &findings)
        details.sessionKeys.append(key)
    }

    /// EXT-X-CONTENT-STEERING: SERVER-URI and PATHWAY-ID.
    mutating func decodeContentSteering(_ value: Range<Int>) throws(ManifestError) {
        guard let list = attributes(value) else { return }
        guard let uri = try text("SERVER-URI", of: list), !uri.isEmpty else {
            findings.add(
                "hls-invalid-steering", .error, clause: "rfc8216bis 4.4.6.6", line: lines.number,
                "EXT-X-CONTENT-STEERING has no SERVER-URI and is ignored")
            return
        }
        let pathway = try text("PATHWAY-ID", of: list)
        steering = ContentSteering(serverURI: uri, initialLocations: pathway.map { [$0] } ?? [])
    }
}
