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

    @discardableResult
    private func sweep(afterDays days: Int64 = 0, limit: Int = 100) async throws -> SweepResult {
        fixture.clock.advance(seconds: days * 86_400)
        return try await store.sweep(at: fixture.clock.now, retention: retention, limit: limit, isBelieved: true)
    }

    private func body(_ event: EventID) async throws -> [UInt8]? {
        try await store.eventBody(event, actor: .system, at: fixture.clock.now)
    }

    /// Where an event may stand that nobody took.
    enum Place: CaseIterable { case waiting, held, leased, dead, replayed }

    private func put(_ stream: InstallationNumber, in place: Place) async throws {
        switch place {
        case .waiting: break
        case .held: try await fixture.settleHead(stream, .retry(at: fixture.later(80_000), .timeout))
        case .leased: _ = try await fixture.leaseHead(stream, seconds: 3600)
        case .dead: try await fixture.settleHead(stream, .dead(.status(400)))
        case .replayed:
            let event = try await fixture.settleHead(stream, .dead(.status(400)))
            #expect(try await store.replay(event, actor: .system, at: fixture.clock.now) == .replayed)
        }
    }

    @Test(arguments: Place.allCases)
    func `seven days after the end settings that nobody took are gone, and all else is told`(
        _ place: Place
    )
        async throws
    {
        let stream = try await fixture.install()
        try await fixture.settleHead(stream, .delivered)
        let event = try await updateSettings()
        try await fixture.append("1")
        try await fixture.uninstall()
        try await sweep(afterDays: 7)
        // However it stands then: on its way for the last time, or replayed by somebody.
        try await put(stream, in: place)
        #expect(try await body(event) == settings)

        fixture.clock.advance(seconds: 1)
        try await sweep()
        #expect(try await body(event) == nil)
        #expect(try await fixture.state(event) == .dead)
        let detail = try #require(try await store.eventDetail(event))
        #expect(detail.lastFailure?.contains(place == .dead ? "HTTP 400" : "settings are erased") == true)
        #expect(try await fixture.head(stream)?.body == Array("1".utf8))
        try await fixture.settleHead(stream, .delivered)
        #expect(try await fixture.head(stream)?.type == "addon.deleted")
        try await fixture.settleHead(stream, .delivered)
        #expect(store.kept.bytes == 0 && store.kept.events == 1 && store.waitingEvents == 0)
    }

    @Test func `what is erased is not replayed, and is no body that does not open`() async throws {
        let stream = try await fixture.install()
        let event = try await updateSettings()
        try await fixture.uninstall()
        try await sweep(afterDays: 8)
        #expect(try await store.replay(event, actor: .system, at: fixture.clock.now) == .erased)
        let batch = try await store.replayDead(
            DeadFilter(), after: nil, limit: 10, actor: .system, at: fixture.clock.now)
        #expect(batch.replayed == 0 && batch.closed == 1)
        #expect(try await fixture.state(event) == .dead)
        let damaged = await store.findings(at: fixture.clock.now).filter { $0.name == "sealed values" }
        #expect(damaged.map(\.status) == [.ok])
        // It goes as every dead letter does, and the key with it.
        for _ in 1...2 { try await fixture.settleHead(stream, .delivered) }
        try await sweep(afterDays: 100)
        fixture.clock.advance(seconds: 1)
        #expect(try await sweep().destroyedKeys == 1)
        #expect(try await fixture.state(event) == nil)
    }

    @Test func `settings of an installation that lives stay, and those of one that was replaced go`() async throws {
        let (old, live) = (try await fixture.install("ws1"), try await fixture.install("ws2"))
        let events = [try await updateSettings("ws1"), try await updateSettings("ws2")]
        let successor = try fixture.platform.id("ws1", "successor")
        _ = try await store.perform(
            fixture.platform.call(successor, try fixture.platform.install(successor), at: fixture.clock.now))
        try await sweep(afterDays: 8)
        #expect(try await body(events[0]) == nil)
        #expect(try await body(events[1]) == settings)
        try await fixture.settleHead(old, .delivered)
        #expect(try await fixture.head(old)?.type == "addon.superseded")
        #expect(try await fixture.head(live)?.type == "addon.installed")
    }

    @Test func `a step is bounded, says that there is more, and goes on where it was`() async throws {
        _ = try await fixture.install()
        var events: [EventID] = []
        for _ in 1...5 {
            events.append(try await updateSettings())
            try await fixture.append("1")
        }
        try await fixture.uninstall()
        fixture.clock.advance(seconds: 8 * 86_400)
        var left: [Int] = []
        repeat {
            let hasMore = try await sweep(limit: 3).hasMore
            var bodies = 0
            for event in events where try await body(event) != nil { bodies += 1 }
            left.append(bodies)
            guard hasMore else { break }
        } while left.count < 100
        #expect(left == [4, 2, 1, 0, 0])
        #expect(try await fixture.value("SELECT count(*) FROM settings_to_erase", as: Int.self) == 0)
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
