import Foundation

/// Reads the files that a profile names; their paths are relative to the profile's own folder.
package struct ProfileFiles: Sendable {
    private let load: @Sendable (String) -> [UInt8]?

    /// Reads files by a function that gives the content at a path as the profile has it, or nil.
    package init(load: @escaping @Sendable (String) -> [UInt8]?) { self.load = load }

    /// Reads files beside a profile; those of a profile without a path of its own in the working folder.
    package static func beside(_ profile: String) -> ProfileFiles {
        let folder = profile.lastIndex(of: "/").map { String(profile[...$0]) } ?? ""
        return ProfileFiles { path in
            guard let data = FileManager.default.contents(atPath: path.hasPrefix("/") ? path : folder + path) else {
                return nil
            }
            return [UInt8](data)
        }
    }

    /// The content of a file; nil when it cannot be read.
    func content(of path: String) -> [UInt8]? { load(path) }
}
