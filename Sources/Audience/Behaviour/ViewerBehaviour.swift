import Quantities

/// What viewers do while they watch; the default is to watch and do nothing.
package struct ViewerBehaviour: Sendable, Hashable {
    /// Creates a behaviour.
    package init() {}
}
