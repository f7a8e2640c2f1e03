import Quantities

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A directory of real media.
///
/// Nothing outside of it is ever opened, neither by dots nor by symbolic links, and directories are not listed.
struct MediaDirectory: Sendable {
    /// The real path of the root, without a slash at its end.
    let root: String

    /// Opens a directory; nil when it is not one or cannot be read.
    init?(path: String) {
        guard let root = Self.realPath(path), access(root, R_OK | X_OK) == 0 else { return nil }
        var status = stat()
        guard stat(root, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
        self.root = root == "/" ? "" : root
    }

    /// Opens the regular file that a raw URL path names; nil for everything else.
    func open(_ path: String) -> MediaFile? {
        guard let relative = Self.relativePath(path), let real = Self.realPath(root + relative),
            real.hasPrefix(root + "/")
        else { return nil }
        // The real path has no links any more; one that is put there now is not followed.
        let descriptor = system_open(real)
        guard descriptor >= 0 else { return nil }
        let file = MediaFile(descriptor: descriptor)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        file.size = Int(status.st_size)
        return file
    }

    /// The decoded path with its leading slash; nil when a segment is empty, begins with a dot, or decodes to a slash,
    /// a zero or something that is not text.
    static func relativePath(_ path: String) -> String? {
        var result = ""
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        guard segments.count > 1, segments[0].isEmpty else { return nil }
        for segment in segments.dropFirst() {
            guard let bytes = percentDecoded(segment), !bytes.isEmpty, bytes.first != UInt8(ascii: "."),
                !bytes.contains(UInt8(ascii: "/")), !bytes.contains(0),
                let text = String(validating: bytes, as: UTF8.self)
            else { return nil }
            result += "/" + text
        }
        return result
    }

    /// The bytes of a path segment, decoded once; nil when a percent sign is not followed by two digits.
    private static func percentDecoded(_ segment: Substring) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = segment.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case 0x30...0x39: character - 0x30
        case 0x41...0x46: character - 0x37
        case 0x61...0x66: character - 0x57
        default: nil
        }
    }

    private static func realPath(_ path: String) -> String? {
        guard let pointer = realpath(path, nil) else { return nil }
        defer { free(pointer) }
        return String(validatingCString: pointer)
    }
}

private func system_open(_ path: String) -> Int32 {
    #if canImport(Glibc)
        Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    #elseif canImport(Musl)
        Musl.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    #else
        Darwin.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    #endif
}

/// An open file, closed when the last reader lets go.
// Invariant: the descriptor never changes and pread has no position; the size is set before the file is shared.
final class MediaFile: @unchecked Sendable {
    private let descriptor: Int32
    /// The size in bytes when it was opened.
    fileprivate(set) var size = 0

    fileprivate init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Reads up to so many bytes at an offset; fewer at the end of the file, nil when reading fails.
    func read(at offset: Int, count: Int) -> [UInt8]? {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            guard let base = buffer.baseAddress else { return }
            while filled < count {
                let got = pread(descriptor, base + filled, count - filled, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                if got < 0 { failed = true }
                if got <= 0 { break }
                filled += got
            }
        }
        return failed ? nil : bytes
    }
}
