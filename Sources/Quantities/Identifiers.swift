/// The number of a session in its run: arrivals count from zero, on every shard and machine alike.
package struct SessionID: Hashable, Comparable, Sendable, Codable {
    /// The number in the plan.
    package var number: UInt64
    /// Creates the identifier of the session with this number in the plan.
    package init(_ number: UInt64) { self.number = number }
    package static func < (left: SessionID, right: SessionID) -> Bool { left.number < right.number }
}

/// The number of a transfer in its session, counted from zero in the order of beginning.
package struct TransferID: Hashable, Comparable, Sendable, Codable {
    /// The number in the session.
    package var number: UInt32
    /// Creates the identifier of the transfer with this number in its session.
    package init(_ number: UInt32) { self.number = number }
    package static func < (left: TransferID, right: TransferID) -> Bool { left.number < right.number }
}
