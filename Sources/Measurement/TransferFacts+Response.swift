import Manifests
import Playback
import Quantities
import Transport

extension TransferFacts {
    /// The headers that facts are made of, in lower case; a channel must keep them all, or their absence is taken for the
    /// server's.
    package static let headerNames = ["content-type", "content-encoding", "cache-control", "age"]

    /// The facts of a complete response; what the documents say of the resource is to be added.
    ///
    /// - Parameters:
    ///   - kind: What the transfer was for.
    ///   - response: The response, with the headers of ``headerNames``.
    ///   - uri: Where it came from.
    ///   - range: The part of the resource that was asked for.
    package init(_ kind: TransferKind, _ response: TransferResult, uri: String, range: ByteRange? = nil) {
        self.init(
            kind: ResourceKind(kind), status: response.status, bytes: response.bytes.count,
            prefix: response.body.isEmpty ? [] : Array(response.body.prefix(16)), range: range)
        for header in response.headers {
            switch header.name {
            case "content-type": contentType = contentType ?? header.value
            case "content-encoding": contentEncoding = contentEncoding ?? header.value
            case "cache-control": cacheControl = cacheControl.map { $0 + "," + header.value } ?? header.value
            case "age": age = age ?? Int64(header.value).map { .seconds(Double(max(0, $0))) }
            default: break
            }
        }
        firstByte = response.timings.firstByte
        total = response.timings.total
        self.uri = uri
    }
}

extension ResourceKind {
    /// The kind of resource that a transfer of a kind fetches.
    package init(_ kind: TransferKind) {
        switch kind {
        case .manifest: self = .manifest
        case .playlist: self = .mediaPlaylist
        case .index: self = .index
        case .initialization: self = .initialization
        case .video: self = .segment(.video)
        case .audio: self = .segment(.audio)
        case .subtitles: self = .segment(.subtitles)
        case .key, .step, .steering, .assetList, .clock: self = .other
        }
    }
}
