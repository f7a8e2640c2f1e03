/// A run of bytes of a resource, as in an HTTP `Range: bytes=first-last` (RFC 9110 section 14.1.2).
package struct ByteRange: Hashable, Sendable, Codable {
    /// The offset of the first byte.
    package var offset: Int64
    /// The number of bytes; nil means to the end of the resource.
    package var length: Int64?

    /// Creates a range; `offset` and `length` must not be negative.
    package init(offset: Int64, length: Int64?) {
        self.offset = offset
        self.length = length
    }

    /// The value of the HTTP `Range` header without `bytes=`, such as `0-99` or `100-`.
    package var httpValue: String {
        guard let length else { return "\(offset)-" }
        return "\(offset)-\(offset + length - 1)"
    }
}
