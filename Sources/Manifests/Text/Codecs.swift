/// What the names in a codecs string stand for (RFC 6381).
enum Codecs {
    /// Sample entries of audio; a name matches when it equals one or goes on with a point.
    private static let audio: Set<Substring> = [
        "mp4a", "ac-3", "ec-3", "ac-4", "opus", "flac", "alac", "mp3", "vorbis", "dtsc", "dtse", "dtsh", "dtsl",
        "dtsx", "dtsy", "mha1", "mha2", "mhm1", "mhm2", "iamf", "apac", "usac", "samr", "sawb", "lpcm", "ipcm", "fpcm",
        "aac",
    ]
    /// Sample entries of subtitles.
    private static let subtitles: Set<Substring> = ["stpp", "wvtt", "tx3g", "c608", "c708", "webvtt", "ttml"]

    /// What a single codec carries.
    private static func kind(_ name: Substring) -> MediaKind {
        let entry = Substring(name.prefix { $0 != "." }.lowercased())
        if audio.contains(entry) { return .audio }
        if subtitles.contains(entry) { return .subtitles }
        return .video
    }

    /// The codecs of a list, without blanks.
    private static func names(_ codecs: String) -> [Substring] {
        codecs.prefix(1_000).split(separator: ",").map { $0.drop { $0 == " " } }.filter { !$0.isEmpty }
    }

    /// True when at least one codec is named, at least one is audio, and none is video.
    static func isAudioOnly(_ codecs: String) -> Bool {
        let kinds = names(codecs).map(kind)
        return kinds.contains(.audio) && !kinds.contains(.video)
    }

    /// What a list carries: video when anything in it is, then audio, then subtitles; nil for an empty list.
    static func kind(_ codecs: String) -> MediaKind? {
        let kinds = names(codecs).map(kind)
        for kind in [MediaKind.video, .audio, .subtitles] where kinds.contains(kind) { return kind }
        return nil
    }
}
