import Quantities

/// Keys and maps, which apply to all segments from the next one on.
extension MediaPlaylistDecoder {
    /// EXT-X-KEY: one key for each KEYFORMAT; METHOD=NONE takes them all away.
    mutating func decodeKey(_ value: Range<Int>) throws(ManifestError) {
        guard let list = attributes(value) else { return }
        if list.isValue("METHOD", "NONE") {
            segments.changeContext { $0.keys = [] }
            return
        }
        guard let key = try decodeEncryptionKey(list, tag: .key) else { return }
        segments.changeContext { context in
            context.keys.removeAll { $0.keyFormat == key.keyFormat }
            context.keys.append(key)
        }
        // Each segment may have other keys, and each of those has the keys of all formats.
        guard segments.contexts[segments.context].keys.count <= Self.maximumKeyFormats,
            segments.storedKeys <= max(limits.segments * 2, Self.maximumKeyFormats)
        else {
            throw .tooLarge(
                detail: "the playlist has too many keys, or more than \(Self.maximumKeyFormats) key formats")
        }
    }

    /// Key systems, of which there are about ten.
    private static let maximumKeyFormats = 16

    private mutating func decodeEncryptionKey(
        _ list: AttributeList, tag: PlaylistTag
    ) throws(ManifestError) -> EncryptionKey? {
        guard list.range("METHOD") != nil else { throw malformed("\(tag.name) has no METHOD", "4.4.4.4") }
        let fields = KeyFields(
            method: try text("METHOD", of: list) ?? "", uri: try text("URI", of: list),
            format: try text("KEYFORMAT", of: list), formatVersions: try text("KEYFORMATVERSIONS", of: list),
            vector: try text("IV", of: list))
        guard fields.isMethodKnown else {
            findings.add(
                "hls-unknown-key-method", .warning, clause: "rfc8216bis 4.4.4.4", line: lines.number,
                "\(tag.name) has an unknown METHOD and is ignored")
            return nil
        }
        guard let key = fields.key else { throw malformed("\(tag.name) has no URI", "4.4.4.4") }
        fields.check(line: lines.number, required: &required, findings: &findings)
        return key
    }

    /// EXT-X-MAP: URI and BYTERANGE.
    mutating func decodeMap(_ value: Range<Int>) throws(ManifestError) {
        guard let list = attributes(value) else { return }
        guard let uri = try text("URI", of: list) else { throw malformed("EXT-X-MAP has no URI", "4.4.4.5") }
        var byteRange: ByteRange?
        if let text = list.range("BYTERANGE") {
            guard let range = bytes.byteRange(text), range.length > 0 else {
                throw malformed("BYTERANGE of EXT-X-MAP is not length@offset", "4.4.4.5")
            }
            if range.offset == nil {
                findings.add(
                    "hls-map-range-without-offset", .warning, clause: "rfc8216bis 4.4.4.5", line: lines.number,
                    "BYTERANGE of EXT-X-MAP has no offset; players take 0")
            }
            byteRange = ByteRange(offset: range.offset ?? 0, length: range.length)
        }
        segments.changeContext { $0.initialization = InitializationSection(uri: uri, byteRange: byteRange) }
        required.note(isIFramesOnly ? 5 : 6, "EXT-X-MAP")
        let identity = segments.contexts[segments.context].keys.first { $0.keyFormat == "identity" }
        if let identity, identity.method == "AES-128", identity.initializationVector == nil {
            findings.add(
                "hls-encrypted-map-without-iv", .error, clause: "rfc8216bis 4.4.4.5", line: lines.number,
                "EXT-X-MAP is encrypted with AES-128 and its EXT-X-KEY has no IV")
        }
    }
}

/// The attributes of EXT-X-KEY and EXT-X-SESSION-KEY (rfc8216bis section 4.4.4.4).
struct KeyFields {
    var method: String
    var uri: String?
    var format: String?
    var formatVersions: String?
    var vector: String?

    /// True for a METHOD of the draft other than NONE.
    var isMethodKnown: Bool { ["AES-128", "SAMPLE-AES", "SAMPLE-AES-CTR", "AES-256-GCM"].contains(method) }

    /// The key; nil without a URI.
    var key: EncryptionKey? {
        uri.map {
            EncryptionKey(
                method: method, uri: $0, keyFormat: format ?? "identity", keyFormatVersions: formatVersions ?? "",
                initializationVector: vector)
        }
    }

    /// Notes the version that is needed and what is wrong.
    func check(line: Int, required: inout RequiredVersion, findings: inout FindingCollector) {
        if vector != nil { required.note(2, "IV of a key") }
        if method.hasPrefix("SAMPLE-AES") { required.note(5, "METHOD=SAMPLE-AES") }
        if format != nil || formatVersions != nil { required.note(5, "KEYFORMAT") }
        guard let vector else { return }
        if method == "AES-256-GCM" {
            findings.add(
                "hls-forbidden-iv", .error, clause: "rfc8216bis 4.4.4.4", line: line,
                "a key of AES-256-GCM has an IV, which stands in the segments")
        } else if !Self.isVector(vector) {
            findings.add(
                "hls-invalid-iv", .error, clause: "rfc8216bis 4.4.4.4", line: line,
                "the IV of a key is not a hexadecimal number of 128 bits")
        }
    }

    private static func isVector(_ text: String) -> Bool {
        let digits = text.utf8.dropFirst(2)
        return (text.hasPrefix("0x") || text.hasPrefix("0X")) && (1...32).contains(digits.count)
            && digits.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || isHexLetter($0 | 0x20) }
    }

    private static func isHexLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte }
}
