/// The path that nginx has in `$uri`: decoded and normalised.
///
/// What nginx compares is not what was sent: `%xx` is decoded, `//` is one slash (`merge_slashes`, on by default), `.`
/// and `..` are resolved, also where they were encoded. A decoded `%25`, `%23` or `%3F` is an ordinary byte. Source:
/// nginx 1.22 `src/http/ngx_http_parse.c`, `ngx_http_parse_complex_uri`. Rewrites and index files of the site may
/// change `$uri` again; those a signer cannot know.
enum NginxPath {
    private struct Byte {
        var value: UInt8
        /// True for what was decoded and has no meaning of its own any more.
        var isPlain: Bool
    }

    /// The bytes of `$uri`; nil when nginx refuses the path with 400: a `%` without two digits, a zero byte, more `..`
    /// than directories, or no slash at the start.
    static func normalised(_ path: some StringProtocol) -> [UInt8]? {
        guard path.utf8.first == UInt8(ascii: "/"), let bytes = decoded(path.utf8) else { return nil }
        var result: [UInt8] = [UInt8(ascii: "/")]
        var starts: [Int] = []
        let segments = bytes.dropFirst().split(omittingEmptySubsequences: false) {
            $0.value == UInt8(ascii: "/") && !$0.isPlain
        }
        for (position, segment) in segments.enumerated() {
            let isLast = position == segments.count - 1
            switch dots(segment) {
            case 1: continue
            case 2:
                guard let start = starts.popLast() else { return nil }
                result.removeSubrange(start...)
            default:
                if segment.isEmpty { continue }
                starts.append(result.count)
                result.append(contentsOf: segment.map(\.value))
                if !isLast { result.append(UInt8(ascii: "/")) }
            }
        }
        return result
    }

    /// 1 for `.`, 2 for `..`, 0 for anything else.
    private static func dots(_ segment: ArraySlice<Byte>) -> Int {
        guard (1...2).contains(segment.count) else { return 0 }
        return segment.allSatisfy { $0.value == UInt8(ascii: ".") } ? segment.count : 0
    }

    private static func decoded(_ path: some Collection<UInt8>) -> [Byte]? {
        var bytes: [Byte] = []
        bytes.reserveCapacity(path.count)
        var iterator = path.makeIterator()
        while let byte = iterator.next() {
            var value = byte
            var isPlain = false
            if byte == UInt8(ascii: "%") {
                guard let high = iterator.next().flatMap(Hexadecimal.digit),
                    let low = iterator.next().flatMap(Hexadecimal.digit)
                else { return nil }
                value = high << 4 | low
                isPlain = "%#?".utf8.contains(value)
            }
            guard value != 0 else { return nil }
            bytes.append(Byte(value: value, isPlain: isPlain))
        }
        return bytes
    }
}
