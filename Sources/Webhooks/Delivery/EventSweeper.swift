package import Installations
package import Logging
import ServiceLifecycle

/// Clears away what was kept long enough, in small steps, so that the store does not grow without bound and no webhook
/// waits for it.
package struct EventSweeper: Service, CustomStringConvertible {
    /// Rows of one transaction.
    private static let step = 500
    /// Between two steps, so that webhooks get their turn.
    private static let breath = Duration.milliseconds(20)
    /// Between two rounds.
    private static let pause = Duration.seconds(60)

    private let store: any DeliveryStore
    private let retention: EventRetention
    private let logger: Logger
    private let now: Now

    /// A sweeper of everything in `store`.
    package init(store: any DeliveryStore, retention: EventRetention, logger: Logger, now: @escaping Now) {
        self.store = store
        self.retention = retention
        self.logger = logger
        self.now = now
    }

    package var description: String { "event sweeper" }

    /// Sweeps every minute until shut down.
    package func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                await sweep()
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    /// One round.
    func sweep() async {
        var total = SweepResult()
        do {
            while !Task.isCancelled {
                let result = try await store.sweep(at: now(), retention: retention, limit: Self.step)
                total.expired += result.expired
                total.removed += result.removed
                total.destroyedKeys += result.destroyedKeys
                guard result.hasMore else { break }
                try await Task.sleep(for: Self.breath)
            }
        } catch is CancellationError {
            return
        } catch {
            logger.error("events cannot be cleared away", metadata: ["reason": "\(error)"])
        }
        if total.expired > 0 {
            logger.warning(
                "dead letters: nobody took these events in time", metadata: ["events": "\(total.expired)"])
        }
        if total.removed + total.destroyedKeys > 0 {
            logger.debug(
                "cleared away",
                metadata: ["events": "\(total.removed)", "keys of ended installations": "\(total.destroyedKeys)"])
        }
    }
}
