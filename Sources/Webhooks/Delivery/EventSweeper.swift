package import Installations
package import Logging
import ServiceLifecycle
import Synchronization

/// Clears away what was kept long enough, in small steps, so that the store does not grow without bound and no webhook
/// waits for it.
///
/// A clock that is wrong by weeks must not take the dead letters with it: one that is so far beyond the last round is believed
/// after an hour.
package final class EventSweeper: Service, CustomStringConvertible {
    /// Rows of one transaction.
    private static let step = 500
    /// Between two steps, so that webhooks get their turn.
    private static let breath = Duration.milliseconds(20)
    /// Between two rounds.
    private static let pause = Duration.seconds(60)
    /// How long a clock stands where it leapt to until it is believed.
    private static let doubt = Duration.seconds(3600)

    private let store: any DeliveryStore
    private let retention: EventRetention
    private let logger: Logger
    private let now: Now
    private let uptime: @Sendable () -> ContinuousClock.Instant
    /// Since when the clock is where it leapt to; nil while it did not.
    private let leapt = Mutex<ContinuousClock.Instant?>(nil)

    /// A sweeper of everything in `store`.
    package init(
        store: any DeliveryStore, retention: EventRetention, logger: Logger, now: @escaping Now,
        uptime: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.store = store
        self.retention = retention
        self.logger = logger
        self.now = now
        self.uptime = uptime
    }

    package var description: String { "event sweeper" }

    /// Sweeps every minute until shut down.
    package func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                await self.sweep()
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    /// One round.
    func sweep() async {
        var total = SweepResult()
        do {
            while !Task.isCancelled {
                let result = try await store.sweep(
                    at: now(), retention: retention, limit: Self.step, isBelieved: isLeapBelieved)
                guard !note(isHeldBack: result.isHeldBack) else { return }
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

    private var isLeapBelieved: Bool {
        leapt.withLock { since in since.map { $0.duration(to: uptime()) >= Self.doubt } ?? false }
    }

    /// Returns whether this round does nothing.
    private func note(isHeldBack: Bool) -> Bool {
        let isNew = leapt.withLock { since in
            defer { since = isHeldBack ? since ?? uptime() : nil }
            return isHeldBack && since == nil
        }
        if isNew {
            logger.warning(
                "the clock is weeks beyond the last time events were cleared away: none are for an hour",
                metadata: ["shows": "\(now().rfc3339)"])
        }
        return isHeldBack
    }
}
