import Installations
import Logging
import SQLiteStore
import Store
import Synchronization
import TestSupport
import Testing

@testable import Webhooks

@Suite struct EventSweeperTests {
    @Test func `one round clears away all that was kept long enough, however many steps it takes`() async throws {
        let delivery = try TestDelivery()
        let store = delivery.test.store
        let id = try await delivery.install("ws1")
        let install = try #require(
            try await store.events(matching: EventFilter(), page: PageRequest()).items.first)
        let events = [install.id] + (try await delivery.append((1...1100).map { "\($0)" }, to: id))
        let waiting = try await delivery.append(["nobody takes it"], to: id)
        let settlements = events.map {
            Settlement(event: $0, change: .delivered, at: .now())
        }
        _ = try await store.settle(settlements)
        try await delivery.uninstall(id)

        func sweep(afterDays days: Int64) async {
            let moment = Timestamp(milliseconds: Timestamp.now().milliseconds + days * 86_400_000)
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let retention = EventRetention(days: 7)
            await EventSweeper(store: store, retention: retention, logger: logger, now: { moment }).sweep()
        }
        func states() async throws -> [EventState] {
            try await store.events(matching: EventFilter(), page: PageRequest()).items.map(\.state)
        }
        await sweep(afterDays: 6)
        for event in [events.first, events.last] {
            #expect(try await store.event(try #require(event))?.state == .delivered)
        }
        await sweep(afterDays: 8)
        #expect(try await states() == [.dead, .dead])
        #expect(try await store.eventDetail(waiting[0])?.lastFailure == DeliveryFailure.expired.text)
        #expect(try await store.installation(id)?.storageKey != nil, "dead letters can be replayed")
        await sweep(afterDays: 16)
        #expect(try await states() == [])
        #expect(try await store.installation(id)?.storageKey == nil)
    }

    @Test func `a clock that leapt weeks ahead is believed when it has stood there for an hour`() async throws {
        let delivery = try TestDelivery()
        let store = delivery.test.store
        _ = try await delivery.install("ws1")
        let event = try #require(try await store.events(matching: EventFilter(), page: PageRequest()).items.first)
        _ = try await store.settle([
            Settlement(event: event.id, change: .dead(.timeout), at: .now())
        ])
        let start = ContinuousClock.now
        let ahead = Mutex<Int64>(0)
        let uptime = Mutex(Duration.zero)
        let sweeper = EventSweeper(
            store: store, retention: EventRetention(days: 7),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { Timestamp(milliseconds: Timestamp.now().milliseconds + ahead.withLock { $0 }) },
            uptime: { start + uptime.withLock { $0 } })
        await sweeper.sweep()
        ahead.withLock { $0 = 400 * 86_400_000 }
        for minutes in [0, 59] {
            uptime.withLock { $0 = .seconds(minutes * 60) }
            await sweeper.sweep()
            #expect(try await store.event(event.id)?.state == .dead)
        }
        uptime.withLock { $0 = .seconds(3600) }
        await sweeper.sweep()
        #expect(try await store.event(event.id) == nil)
    }
}
