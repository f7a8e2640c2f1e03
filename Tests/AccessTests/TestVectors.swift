import Foundation
import Testing

@testable import Access

/// The vectors and keys that tests share.
enum TestVectors {
    /// The vectors of a scheme.
    static func read<Vector: Decodable>(_ name: String, as type: Vector.Type = Vector.self) throws -> Vector {
        let url = try #require(
            Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Vectors"))
        return try JSONDecoder().decode(Vector.self, from: Data(contentsOf: url))
    }

    /// A public test key by its name, such as `rsa2048_private_pem`.
    static func key(_ name: String) throws -> KeyMaterial {
        KeyMaterial(try #require(try read("test-keys", as: [String: String].self)[name]))
    }

    /// The scheme of the catalogue with a key and settings.
    static func scheme(_ name: String, key: KeyMaterial?, _ values: [String: String] = [:]) throws -> any TokenScheme {
        try #require(TokenSchemes.named(name)).scheme(key: key, values: values)
    }
}
