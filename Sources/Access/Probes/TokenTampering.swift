/// Changes one character of a token so that only its signature is wrong.
enum TokenTampering {
    /// More are not tried: checking a signature with a public key takes its time.
    static let limit = 48

    private static let signatureNames = ["sig", "hmac", "hash", "md5", "token", "auth"]

    /// The token with one character changed, the likeliest one first; what it says is the same in all of them.
    ///
    /// A signature mostly stands at the end, and its last character may hold bits that nobody looks at. So each field's
    /// last run of letters and digits is tried from its middle. Which field has the signature is guessed by its name;
    /// where a change is also one of what the token says (``TokenScheme/claims(of:)``), it was not the signature.
    static func candidates(of token: AccessToken, by scheme: any TokenScheme) -> [AccessToken] {
        let claims = scheme.claims(of: token)
        var found: [AccessToken] = []
        var unreadable: [AccessToken] = []
        var tried = 0
        for field in order(of: token.fields) {
            let bytes = Array(token.fields[field].value.utf8)
            for position in positions(in: bytes) {
                guard tried < limit, found.count < 8 else { return found + unreadable.prefix(8) }
                tried += 1
                var changed = bytes
                changed[position] = neighbour(of: bytes[position])
                var candidate = token
                candidate.fields[field].value = String(decoding: changed, as: UTF8.self)
                let read = scheme.claims(of: candidate)
                if read == claims { found.append(candidate) } else if read == nil { unreadable.append(candidate) }
            }
        }
        // What is encrypted and signed at once cannot be read any more once it was changed.
        return found + unreadable.prefix(8)
    }

    /// Fields whose name speaks of a signature first, later ones before earlier ones.
    private static func order(of fields: [AccessToken.Field]) -> [Int] {
        let positions = Array(fields.indices.reversed())
        func isLikely(_ position: Int) -> Bool {
            let name = fields[position].name.lowercased()
            return signatureNames.contains { name.contains($0) }
        }
        return positions.filter(isLikely) + positions.filter { !isLikely($0) }
    }

    /// Places in the last run of at least eight letters and digits (or else in the whole), from its middle outwards.
    private static func positions(in bytes: [UInt8]) -> [Int] {
        var end = bytes.count
        while end > 0 {
            while end > 0, !isLetter(bytes[end - 1]) { end -= 1 }
            var start = end
            while start > 0, isLetter(bytes[start - 1]) { start -= 1 }
            if end - start >= 8 { break }
            end = start
        }
        var start = end
        while start > 0, isLetter(bytes[start - 1]) { start -= 1 }
        guard end - start >= 8 else { return bytes.indices.filter { isLetter(bytes[$0]) } }
        let middle = (start + end) / 2
        let steps = (end - start) / 2
        return (0..<min(steps, limit)).flatMap { step in
            step == 0 ? [middle] : [middle + step, middle - step].filter { (start..<(end - 1)).contains($0) }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    /// Another character of the same sort, a hexadecimal digit for one.
    private static func neighbour(of byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "9"): UInt8(ascii: "0")
        case UInt8(ascii: "f"): UInt8(ascii: "a")
        case UInt8(ascii: "F"): UInt8(ascii: "A")
        case UInt8(ascii: "z"): UInt8(ascii: "a")
        case UInt8(ascii: "Z"): UInt8(ascii: "A")
        default: byte + 1
        }
    }
}
