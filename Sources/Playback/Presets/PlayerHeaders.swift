import Quantities
import Transport

/// What real players send with every request: `User-Agent` and the headers beside it.
///
/// Those of players in a browser were recorded from Chromium 156 on Debian 12 (headless, a page on one host and media on
/// another, November 2026): XMLHttpRequest and fetch, which hls.js, dash.js and Shaka use, and a `<video>` element with an
/// HLS `src`. The other two are approximate: Media3 by its source (`DefaultHttpDataSource`, which leaves all to
/// `HttpURLConnection`), AVPlayer by what its requests show in server logs, since its source is closed.
///
/// `Host`, `Accept-Encoding`, `Range` and `Connection` are the transport's.
package enum PlayerHeaders {
    /// The kinds of player that send alike.
    private enum Family {
        case scripted
        case mediaElement
        case media3
        case avPlayer

        /// The family of a player by its name, whatever its case and punctuation.
        init?(_ preset: String) {
            let letters = preset.lowercased().unicodeScalars.filter {
                ("a"..."z").contains($0) || ("0"..."9").contains($0)
            }
            switch String(String.UnicodeScalarView(letters)) {
            case "hlsjs", "dashjs", "shaka", "shakaplayer": self = .scripted
            case "chromium", "chrome", "chromiumhls", "chromiumnativehls", "chromiumnative": self = .mediaElement
            case "media3", "exoplayer", "media3exoplayer": self = .media3
            case "avplayer", "avfoundation": self = .avPlayer
            default: return nil
            }
        }
    }

    /// What a header's value has where each session has a UUID of its own: ``filled(_:seed:)`` puts it in.
    package static let sessionPlaceholder = "{session uuid}"

    /// The `User-Agent` of a player; nil for one that is not known.
    ///
    /// - Parameter preset: The name of a preset: `hls.js`, `dash.js`, `shaka`, `chromium`, `media3` or `avplayer`.
    package static func userAgent(of preset: String) -> String? {
        switch Family(preset) {
        case .scripted, .mediaElement:
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
        // What HttpURLConnection says when an application sets nothing.
        case .media3: "Dalvik/2.1.0 (Linux; U; Android 16; Pixel 9 Build/BP2A.250605.031)"
        case .avPlayer: "AppleCoreMedia/1.0.0.22A3354 (iPhone; U; CPU OS 18_0 like Mac OS X; en_us)"
        case nil: nil
        }
    }

    /// The further headers of a player, in the order in which it sends them; none for one that is not known.
    ///
    /// - Parameters:
    ///   - preset: The name of a preset, as in ``userAgent(of:)``.
    ///   - page: Scheme and host of the page that a player in a browser is on, such as `https://www.example.com`, from
    ///     which `Origin` and `Referer` are made; nil sends neither.
    package static func headers(of preset: String, page: String? = nil) -> [HTTPHeader] {
        let page = page.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        let fields: [(String, String?)]
        switch Family(preset) {
        case .scripted:
            fields =
                clientHints + [
                    ("Accept", "*/*"), ("Origin", page), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "cors"),
                    ("Sec-Fetch-Dest", "empty"), ("Referer", page.map { $0 + "/" }),
                    ("Accept-Language", "en-US,en;q=0.9"),
                ]
        case .mediaElement:
            fields =
                clientHints + [
                    ("Accept", "*/*"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors"),
                    ("Sec-Fetch-Dest", "video"), ("Sec-Fetch-Storage-Access", "none"),
                    ("Referer", page.map { $0 + "/" }), ("Accept-Language", "en-US,en;q=0.9"),
                ]
        case .media3, nil: fields = []
        case .avPlayer:
            fields = [
                ("Accept", "*/*"), ("X-Playback-Session-Id", sessionPlaceholder),
                ("Accept-Language", "en-US,en;q=0.9"),
            ]
        }
        return fields.compactMap { name, value in value.map { HTTPHeader(name: name, value: $0) } }
    }

    private static let clientHints: [(String, String?)] = [
        ("sec-ch-ua-platform", "\"Linux\""), ("sec-ch-ua", "\"Not:A-Brand\";v=\"8\", \"Chromium\";v=\"156\""),
        ("sec-ch-ua-mobile", "?0"),
    ]

    /// Headers with the session's own UUID in place of ``sessionPlaceholder``: version 4, in upper case, as AVPlayer
    /// writes it; the same for the same seed.
    package static func filled(_ headers: [HTTPHeader], seed: UInt64) -> [HTTPHeader] {
        guard headers.contains(where: { $0.value.contains(sessionPlaceholder) }) else { return headers }
        let uuid = CMCDState.uuid(seed: seed, purpose: headerPurpose).uppercased()
        return headers.map { header in
            let pieces = header.value.split(separator: sessionPlaceholder, omittingEmptySubsequences: false)
            return HTTPHeader(name: header.name, value: pieces.joined(separator: uuid))
        }
    }

    private static let headerPurpose: UInt64 = 0x4EAD
}
