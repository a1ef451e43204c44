import Dispatch
package import Installations
import Synchronization

/// Keeps a store's one writing connection in the transaction of a rewrap, as a slow disk would, until it is released.
package final class HeldWriter: Sendable {
    private let gate = DispatchSemaphore(value: 0)
    private let entered = DispatchSemaphore(value: 0)
    private let isReleased = Atomic(false)

    /// Nothing is held yet.
    package init() {}

    /// For the store that is to be held.
    package var probe: RotationProbe {
        { [self] step in
            guard step == .batchWritten, !isReleased.load(ordering: .acquiring) else { return }
            entered.signal()
            gate.wait()
        }
    }

    /// Begins to hold the writer of a store that has an installation.
    package func hold(_ test: TestStore, now: @escaping Now) async throws -> Task<Void, any Error> {
        let keys = StorageKeyManager(store: test.store, keyring: test.keyring, now: now)
        let fresh = try await keys.add(actor: .system)
        _ = try await keys.advance(fresh.id, by: .promote, actor: .system)
        let rewrap = Task {
            _ = try await keys.rewrapAll(by: KeyWorker(actor: .system)) { _ in }
        }
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [entered] in
                entered.wait()
                continuation.resume()
            }
        }
        return rewrap
    }

    /// Lets the writer go.
    package func release() {
        isReleased.store(true, ordering: .releasing)
        gate.signal()
    }
}
