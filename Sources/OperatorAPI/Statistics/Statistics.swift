package import Installations
package import Webhooks

/// How everything stands, read once for all who look: however many do, the store is asked every two seconds at most.
package actor Statistics {
    /// How long what was read is shown, in milliseconds.
    private static let lifetime: Int64 = 2_000

    private let store: any HistoryStore
    private let targets: Targets
    private let pauses: TargetPauses
    private let waiting: @Sendable () -> Int
    private let room: Int
    private let fullness: @Sendable () -> Double
    private let readiness: @Sendable () async -> String?
    private let sample: @Sendable () async -> StoreSample?
    private let isRotating: @Sendable () -> Bool
    private let now: Now

    private var standing = Shared<Standing>()
    private var series: [StatisticsWindow: Shared<StatisticsSeries?>] = [:]

    /// What was read last, and what is being read: nobody begins to read beside another one.
    private struct Shared<Value: Sendable> {
        var last: (value: Value, at: Timestamp)?
        var reading: Task<Value, Never>?
    }

    /// How it stands now.
    package struct Standing: Sendable {
        /// What needs an operator, worst first.
        package let attention: [Attention]
        /// Events that wait.
        package let waiting: Int
        /// What was counted; nil while it cannot be.
        package let sample: StoreSample?
        /// What was read quickly; nil while it cannot be.
        package let recent: RecentFacts?
        /// Whether an event has waited for a minute.
        let hasBacklog: Bool
    }

    /// - Parameters:
    ///   - waiting: Events that wait, known without a query.
    ///   - room: Events that the inbox takes, dead letters included.
    ///   - fullness: How much of the bytes that it takes are taken, 0 to 1.
    ///   - readiness: Nil when ready, else one word why not.
    ///   - sample: What was counted not long ago.
    ///   - isRotating: Whether this process works on the storage keys.
    package init(
        store: any HistoryStore, targets: Targets, pauses: TargetPauses, waiting: @escaping @Sendable () -> Int,
        room: Int, fullness: @escaping @Sendable () -> Double = { 0 },
        readiness: @escaping @Sendable () async -> String?,
        sample: @escaping @Sendable () async -> StoreSample?, isRotating: @escaping @Sendable () -> Bool = { false },
        now: @escaping Now
    ) {
        self.store = store
        self.targets = targets
        self.pauses = pauses
        self.waiting = waiting
        self.room = room
        self.fullness = fullness
        self.readiness = readiness
        self.sample = sample
        self.isRotating = isRotating
        self.now = now
    }

    /// How it stands, as it was read two seconds ago at most.
    package func current() async -> Standing {
        if let last = standing.last, isFresh(last.at) { return last.value }
        if let reading = standing.reading { return await reading.value }
        let task = Task { await read() }
        standing.reading = task
        let value = await task.value
        standing = Shared(last: (value, now()))
        return value
    }

    /// What happened in a window of time; nil while it cannot be read.
    package func series(_ window: StatisticsWindow) async -> StatisticsSeries? {
        let kept = series[window] ?? Shared()
        if let last = kept.last, isFresh(last.at) { return last.value }
        if let reading = kept.reading { return await reading.value }
        let task = Task { [store, now] () -> StatisticsSeries? in
            do {
                let range = window.range(at: now())
                let counts = try await store.history(window.span, in: range, step: window.step)
                return StatisticsSeries(window, from: range.lowerBound, counts)
            } catch {
                return nil
            }
        }
        series[window] = Shared(last: kept.last, reading: task)
        let value = await task.value
        series[window] = Shared(last: (value, now()))
        return value
    }

    /// A clock that was put back makes nothing fresh for long.
    private func isFresh(_ read: Timestamp) -> Bool {
        (0..<Self.lifetime).contains(now().milliseconds - read.milliseconds)
    }

    private func read() async -> Standing {
        var facts = AttentionFacts()
        let at = now()
        // First: while nothing can be written, what comes after it may take long.
        facts.readiness = await readiness()
        do { facts.recent = try await store.recentFacts(at: at) } catch { facts.recent = nil }
        facts.sample = await sample()
        let oldest = facts.recent?.oldestWaiting
        let hasBacklog = oldest.map { at.milliseconds - $0.milliseconds > 60_000 } ?? false
        facts.targets = targets.trouble(pauses, hasBacklog: hasBacklog, at: at)
        (facts.waiting, facts.room, facts.fullness) = (waiting(), room, fullness())
        facts.isRotating = isRotating()
        return Standing(
            attention: Attention.list(facts, at: at), waiting: facts.waiting, sample: facts.sample,
            recent: facts.recent, hasBacklog: hasBacklog)
    }
}
