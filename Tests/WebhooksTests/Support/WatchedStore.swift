import Installations
import Marketplace
import SQLiteStore
import Store
import Synchronization

@testable import Webhooks

/// The real store, with a note of what deliveries read from it and what they made durable.
final class WatchedStore: DeliveryStore {
    private struct Notes {
        var looks: [[StreamHead]] = []
        var settled: Set<String> = []
    }

    private let store: Store
    private let notes = Mutex(Notes())

    init(_ store: Store) { self.store = store }

    /// What each look brought to memory.
    var looks: [[StreamHead]] { notes.withLock { $0.looks } }
    /// Whether a settlement of this event has been committed.
    func isSettled(_ event: String) -> Bool { notes.withLock { $0.settled.contains(event) } }

    func heads(of installations: [InstallationNumber], bytes: Int) async throws(StoreError) -> [StreamHead] {
        let heads = try await store.heads(of: installations, bytes: bytes)
        notes.withLock { $0.looks.append(heads) }
        return heads
    }

    func takeHeads(of installations: [InstallationNumber], bytes: Int) async throws(StoreError) -> [StreamHead] {
        let heads = try await store.takeHeads(of: installations, bytes: bytes)
        notes.withLock { $0.looks.append(heads) }
        return heads
    }

    func settle(_ settlements: [Settlement]) async throws(StoreError) -> [SettlementResult] {
        let results = try await store.settle(settlements)
        notes.withLock { $0.settled.formUnion(settlements.map(\.event.text)) }
        return results
    }

    // MARK: Not watched

    var arrivals: Arrivals { store.arrivals }
    var called: Arrivals { store.called }
    func isHeard(since moment: ContinuousClock.Instant) -> Bool { store.isHeard(since: moment) }

    func call(_ streams: [InstallationNumber]) { store.call(streams) }

    func ready(_ installations: [InstallationNumber]) async throws(StoreError) -> [EventStream] {
        try await store.ready(installations)
    }

    func readyStreams(
        after: Int64, limit: Int
    ) async throws(StoreError) -> (streams: [EventStream], last: Int64?) {
        try await store.readyStreams(after: after, limit: limit)
    }

    func endHolds(at now: Timestamp, limit: Int, schedule: RetrySchedule) async throws(StoreError) -> EndedHolds {
        try await store.endHolds(at: now, limit: limit, schedule: schedule)
    }

    func lease(
        _ events: [WaitingEvent], as lease: LeaseID, from: Timestamp, until: Timestamp
    ) async throws(StoreError) -> [WaitingEvent] {
        try await store.lease(events, as: lease, from: from, until: until)
    }

    func replay(_ id: EventID, actor: Actor, at: Timestamp) async throws(StoreError) -> ReplayAnswer {
        try await store.replay(id, actor: actor, at: at)
    }

    func replayDead(
        _ filter: DeadFilter, after: EventID?, limit: Int, actor: Actor, at: Timestamp
    ) async throws(StoreError) -> ReplayBatch {
        try await store.replayDead(filter, after: after, limit: limit, actor: actor, at: at)
    }

    func sweep(
        at now: Timestamp, retention: EventRetention, limit: Int, isBelieved: Bool
    ) async throws(StoreError) -> SweepResult {
        try await store.sweep(at: now, retention: retention, limit: limit, isBelieved: isBelieved)
    }

    func attempts(of id: EventID) async throws(StoreError) -> [Attempt]? { try await store.attempts(of: id) }

    func eventDetail(_ id: EventID) async throws(StoreError) -> EventDetail? { try await store.eventDetail(id) }
}
