package import Installations
import ServiceLifecycle
import Synchronization

/// Commits settlements by group commit. A stream goes on only after its settlement is durable, so a crash repeats at most the last
/// event of each.
package final class SettlementWriter: Service, CustomStringConvertible {
    private struct Waiting {
        let settlement: Settlement
        let continuation: CheckedContinuation<Result<SettlementResult, StoreError>, Never>
    }

    private let store: any DeliveryStore
    /// Deliveries under way and workers' requests are fewer, unless the store hangs and workers that gave up come again.
    private let group = Mutex(GroupCommit<Waiting>(batch: 512, limit: 8192))
    private let signal = Signal()

    /// A writer of what became of events in `store`.
    package init(store: any DeliveryStore) {
        self.store = store
    }

    package var description: String { "settlement writer" }

    /// Returns when the settlement is durable, or has waited longer than its request may.
    package func settle(_ settlement: Settlement) async throws(StoreError) -> SettlementResult {
        try await WriteTicket.inTime { [self] in
            await withCheckedContinuation { continuation in
                switch group.withLock({ $0.add(Waiting(settlement: settlement, continuation: continuation)) }) {
                case .first: signal.wake()
                case .joined: break
                case .full: continuation.resume(returning: .failure(.unavailable(.busy, code: "queue")))
                case .closed:
                    continuation.resume(returning: .failure(.unavailable(.stopping, code: "shutting down")))
                }
            }
        }
    }

    /// Commits until shut down, then commits what was asked for before and ends.
    package func run() async throws {
        await withGracefulShutdownHandler {
            for await _ in signal.wakings { await commitAll() }
            group.withLock { $0.close() }
            await commitAll()
        } onGracefulShutdown: { [signal] in
            signal.finish()
        }
    }

    private func commitAll() async {
        while true {
            let batch = group.withLock { $0.next().members }
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
