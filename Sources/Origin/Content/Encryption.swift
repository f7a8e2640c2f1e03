import Crypto
import CryptoExtras
import Quantities

/// Keys, initialization vectors and AES-128 encryption of whole segments (RFC 8216 section 5.2: CBC with PKCS #7).
struct Encryption {
    let settings: ContentSettings

    /// The 16 bytes of a numbered key.
    func key(_ number: Int64) -> [UInt8] { bytes(stream: number, purpose: 0x4B45) }

    /// The initialization vector of a segment of a track.
    func vector(segment: Int64, of track: ContentTrack) -> [UInt8] {
        bytes(stream: segment, purpose: 0x1707 &+ track.number << 16)
    }

    /// The initialization vector as a hexadecimal sequence.
    func vectorText(segment: Int64, of track: ContentTrack) -> String {
        Hexadecimal.text(vector(segment: segment, of: track))
    }

    /// The number of the key of a segment.
    func keyNumber(of segment: Int64) -> Int64 { segment / Int64(settings.keyRotation) }

    /// The bytes of a segment, encrypted: up to 16 more than they were.
    func encrypted(_ plain: [UInt8], segment: Int64, of track: ContentTrack) -> [UInt8] {
        let key = SymmetricKey(data: key(keyNumber(of: segment)))
        guard let vector = try? AES._CBC.IV(ivBytes: vector(segment: segment, of: track)),
            let sealed = try? AES._CBC.encrypt(plain, using: key, iv: vector)
        else { preconditionFailure("A key and an initialization vector of 16 bytes are right for AES-128.") }
        return [UInt8](sealed)
    }

    private func bytes(stream: Int64, purpose: UInt64) -> [UInt8] {
        var generator = SeededGenerator(
            seed: settings.seed, stream: UInt64(bitPattern: stream), purpose: purpose)
        var writer = BoxWriter()
        writer.put(generator.next())
        writer.put(generator.next())
        return writer.bytes
    }
}

/// Bytes as `0x` and digits.
enum Hexadecimal {
    static func text(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text = Array("0x".utf8)
        for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
