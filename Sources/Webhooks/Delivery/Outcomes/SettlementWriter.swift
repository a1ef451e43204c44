package import Installations
import ServiceLifecycle
import Synchronization

/// Commits settlements by group commit, as `Inbox` commits events: whoever waits while one transaction commits goes into
/// the next one together. A stream goes on only after its settlement is durable, so a crash repeats at most the last
/// event of each.
package final class SettlementWriter: Service, CustomStringConvertible {
    private struct Waiting {
        let settlement: Settlement
        let continuation: CheckedContinuation<Result<SettlementResult, StoreError>, Never>
    }

    private struct Queue {
        var waiting: [Waiting] = []
        var isOpen = true
    }

    /// Settlements in one transaction.
    private static let batch = 512

    private let store: any DeliveryStore
    private let queue = Mutex(Queue())
    private let signal = Signal()

    /// A writer of what became of events in `store`.
    package init(store: any DeliveryStore) {
        self.store = store
    }

    package var description: String { "settlement writer" }

    /// Settlements that wait; one more is refused. Deliveries under way and workers' requests are fewer, unless the store
    /// hangs and workers that gave up come again.
    private static let queued = 8192

    /// Returns when the settlement is durable, or has waited longer than its request may.
    package func settle(_ settlement: Settlement) async throws(StoreError) -> SettlementResult {
        try await WriteTicket.inTime { [self] in
            await withCheckedContinuation { continuation in
                let problem = queue.withLock { queue -> StoreError? in
                    guard queue.isOpen else { return .unavailable(.stopping, code: "shutting down") }
                    guard queue.waiting.count < Self.queued else { return .unavailable(.busy, code: "queue") }
                    queue.waiting.append(Waiting(settlement: settlement, continuation: continuation))
                    return nil
                }
                guard let problem else { return signal.wake() }
                continuation.resume(returning: .failure(problem))
            }
        }
    }

    /// Commits until shut down, then commits what was asked for before and ends.
    package func run() async throws {
        await withGracefulShutdownHandler {
            for await _ in signal.wakings { await commitAll() }
            queue.withLock { $0.isOpen = false }
            await commitAll()
        } onGracefulShutdown: { [signal] in
            signal.finish()
        }
    }

    private func commitAll() async {
        while true {
            let batch = queue.withLock { queue in
                let batch = Array(queue.waiting.prefix(Self.batch))
                queue.waiting.removeFirst(batch.count)
                return batch
            }
            if batch.isEmpty { return }
            do {
                let results = try await store.settle(batch.map(\.settlement))
                for (waiting, result) in zip(batch, results) {
                    waiting.continuation.resume(returning: result.isWithdrawn ? .failure(.withdrawn) : .success(result))
                }
            } catch {
                for waiting in batch { waiting.continuation.resume(returning: .failure(error)) }
            }
        }
    }
}
