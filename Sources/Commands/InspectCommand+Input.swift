import Foundation
import Manifests
import Quantities

extension InspectCommand {
    /// What the argument names.
    enum Input: Equatable {
        case url(String)
        case file(String)
        case standardInput
        /// A URI of another scheme than http and https.
        case badScheme(String)

        init(_ source: String) {
            if source == "-" {
                self = .standardInput
            } else if let mark = source.range(of: "://"), let scheme = URIReference(source).scheme,
                scheme.endIndex == mark.lowerBound
            {
                let name = scheme.lowercased()
                self = name == "http" || name == "https" ? .url(source) : .badScheme(name)
            } else {
                self = .file(source)
            }
        }

        /// The bytes of a file or of standard input, up to what a decoder takes.
        ///
        /// - Throws: ``CommandFailure`` with a sentence when it cannot be read or is too large.
        func read() throws -> [UInt8] {
            switch self {
            case .url(let name), .badScheme(let name):
                throw CommandFailure(.usage, "\(name) is not a file")
            case .standardInput:
                return try Self.bytes(of: FileHandle.standardInput, "standard input")
            case .file(let path):
                var isFolder: ObjCBool = false
                guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                    throw CommandFailure(.noInput, "\(path) does not exist")
                }
                if isFolder.boolValue {
                    throw CommandFailure(.noInput, "\(path) is a folder; name a playlist or an MPD in it")
                }
                guard let handle = FileHandle(forReadingAtPath: path) else {
                    throw CommandFailure(.noInput, "\(path) cannot be opened; may it be read?")
                }
                defer { try? handle.close() }
                return try Self.bytes(of: handle, path)
            }
        }

        private static func bytes(of handle: FileHandle, _ name: String) throws -> [UInt8] {
            let limit = DecodingLimits.standard.bytes
            var bytes: [UInt8] = []
            while bytes.count <= limit {
                let data: Data?
                do {
                    data = try handle.read(upToCount: min(1 << 20, limit + 1 - bytes.count))
                } catch {
                    throw CommandFailure(.noInput, "\(name) cannot be read")
                }
                guard let data, !data.isEmpty else { return bytes }
                bytes += data
            }
            throw CommandFailure(.badInput, "\(name) is larger than \(limit) bytes, the most that is read")
        }
    }
}
