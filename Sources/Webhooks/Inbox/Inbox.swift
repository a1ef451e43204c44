import Dispatch
package import Installations
package import Metrics
import Sealing
import ServiceLifecycle
import Synchronization

/// Takes authenticated events into the store by group commit.
///
/// Whoever waits while one transaction commits goes into the next one together, so an idle inbox commits at once and a
/// busy one shares each fsync. Nobody waits for a timer.
package final class Inbox: Service, CustomStringConvertible {
    /// How an append ends.
    package enum Outcome: Sendable {
        /// Durably committed.
        case appended
        /// The token set that accepted it is no longer in force.
        case outdated
        /// Too much is waiting; nothing was committed.
        case full
        /// The store failed; nothing was committed.
        case unavailable(StoreError)
    }

    /// Bounds of what waits in memory and in the store.
    package struct Limits: Sendable {
        /// Unsettled events in the store, `inbox.maxEvents`.
        package var storedEvents: Int
        /// Events waiting for their commit.
        package var queuedEvents = 8192
        /// Bytes of sealed bodies waiting for their commit.
        package var queuedBytes = 64 << 20
        /// Events in one transaction: bounds how long the first of them waits for the last.
        package var batch = 512

        /// Limits with the given number of stored events.
        package init(storedEvents: Int) {
            self.storedEvents = storedEvents
        }
    }

    private struct Waiting {
        let event: InboxEvent
        let completion: @Sendable (Outcome) -> Void
    }

    private struct Queue {
        var waiting: [Waiting] = []
        var bytes = 0
        var isOpen = true
    }

    private let store: any EventStore
    private let limits: Limits
    /// Where commits block: a task must not.
    private let writer = DispatchQueue(label: "inbox")
    private let queue = Mutex(Queue())
    private let wake: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    private let seconds: Metrics.Timer
    private let counters: [Counter]

    /// An inbox over `store`.
    package init(store: any EventStore, limits: Limits, metrics: any MetricsFactory = MetricsSystem.factory) {
        self.store = store
        self.limits = limits
        seconds = Metrics.Timer(label: Metric.inboxCommitSeconds.rawValue, factory: metrics)
        counters = Outcome.labels.map { label in
            Counter(label: Metric.inboxEvents.rawValue, dimensions: [("outcome", label)], factory: metrics)
        }
        (wake, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    package var description: String { "inbox" }

    /// Queues an event; `completion` is called once, from any thread, after the commit or the refusal.
    package func append(_ event: InboxEvent, completion: @escaping @Sendable (Outcome) -> Void) {
        let bytes = event.body.bytes.count
        let isQueued = queue.withLock { queue in
            guard queue.isOpen, store.waitingEvents + queue.waiting.count < limits.storedEvents,
                queue.waiting.count < limits.queuedEvents, queue.bytes + bytes <= limits.queuedBytes
            else { return false }
            queue.waiting.append(Waiting(event: event, completion: completion))
            queue.bytes += bytes
            return true
        }
        if isQueued {
            waker.yield()
        } else {
            end(completion, .full)
        }
    }

    /// Events waiting for their commit, for a gauge.
    package var depth: Int { queue.withLock { $0.waiting.count } }

    /// Commits until shut down, then commits what was accepted before and ends.
    package func run() async throws {
        await withGracefulShutdownHandler {
            for await _ in wake { await commitAll() }
            queue.withLock { $0.isOpen = false }
            await commitAll()
        } onGracefulShutdown: { [waker] in
            waker.finish()
        }
    }

    private func commitAll() async {
        while true {
            let batch = queue.withLock { queue in
                let batch = Array(queue.waiting.prefix(limits.batch))
                queue.waiting.removeFirst(batch.count)
                queue.bytes -= batch.reduce(0) { $0 + $1.event.body.bytes.count }
                return batch
            }
            if batch.isEmpty { return }
            await commit(batch)
        }
    }

    private func commit(_ batch: [Waiting]) async {
        let start = ContinuousClock.now
        do {
            let appended = try await append(batch.map(\.event)).get()
            seconds.record(duration: .now - start)
            for (waiting, appended) in zip(batch, appended) {
                end(waiting.completion, appended ? .appended : .outdated)
            }
        } catch {
            for waiting in batch { end(waiting.completion, .unavailable(error)) }
        }
    }

    private func append(_ events: [InboxEvent]) async -> Result<[Bool], StoreError> {
        await withCheckedContinuation { continuation in
            writer.async { [store] in
                continuation.resume(returning: Result { () throws(StoreError) in try store.append(events) })
            }
        }
    }

    private func end(_ completion: @Sendable (Outcome) -> Void, _ outcome: Outcome) {
        counters[outcome.index].increment()
        completion(outcome)
    }
}

extension Inbox.Outcome {
    /// The words for the metric, in the order of `index`.
    fileprivate static let labels = ["appended", "outdated", "full", "unavailable"]

    fileprivate var index: Int {
        switch self {
        case .appended: return 0
        case .outdated: return 1
        case .full: return 2
        case .unavailable: return 3
        }
    }
}
