/// A value that one number makes up, and that is compared by it.
///
/// The operators stand here, open to the optimizer: those that `Comparable` gives are calls through its witness table where another
/// room compares, which is most of what a simulated player does.
package protocol Quantity: Hashable, Comparable {
    /// The kind of number.
    associatedtype Number: Comparable
    /// The number.
    var quantity: Number { get }
}

extension Quantity {
    @inlinable package static func == (left: Self, right: Self) -> Bool { left.quantity == right.quantity }
    @inlinable package static func != (left: Self, right: Self) -> Bool { left.quantity != right.quantity }
    @inlinable package static func < (left: Self, right: Self) -> Bool { left.quantity < right.quantity }
    @inlinable package static func > (left: Self, right: Self) -> Bool { left.quantity > right.quantity }
    @inlinable package static func <= (left: Self, right: Self) -> Bool { left.quantity <= right.quantity }
    @inlinable package static func >= (left: Self, right: Self) -> Bool { left.quantity >= right.quantity }
}
