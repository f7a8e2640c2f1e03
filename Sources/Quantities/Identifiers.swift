/// The number of a session in its run, the same on every shard and machine: whose it is, and the how manieth.
///
/// The viewer's number stands in the lowest 27 bits, the visit (a viewer who left and came back makes another) in the
/// next 8, and the playback within the visit (a viewer who zaps or tries again begins another) in the 16 above, so that
/// the first session of a viewer has the viewer's number, and all fit into the whole numbers of a double.
package struct SessionID: Quantity, Sendable, Codable {
    /// The number as a whole.
    package var number: UInt64
    @inlinable package var quantity: UInt64 { number }
    /// Creates the identifier with this number.
    @inlinable package init(_ number: UInt64) { self.number = number }

    /// Creates the identifier of a viewer's session.
    ///
    /// - Parameters:
    ///   - viewer: The viewer's number, from 0 to 2^27 - 1.
    ///   - visit: The number of the visit, from 0 to 255.
    ///   - playback: The number of the playback within the visit, from 0 to 65 535.
    @inlinable package init(viewer: Int, visit: Int = 0, playback: Int = 0) {
        number =
            UInt64(clamping: viewer) & 0x7FF_FFFF | (UInt64(clamping: visit) & 0xFF) << 27
            | (UInt64(clamping: playback) & 0xFFFF) << 35
    }

    /// The number of the viewer whose session it is.
    @inlinable package var viewer: UInt64 { number & 0x7FF_FFFF }
    /// The number of the viewer's visit, from 0.
    @inlinable package var visit: Int { Int(number >> 27 & 0xFF) }
    /// The number of the playback within the visit, from 0.
    @inlinable package var playback: Int { Int(number >> 35 & 0xFFFF) }

}

/// The number of a transfer in its session, counted from zero in the order of beginning.
package struct TransferID: Quantity, Sendable, Codable {
    /// The number in the session.
    package var number: UInt32
    @inlinable package var quantity: UInt32 { number }
    /// Creates the identifier of the transfer with this number in its session.
    @inlinable package init(_ number: UInt32) { self.number = number }
}
