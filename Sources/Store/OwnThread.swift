import Dispatch
import Synchronization

/// Runs what blocks on a thread of its own: the cooperative ones are as few as the cores, and without a server this process
/// is its own.
package enum OwnThread {
    /// Set when the task is cancelled.
    private final class Cancellation: Sendable {
        let isSet = Atomic(false)
    }

    /// Runs `body`, which may ask whether its task was cancelled.
    package static func run<T: Sendable>(
        _ body: @escaping @Sendable (_ isCancelled: @escaping @Sendable () -> Bool) throws -> T
    ) async throws -> T {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(
                        with: Result { try body { cancellation.isSet.load(ordering: .relaxed) } })
                }
            }
        } onCancel: {
            cancellation.isSet.store(true, ordering: .relaxed)
        }
    }
}
