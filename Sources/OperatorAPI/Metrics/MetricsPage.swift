package import Installations
import Webhooks

/// A gauge as it was measured for one reading of `/metrics`.
package struct GaugeSample: Sendable {
    /// Which gauge.
    package let metric: Metric
    /// Its labels, from closed lists.
    package let labels: [(String, String)]
    /// Its value.
    package let value: Double

    /// A measured gauge.
    package init(_ metric: Metric, _ labels: [(String, String)] = [], _ value: Double) {
        self.metric = metric
        self.labels = labels
        self.value = value
    }
}

/// What `/metrics` answers: the counters of the process and the gauges of the moment.
///
/// Counting in the store costs a fraction of a second for a million installations, so a count is kept for `lifetime` and
/// readers that come meanwhile share it: a scraper in a loop costs the store nothing.
package actor MetricsPage {
    /// How long a count is kept.
    static let lifetime: Int64 = 30_000

    private let registry: PrometheusRegistry
    private let store: any SampledStore
    private let waiting: @Sendable () -> Int
    private let keptBytes: @Sendable () -> Int
    private let isReady: @Sendable () async -> Bool
    private let now: Now
    private var count: (task: Task<StoreSample?, Never>, at: Timestamp)?

    /// A page over one store.
    ///
    /// - Parameters:
    ///   - waiting: Events not settled, known without a query.
    ///   - keptBytes: Bytes of bodies in the store, as well.
    ///   - isReady: What `/readyz` goes by.
    package init(
        registry: PrometheusRegistry, store: any SampledStore, waiting: @escaping @Sendable () -> Int,
        keptBytes: @escaping @Sendable () -> Int, isReady: @escaping @Sendable () async -> Bool, now: @escaping Now
    ) {
        self.registry = registry
        self.store = store
        self.waiting = waiting
        self.keptBytes = keptBytes
        self.isReady = isReady
        self.now = now
    }

    /// The page.
    ///
    /// - Parameter attention: What needs an operator.
    package func text(attention: [Attention] = []) async -> String {
        let sample = await sample()
        var gauges = [
            GaugeSample(.ready, [], await isReady() ? 1 : 0), GaugeSample(.inboxWaiting, [], Double(waiting())),
            GaugeSample(.inboxKeptBytes, [], Double(keptBytes())),
        ]
        let codes = Set(attention.map(\.code))
        gauges += Attention.Code.allCases.map { code in
            GaugeSample(
                .attention, [("code", code.rawValue), ("severity", code.isCritical ? "critical" : "warning")],
                codes.contains(code) ? 1 : 0)
        }
        gauges += ProcessGauges.read()
        if let sample { gauges += Self.gauges(sample, at: now()) }
        return registry.text(with: gauges)
    }

    /// The store's counts; nil while it cannot be counted. Gauges that are missing are seen, old ones are believed.
    package func sample() async -> StoreSample? {
        let at = now()
        if let count, (0..<Self.lifetime).contains(at.milliseconds - count.at.milliseconds) {
            return await count.task.value
        }
        let task = Task { [store] () -> StoreSample? in
            do { return try await store.sample() } catch { return nil }
        }
        count = (task, at)
        return await task.value
    }

    private static func gauges(_ sample: StoreSample, at now: Timestamp) -> [GaugeSample] {
        var gauges = InstallationStatus.allCases.map { status in
            GaugeSample(
                .installations, [("status", status.rawValue)], Double(sample.installations[status] ?? 0))
        }
        gauges += StorageKeyState.allCases.map { state in
            let keys = sample.storageKeys.count { $0.state == state }
            return GaugeSample(.storageKeys, [("state", state.rawValue)], Double(keys))
        }
        let others = sample.storageKeys.filter { $0.state != .primary }.reduce(0) { $0 + $1.installations }
        gauges.append(GaugeSample(.installationsToRewrap, [], Double(others)))
        if let promoted = sample.storageKeys.first(where: { $0.state == .primary })?.promotedAt {
            gauges.append(GaugeSample(.primaryKeyAge, [], age(of: promoted, at: now)))
        }
        gauges.append(GaugeSample(.inboxOldestAge, [], sample.oldestWaiting.map { age(of: $0, at: now) } ?? 0))
        gauges.append(GaugeSample(.deadEvents, [], Double(sample.deadEvents)))
        gauges.append(GaugeSample(.damagedValues, [], Double(sample.damagedValues)))
        if let free = sample.freeBytes { gauges.append(GaugeSample(.storeFreeBytes, [], Double(free))) }
        gauges += sample.bytes.map { GaugeSample(.storeBytes, [("file", $0.key)], Double($0.value)) }
        return gauges
    }

    private static func age(of time: Timestamp, at now: Timestamp) -> Double {
        Double(max(0, now.milliseconds - time.milliseconds)) / 1000
    }
}
