import Quantities

/// Decodes the JSON document of X-ASSET-LIST (rfc8216bis appendix D.2).
package enum AssetListDecoder {
    private struct Document: Decodable {
        struct Asset: Decodable {
            var uri: String
            var duration: Double?

            enum CodingKeys: String, CodingKey {
                case uri = "URI"
                case duration = "DURATION"
            }
        }

        var assets: [Asset]

        enum CodingKeys: String, CodingKey {
            case assets = "ASSETS"
        }
    }

    private static let maximumBytes = 1 << 20
    private static let maximumAssets = 1_000

    /// Decodes a list; an asset without DURATION counts as zero, as in hls.js.
    ///
    /// - Throws: `malformed` for what is no JSON, has no ASSETS, or an asset without a URI or with a negative duration;
    ///   `tooLarge` beyond 1 MiB or 1 000 assets.
    package static func decode(_ bytes: [UInt8]) throws(ManifestError) -> AssetList {
        let document = try BoundedJSON.decode(
            Document.self, from: bytes, maximumBytes: maximumBytes, name: "asset list")
        guard document.assets.count <= maximumAssets else {
            throw .tooLarge(detail: "the asset list has \(document.assets.count) assets, more than \(maximumAssets)")
        }
        var assets: [AssetList.Asset] = []
        for asset in document.assets {
            guard !asset.uri.isEmpty else { throw .malformed(line: nil, detail: "an asset has no URI") }
            guard let duration = TimeAmount(documentSeconds: asset.duration ?? 0) else {
                throw .malformed(line: nil, detail: "an asset has a negative DURATION")
            }
            assets.append(AssetList.Asset(uri: asset.uri, duration: duration))
        }
        return AssetList(assets: assets)
    }
}
