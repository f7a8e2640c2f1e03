import Foundation
import GRDB
import Measurement
import Quantities

/// A value in a run file that has another type or size than it should; the reader adds the path.
struct UnreadableColumn: Error {
    /// The column's name.
    var column: String
}

/// GRDB's own subscripts trap when a column has the wrong type. A run file may have come from anywhere, so every value
/// is checked.
extension Row {
    /// Larger numbers are damage: nothing that a run counts gets there, and sums of them might overflow.
    private static let largest: Int64 = 1 << 60

    /// The value of a column; nil for NULL.
    func optional<Value: DatabaseValueConvertible>(_ column: Int) throws -> Value? {
        let stored = databaseValue(at: column)
        switch stored.storage {
        case .null: return nil
        case .int64(let number) where number.magnitude > Self.largest.magnitude: throw unreadable(column)
        case .int64, .double, .string, .blob: break
        }
        guard let value = Value.fromDatabaseValue(stored) else { throw unreadable(column) }
        return value
    }

    /// The value of a column that is never NULL.
    func value<Value: DatabaseValueConvertible>(_ column: Int) throws -> Value {
        guard let value: Value = try optional(column) else { throw unreadable(column) }
        return value
    }

    /// A span of nanoseconds.
    func amount(_ column: Int) throws -> TimeAmount { TimeAmount(nanoseconds: try value(column)) }

    /// An instant in nanoseconds.
    func instant(_ column: Int) throws -> Instant { Instant(nanoseconds: try value(column)) }

    /// A number of bytes.
    func bytes(_ column: Int) throws -> ByteCount { ByteCount(try value(column) as Int64) }

    /// A session's number, which may use all 64 bits.
    func session(_ column: Int) throws -> SessionID {
        guard let bits = Int64.fromDatabaseValue(databaseValue(at: column)) else { throw unreadable(column) }
        return SessionID(UInt64(bitPattern: bits))
    }

    private func databaseValue(at column: Int) -> DatabaseValue { self[column] }

    private func unreadable(_ column: Int) -> UnreadableColumn {
        UnreadableColumn(column: Array(columnNames)[column])
    }
}
