/// A value apart from the one that has it, which stays small and cheap to move about.
final class OutOfLine<Value: Sendable>: Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
}
