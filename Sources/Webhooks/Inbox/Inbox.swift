import Dispatch
import Installations
package import Metrics
import Sealing
import ServiceLifecycle
import Synchronization

/// Takes authenticated events into the store by group commit. Commits block a thread of their own: handing each batch from task
/// to task costs more than its SQL.
package final class Inbox: Service, CustomStringConvertible {
    /// Bounds of what waits in memory and in the store.
    package struct Limits: Sendable {
        /// Events kept in the store, `inbox.maxEvents`.
        package var storedEvents: Int
        /// Bytes of their sealed bodies, `inbox.maxBytes`.
        package var storedBytes = 8 << 30
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
        let queue: any CompletionQueue
        let completion: @Sendable (IntakeOutcome) -> Void
    }

    private enum Phase {
        /// Not yet serving: what arrives waits.
        case early
        case serving
        /// Shutting down: nothing more is taken.
        case closed(whenEmpty: CheckedContinuation<Void, Never>?)
    }

    private struct Queue {
        var waiting: GroupCommit<Waiting>
        /// Bytes of the sealed bodies that wait.
        var waitingBytes = 0
        /// What waits or is being committed: the store does not count it yet.
        var underway = KeptEvents()
        /// The same by installation. As many entries as there are installations underway.
        var underwayOf: [InstallationNumber: KeptEvents] = [:]
        var phase = Phase.early
        /// Whether the writer is at work and will look again.
        var isCommitting = false
    }

    /// How often what another process overtook is sealed again.
    private static let tries = 16

    private let store: any EventStore
    private let limits: Limits
    private let queue: Mutex<Queue>
    private let writer = DispatchQueue(label: "inbox")
    private let seconds: Metrics.Timer
    private let counters: [Counter]

    /// An inbox over `store`.
    package init(store: any EventStore, limits: Limits, metrics: any MetricsFactory = MetricsSystem.factory) {
        self.store = store
        self.limits = limits
        // What may wait is bounded below, by shares.
        queue = Mutex(Queue(waiting: GroupCommit(batch: limits.batch, limit: .max)))
        seconds = Metrics.Timer(label: Metric.inboxCommitSeconds.rawValue, factory: metrics)
        counters = IntakeOutcome.labels.map { label in
            Counter(label: Metric.inboxEvents.rawValue, dimensions: [("outcome", label)], factory: metrics)
        }
    }

    package var description: String { "inbox" }

    /// Queues an event. `completion` is called once: at once when there is no room, else on `completions` after the commit.
    func append(
        _ event: InboxEvent, on completions: any CompletionQueue,
        completion: @escaping @Sendable (IntakeOutcome) -> Void
    ) {
        let size = event.size
        // One lock for judging and queueing: what others queue meanwhile cannot take the same place twice.
        let bound = queue.withLock { queue -> InboxBound? in
            if let bound = boundMet(by: size, of: event.installation, queue) { return bound }
            _ = queue.waiting.add(Waiting(event: event, queue: completions, completion: completion))
            queue.waitingBytes += size.bytes
            queue.underway += size
            queue.underwayOf[event.installation, default: KeptEvents()] += size
            wake(&queue)
            return nil
        }
        if let bound { end(completion, .full(bound)) }
    }

    /// What keeps more of an installation out.
    private func boundMet(by more: KeptEvents, of installation: InstallationNumber, _ queue: Queue) -> InboxBound? {
        if case .closed = queue.phase { return .stopping }
        guard store.hasSpace else { return .disk }
        // Of the queue an installation has what is being committed as well, for the moment that takes.
        var underway: KeptEvents { queue.underwayOf[installation] ?? KeptEvents() }
        switch SharedBound(limit: limits.queuedEvents).judge(1, beside: queue.waiting.depth, own: underway.events) {
        case .fits: break
        case .full: return .queue
        case .overShare: return .queueShare
        }
        switch SharedBound(limit: limits.queuedBytes).judge(more.bytes, beside: queue.waitingBytes, own: underway.bytes)
        {
        case .fits: break
        case .full: return .queue
        case .overShare: return .queueShare
        }
        let kept = store.kept + queue.underway
        var own: KeptEvents { store.kept(of: installation) + underway }
        switch SharedBound(limit: limits.storedEvents).judge(1, beside: kept.events, own: own.events) {
        case .fits: break
        case .full: return .events
        case .overShare: return .share
        }
        switch SharedBound(limit: limits.storedBytes).judge(more.bytes, beside: kept.bytes, own: own.bytes) {
        case .fits: return nil
        case .full: return .bytes
        case .overShare: return .share
        }
    }

    /// Events waiting for their commit, for a gauge.
    package var depth: Int { queue.withLock { $0.waiting.depth } }

    /// Commits until shut down, then commits what was accepted before and ends.
    package func run() async throws {
        queue.withLock { queue in
            queue.phase = .serving
            wake(&queue)
        }
        try? await gracefulShutdown()  // Throws when it is cancelled: the end as well.
        await withCheckedContinuation { continuation in
            queue.withLock { queue in
                queue.phase = .closed(whenEmpty: continuation)
                // Also when nothing waits: the writer finds that and resumes.
                if !queue.isCommitting { start(&queue) }
            }
        }
    }

    // MARK: The writer

    private func wake(_ queue: inout Queue) {
        guard case .serving = queue.phase, !queue.isCommitting, queue.waiting.depth > 0 else { return }
        start(&queue)
    }

    private func start(_ queue: inout Queue) {
        queue.isCommitting = true
        writer.async { [self] in
            while let batch = next() { commit(batch) }
        }
    }

    /// The next batch; nil when there is none, and then the writer is at rest until it is started again.
    private func next() -> [Waiting]? {
        queue.withLock { queue in
            guard queue.waiting.depth > 0 else {
                queue.isCommitting = false
                if case .closed(let continuation?) = queue.phase {
                    queue.phase = .closed(whenEmpty: nil)
                    continuation.resume()
                }
                return nil
            }
            let (batch, hasMore) = queue.waiting.next()
            queue.waitingBytes = hasMore ? queue.waitingBytes - batch.reduce(0) { $0 + $1.event.size.bytes } : 0
            return batch
        }
    }

    private func commit(_ batch: [Waiting]) {
        let start = ContinuousClock.now
        // What was queued when there was room must not take what is reserved either.
        guard store.hasSpace else {
            endUnderway(batch)
            return tell(batch, batch.map { _ in .full(.disk) })
        }
        do {
            let (outcomes, reason) = try append(batch.map(\.event))
            seconds.record(duration: .now - start)
            endUnderway(batch)
            tell(batch, outcomes.map { IntakeOutcome($0, reason) })
        } catch {
            endUnderway(batch)
            tell(batch, batch.map { _ in .unavailable(error) })
        }
    }

    /// Appends events, and those that another process overtook once more under higher ids: mostly none.
    ///
    /// - Returns: What became of each, and why those that are overtaken still are.
    private func append(_ events: [InboxEvent]) throws(StoreError) -> ([AppendOutcome], StoreError) {
        var outcomes = try store.append(events)
        for _ in 0..<Self.tries where outcomes.contains(.overtaken) {
            var again: [(place: Int, event: InboxEvent)] = []
            for place in outcomes.indices where outcomes[place] == .overtaken {
                guard let event = events[place].sealedAgain?() else {
                    outcomes[place] = .outdated
                    continue
                }
                again.append((place, event))
            }
            do throws(StoreError) {
                for (one, outcome) in zip(again, try store.append(again.map(\.event))) { outcomes[one.place] = outcome }
            } catch {
                // The others are committed.
                return (outcomes, error)
            }
        }
        return (outcomes, .unavailable(.busy, code: "overtaken"))
    }

    /// A batch is the store's to count now, or nobody's. Before anybody is told: who is told may come with the next event.
    private func endUnderway(_ batch: [Waiting]) {
        queue.withLock { queue in
            for waiting in batch {
                let (installation, size) = (waiting.event.installation, waiting.event.size)
                let left = (queue.underwayOf[installation] ?? KeptEvents()) - size
                queue.underway -= size
                queue.underwayOf[installation] = left.events > 0 ? left : nil
            }
        }
    }

    /// Tells each its outcome, all those of one thread together.
    private func tell(_ batch: [Waiting], _ outcomes: [IntakeOutcome]) {
        for group in Dictionary(grouping: batch.indices, by: { batch[$0].queue.identity }).values {
            batch[group[0]].queue.enqueue { [self] in
                for index in group { end(batch[index].completion, outcomes[index]) }
            }
        }
    }

    private func end(_ completion: @Sendable (IntakeOutcome) -> Void, _ outcome: IntakeOutcome) {
        counters[outcome.index].increment()
        completion(outcome)
    }
}

extension IntakeOutcome {
    /// The words for the metric, in the order of `index`.
    fileprivate static let labels =
        ["appended", "outdated", "unavailable", "withdrawn"] + InboxBound.allCases.map(\.rawValue)

    fileprivate var index: Int {
        switch self {
        case .committed: return 0
        case .outdated: return 1
        case .unavailable(.withdrawn): return 3
        case .unavailable: return 2
        case .full(let bound): return Self.indices[bound] ?? 2
        }
    }

    private static let indices = Dictionary(
        uniqueKeysWithValues: InboxBound.allCases.enumerated().map { ($1, $0 + 4) })

    /// - Parameter reason: Why what is overtaken still is.
    fileprivate init(_ outcome: AppendOutcome, _ reason: StoreError) {
        switch outcome {
        case .overtaken: self = .unavailable(reason)
        case .appended: self = .committed
        case .outdated: self = .outdated(.refused(.unknownInstallation))
        case .withdrawn: self = .unavailable(.withdrawn)
        }
    }
}

extension InboxEvent {
    /// What it takes of a bound.
    fileprivate var size: KeptEvents { KeptEvents(events: 1, bytes: body.bytes.count) }
}
