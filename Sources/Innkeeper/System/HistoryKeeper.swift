import Installations
import Logging
import OperatorAPI
import ServiceLifecycle
import Webhooks

/// Writes down every few seconds what the process has counted since, so that a restart forgets nothing of it. It reads the counters
/// of `/metrics`: nothing is counted for it on the way of a webhook, and while nothing happens nothing is written.
struct HistoryKeeper: Service, CustomStringConvertible {
    private static let interval = Duration.seconds(2)

    private let store: any HistoryStore
    private let registry: PrometheusRegistry
    private let refused: RefusedTokens
    private let logger: Logger
    private let now: Now

    init(
        store: any HistoryStore, registry: PrometheusRegistry, refused: RefusedTokens, logger: Logger,
        now: @escaping Now
    ) {
        self.store = store
        self.registry = registry
        self.refused = refused
        self.logger = logger
        self.now = now
    }

    var description: String { "history keeper" }

    /// Writes until shut down, and what is left then: it outlives everybody who counts.
    func run() async throws {
        var written = counts()
        var isFailing = !(await add([.started: 1], []))
        while await Rest.take(Self.interval) { isFailing = await write(since: &written, wasFailing: isFailing) }
        _ = await write(since: &written, wasFailing: isFailing)
    }

    /// Returns whether it failed. What could not be written is written with what comes after it.
    private func write(since written: inout [HistorySeries: Int64], wasFailing: Bool) async -> Bool {
        let (counts, calls) = (counts(), refused.take())
        let more = counts.map { ($0.key, $0.value - (written[$0.key] ?? 0)) }.filter { $0.1 > 0 }
        guard await add(Dictionary(more, uniquingKeysWith: +), calls) else {
            refused.giveBack(calls)
            if !wasFailing { logger.warning("what was counted cannot be kept; see: innkeeper doctor") }
            return true
        }
        written = counts
        return false
    }

    private func add(_ counts: [HistorySeries: Int64], _ calls: [RefusedCalls]) async -> Bool {
        do throws(StoreError) {
            try await store.addHistory(counts, calls, at: now())
            return true
        } catch {
            return false
        }
    }

    /// All that was counted since the process began.
    private func counts() -> [HistorySeries: Int64] {
        var counts: [HistorySeries: Int64] = [:]
        for (labels, count) in registry.counts(of: .inboxEvents) where labels["outcome"] == "appended" {
            counts[.accepted, default: 0] += count
        }
        for (labels, count) in registry.counts(of: .deliveries) {
            switch labels["outcome"] {
            case "delivered": counts[.delivered, default: 0] += count
            case "retried": counts[.retried, default: 0] += count
            case "dead": counts[.dead, default: 0] += count
            default: break
            }
        }
        for (labels, count) in registry.counts(of: .ingressRefusals) {
            guard ["webhook", "lifecycle"].contains(labels["route"]), let reason = labels["reason"] else { continue }
            counts[.refused(reason), default: 0] += count
        }
        for (labels, count) in registry.counts(of: .operatorRequests) {
            guard let route = labels["route"], labels["status"]?.first == "2" || labels["status"] == "303" else {
                continue
            }
            if route.hasSuffix("/keys/rotate") { counts[.rotated, default: 0] += count }
            if route.hasSuffix("/pause") { counts[.paused, default: 0] += count }
        }
        return counts
    }
}
