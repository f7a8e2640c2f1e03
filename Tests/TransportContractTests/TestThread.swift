import Glibc

/// A thread of a test's own that can be waited for.
struct TestThread: Sendable, Equatable {
    private let handle: pthread_t

    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Begins the work.
    init(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(body))
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        precondition(code == 0, "a test needs a thread")
        handle = thread
    }

    /// Waits for its end.
    func join() { pthread_join(handle, nil) }
}
