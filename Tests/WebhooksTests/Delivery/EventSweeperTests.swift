import Installations
import Logging
import SQLiteStore
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
            Settlement(event: $0, installation: 0, change: .delivered, at: .now())
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
}
