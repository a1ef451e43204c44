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
    private let readiness: @Sendable () async -> String?
    private let sample: @Sendable () async -> StoreSample?
    private let isRotating: @Sendable () -> Bool
    private let now: Now

    private var standing: Kept<Standing>?
    private var series: [StatisticsWindow: Kept<StatisticsSeries?>] = [:]

    private struct Kept<Value: Sendable> {
        let task: Task<Value, Never>
        let at: Timestamp
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
    }

    /// - Parameters:
    ///   - waiting: Events that wait, known without a query.
    ///   - room: Events that the inbox takes, dead letters included.
    ///   - readiness: Nil when ready, else one word why not.
    ///   - sample: What was counted not long ago.
    ///   - isRotating: Whether this process works on the storage keys.
    package init(
        store: any HistoryStore, targets: Targets, pauses: TargetPauses, waiting: @escaping @Sendable () -> Int,
        room: Int, readiness: @escaping @Sendable () async -> String?,
        sample: @escaping @Sendable () async -> StoreSample?, isRotating: @escaping @Sendable () -> Bool = { false },
        now: @escaping Now
    ) {
        self.store = store
        self.targets = targets
        self.pauses = pauses
        self.waiting = waiting
        self.room = room
        self.readiness = readiness
        self.sample = sample
        self.isRotating = isRotating
        self.now = now
    }

    /// How it stands, as it was read two seconds ago at most.
    package func current() async -> Standing {
        let at = now()
        if let standing, isFresh(standing.at, at) { return await standing.task.value }
        let task = Task { [self] in await read(at) }
        standing = Kept(task: task, at: at)
        return await task.value
    }

    /// What happened in a window of time; nil while it cannot be read.
    package func series(_ window: StatisticsWindow) async -> StatisticsSeries? {
        let at = now()
        if let kept = series[window], isFresh(kept.at, at) { return await kept.task.value }
        let task = Task { [store] () -> StatisticsSeries? in
            do {
                let range = window.range(at: at)
                let counts = try await store.history(window.span, in: range, step: window.step)
                return StatisticsSeries(window, from: range.lowerBound, counts)
            } catch {
                return nil
            }
        }
        series[window] = Kept(task: task, at: at)
        return await task.value
    }

    /// A clock that was put back makes nothing fresh for long.
    private func isFresh(_ read: Timestamp, _ now: Timestamp) -> Bool {
        (0..<Self.lifetime).contains(now.milliseconds - read.milliseconds)
    }

    private func read(_ at: Timestamp) async -> Standing {
        var facts = AttentionFacts()
        do { facts.recent = try await store.recentFacts(at: at) } catch { facts.recent = nil }
        facts.sample = await sample()
        facts.readiness = await readiness()
        facts.targets = targets.trouble(pauses, at: at)
        facts.waiting = waiting()
        facts.room = room
        facts.isRotating = isRotating()
        return Standing(
            attention: Attention.list(facts, at: at), waiting: facts.waiting, sample: facts.sample,
            recent: facts.recent)
    }
}
