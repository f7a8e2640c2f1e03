/// Media types of what an origin serves.
enum MediaType {
    static let hls = "application/vnd.apple.mpegurl"
    static let dash = "application/dash+xml"
    static let video = "video/mp4"
    static let audio = "audio/mp4"
    static let patch = "application/dash-patch+xml"
    static let subtitles = "text/vtt"
    static let key = "application/octet-stream"
    static let json = "application/json"

    /// The media type of a file by its name's extension; nil for what an origin has no business to serve.
    static func ofFile(_ name: some StringProtocol) -> String? {
        guard let dot = name.lastIndex(of: ".") else { return nil }
        switch name[name.index(after: dot)...].lowercased() {
        case "m3u8", "m3u": return hls
        case "mpd": return dash
        case "m4s", "mp4", "m4v", "cmfv": return video
        case "m4a", "cmfa", "aac": return name.hasSuffix("aac") ? "audio/aac" : audio
        case "ts": return "video/mp2t"
        case "vtt": return "text/vtt"
        case "key", "bin": return "application/octet-stream"
        case "json": return "application/json"
        case "jpg", "jpeg": return "image/jpeg"
        case "png": return "image/png"
        default: return "application/octet-stream"
        }
    }
}
