import Foundation
import GRDB
import Installations
import Sealing
import ServiceLifecycleTestKit
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore
@testable import Store

@Suite struct SettingsToEraseTests {
    private let fixture: DeliveryFixture
    private var store: Store { fixture.store }
    private var engine: SQLiteStore { fixture.engine }

    init() throws { fixture = try DeliveryFixture() }

    /// Everything else is kept for longer than any test lasts.
    private let retention = EventRetention(days: 100)
    private let settings = Array(#"{"settings":[{"id":"key","value":"hidden"}]}"#.utf8)

    /// A SETTINGS_UPDATED. Returns its event, which waits.
    private func updateSettings(_ workspace: String = "ws1") async throws -> EventID {
        let id = try fixture.platform.id(workspace, "inst-" + workspace)
        _ = try await store.perform(
            LifecycleCall(
                id: id, change: .settingsUpdated(SecretBytes(settings)), payload: settings,
                receivedAt: fixture.clock.now, actor: .platform, token: nil))
        let newest = try await store.events(matching: EventFilter(), page: PageRequest(limit: 1)).items.first
        return try #require(newest).id
    }

    private func reopen() throws -> Store {
        Store(
            over: try SQLiteStore(
                path: fixture.test.file, lock: try ProcessLock(path: fixture.test.directory.path + "/lock2"),
                keyring: try Keyring(directory: KeyDirectory(path: fixture.test.directory.path + "/keys"))))
    }

    /// Writes the store back in time.
    private func forgetTable() throws {
        let queue = try DatabaseQueue(path: fixture.test.file)
        try queue.write { db in
            try db.execute(
                sql: """
                    DROP TABLE settings_to_erase;
                    DELETE FROM grdb_migrations WHERE identifier = 'v014_settings_to_erase'
                    """)
        }
        try queue.close()
    }

    @Test func `what is erased is not in the log any more`() async throws {
        let stream = try await fixture.install()
        try await fixture.settleHead(stream, .delivered)
        let event = try await updateSettings()
        try await fixture.settleHead(stream, .dead(.status(400)))
        try await fixture.uninstall()
        try store.close()
        // Opened anew, nobody has asked for an empty log.
        let store = try reopen()
        fixture.clock.advance(seconds: 8 * 86_400)
        _ = try await store.sweep(at: fixture.clock.now, retention: retention, limit: 100)
        try await testGracefulShutdown { trigger in
            trigger.triggerGracefulShutdown()
            try await store.sqlite.logTruncator.run()
        }
        let log = try #require(FileManager.default.contents(atPath: fixture.test.file + "-wal"))
        #expect(log.isEmpty)
        #expect(try await store.eventBody(event, actor: .system, at: fixture.clock.now) == nil)
    }

    @Test func `a store of the version before knows whose settings are due`() async throws {
        let (stream, _) = (try await fixture.install("ws1"), try await fixture.install("ws2"))
        let dead = try await updateSettings("ws1")
        try await fixture.settleHead(stream, .delivered)
        try await fixture.settleHead(stream, .dead(.status(400)))
        let waiting = try await updateSettings("ws1")
        let other = try await updateSettings("ws2")
        try await fixture.uninstall("ws1")
        try store.close()
        try forgetTable()
        let store = try reopen()
        fixture.clock.advance(seconds: 8 * 86_400)
        _ = try await store.sweep(at: fixture.clock.now, retention: retention, limit: 100)
        for (event, isKept) in [(dead, false), (waiting, false), (other, true)] {
            let body = try await store.eventBody(event, actor: .system, at: fixture.clock.now)
            #expect((body != nil) == isKept)
        }
    }
}
