import Quantities

/// Decodes an HLS playlist or a DASH MPD from its bytes.
///
/// The result depends on nothing else, save for playlists that take variables from outside (``DecodingContext``), so
/// that equal bytes can be decoded once for all sessions (``ManifestCache``). Which of the formats it is shows in the bytes; a Content-Type is not asked.
package enum ManifestDecoder {
    /// Decodes a document.
    ///
    /// - Parameters:
    ///   - bytes: The whole body, with any content coding undone.
    ///   - context: What EXT-X-DEFINE may take from outside the document.
    ///   - limits: The bounds within which it is decoded.
    /// - Returns: A presentation for a multivariant playlist or an MPD, else the media playlist. What is wrong or
    ///   doubtful but can be played is among its findings.
    /// - Throws: `notAManifest` for another kind of document, `malformed` where a rule is broken so that a player must
    ///   refuse it, `tooLarge` beyond the limits.
    package static func decode(
        _ bytes: [UInt8], context: DecodingContext = .none, limits: DecodingLimits = .standard
    ) throws(ManifestError) -> DecodedManifest {
        try decode(bytes, of: nil, context: context, limits: limits).result.get()
    }

    /// Decodes what came when an update of a document was asked for: a delta update of a media playlist, a patch of an
    /// MPD, or the whole document again.
    ///
    /// - Parameters:
    ///   - bytes: The whole body.
    ///   - held: The document that is held.
    ///   - context: As for ``decode(_:context:limits:)``.
    ///   - limits: The bounds within which it is decoded.
    /// - Returns: The whole document as it is now.
    /// - Throws: `outOfDate` when the update does not fit what is held; else as ``decode(_:context:limits:)``.
    package static func update(
        _ bytes: [UInt8], of held: DecodedManifest, context: DecodingContext = .none,
        limits: DecodingLimits = .standard
    ) throws(ManifestError) -> DecodedManifest {
        if case .presentation(let presentation) = held, MPDDecoder.isPatch(bytes) {
            return .presentation(try MPDDecoder.apply(patch: bytes, to: presentation, limits: limits))
        }
        return try decode(bytes, of: held, context: context, limits: limits).result.get()
    }

    /// What became of a document.
    struct Outcome {
        var result: Result<DecodedManifest, ManifestError>
        /// True when the bytes alone do not decide, because variables are taken from outside.
        var usesContext = false
    }

    /// Decodes a document or, where `held` is the document it changes, an update of it.
    static func decode(
        _ bytes: [UInt8], of held: DecodedManifest?, context: DecodingContext, limits: DecodingLimits
    ) -> Outcome {
        guard bytes.count <= limits.bytes else {
            let detail = "the document has \(bytes.count) bytes, more than \(limits.bytes)"
            return Outcome(result: .failure(.tooLarge(detail: detail)))
        }
        switch DocumentSniffer.sniff(bytes) {
        case .playlist:
            if case .mediaPlaylist(let playlist) = held { return decodePlaylist(bytes, of: playlist, context, limits) }
            return decodePlaylist(bytes, of: nil, context, limits)
        case .mpd:
            return Outcome(
                result: Result { () throws(ManifestError) in
                    .presentation(try MPDDecoder.decode(bytes, limits: limits))
                })
        case .playlistWithoutBegin:
            let detail = "the first line is not #EXTM3U (rfc8216bis 4.4.1.1)"
            return Outcome(result: .failure(.malformed(line: 1, detail: detail)))
        case .other(let found): return Outcome(result: .failure(.notAManifest(found: found)))
        }
    }

    /// True when bytes that cannot be decoded alone are an update of another document.
    static func isUpdate(_ bytes: [UInt8], refusedWith error: ManifestError) -> Bool {
        switch error {
        case .outOfDate: true
        case .notAManifest: DocumentSniffer.sniff(bytes) == .other(DocumentSniffer.patch)
        case .malformed, .tooLarge: false
        }
    }

    private static func decodePlaylist(
        _ bytes: [UInt8], of held: MediaPlaylist?, _ context: DecodingContext, _ limits: DecodingLimits
    ) -> Outcome {
        var findings = FindingCollector()
        report(encodingOf: bytes, to: &findings)
        if isMediaPlaylist(bytes) {
            var decoder = MediaPlaylistDecoder(
                bytes: bytes, limits: limits, context: context, held: held, findings: findings)
            let result = Result { () throws(ManifestError) in DecodedManifest.mediaPlaylist(try decoder.decode()) }
            return Outcome(result: result, usesContext: decoder.variables.usesContext)
        }
        var decoder = MultivariantDecoder(bytes: bytes, limits: limits, context: context, findings: findings)
        let result = Result { () throws(ManifestError) in DecodedManifest.presentation(try decoder.decode()) }
        return Outcome(result: result, usesContext: decoder.variables.usesContext)
    }

    /// The first tag that may stand in one kind only decides.
    private static func isMediaPlaylist(_ bytes: [UInt8]) -> Bool {
        var lines = PlaylistLines(bytes)
        while let line = lines.next() {
            guard case .tag(let tag, _) = line else { continue }
            switch tag.home {
            case .both: continue
            case .media: return true
            case .multivariant: return false
            }
        }
        return false
    }

    /// Playlists are UTF-8 without a byte order mark and control characters (rfc8216bis section 4.1).
    private static func report(encodingOf bytes: [UInt8], to findings: inout FindingCollector) {
        if bytes.first != ASCII.hash {
            findings.add(
                "hls-leading-bytes", .warning, clause: "rfc8216bis 4.1", line: 1,
                "a byte order mark or blanks stand before #EXTM3U")
        }
        var union: UInt8 = 0
        bytes.withUnsafeBufferPointer { for byte in $0 { union |= byte } }
        if union >= 0x80, String(validating: bytes, as: UTF8.self) == nil {
            findings.add("hls-invalid-utf8", .error, clause: "rfc8216bis 4.1", "the playlist is not valid UTF-8")
        }
        if bytes.withUnsafeBufferPointer({ $0.contains(0) }) {
            findings.add("hls-nul-byte", .error, clause: "rfc8216bis 4.1", "the playlist holds NUL bytes")
        }
    }
}
