extension Base64 {
    /// The bytes of a text that is written exactly in one of these alphabets; nil for anything else.
    ///
    /// The bits that are left over must be zero, so that in one alphabet no two texts mean the same bytes.
    static func decode(_ text: some StringProtocol, strictly alphabets: [Alphabet]) -> [UInt8]? {
        guard let bytes = decode(text) else { return nil }
        return alphabets.contains { encode(bytes, $0).utf8.elementsEqual(text.utf8) } ? bytes : nil
    }
}
