import FoundationEssentials
import Quantities

extension SteeringDecoder {
    /// Decodes an answer that stands in a `data:` URI (RFC 2397), as rfc8216bis section 4.4.6.6 allows for SERVER-URI.
    ///
    /// - Throws: `malformed` for what is no `data:` URI; else as ``decode(_:)``.
    package static func decode(dataURI uri: String) throws(ManifestError) -> SteeringManifest {
        guard uri.utf8.starts(with: "data:".utf8), let comma = uri.firstIndex(of: ",") else {
            throw .malformed(line: nil, detail: "not a data: URI")
        }
        let payload = URIReference.decoded(uri[uri.index(after: comma)...])
        guard uri[..<comma].lowercased().hasSuffix(";base64") else { return try decode(Array(payload.utf8)) }
        guard let data = Data(base64Encoded: payload) else {
            throw .malformed(line: nil, detail: "the data: URI is not valid base64")
        }
        return try decode(Array(data))
    }
}
