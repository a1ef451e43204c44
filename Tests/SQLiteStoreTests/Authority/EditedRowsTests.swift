import GRDB
import Installations
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore
@testable import Store

/// Somebody writes numbers and names into the database file that no program ever put there: nothing traps, and what cannot be
/// read is said.
@Suite struct EditedRowsTests {
    private let fixture: DeliveryFixture
    private var store: Store { fixture.store }
    private var engine: SQLiteStore { fixture.engine }
    private var now: Timestamp { fixture.clock.now }

    init() throws { fixture = try DeliveryFixture() }

    private func execute(_ sql: String) async throws {
        try await engine.pool.write { db in try db.execute(sql: "PRAGMA ignore_check_constraints = ON; \(sql)") }
    }

    @Test(arguments: [Int64.max, .max - 1, .min, 1 << 40])
    func `attempts that somebody wrote are counted on`(attempts: Int64) async throws {
        let stream = try await fixture.install()
        try await execute("UPDATE event SET attempts = \(attempts)")
        #expect(try await store.events(matching: EventFilter(), page: PageRequest()).items.count == 1)
        let head = try #require(try await fixture.head(stream))
        _ = head.attempts + 1
        try await fixture.settleHead(stream, .retry(at: fixture.later(1), .timeout))
        fixture.clock.advance(seconds: 2)
        _ = try await store.endHolds(at: now, limit: 10, schedule: RetrySchedule())
        let (event, lease) = try await fixture.leaseHead(stream)
        let result = try await store.settle([
            Settlement(event: event, change: .delivered, lease: lease, at: now)
        ])
        #expect(result.map(\.isApplied) == [true])
    }

    @Test(
        arguments: ["addon_id", "workspace_id", "addon_key"], ["''", "CAST(x'ff' AS TEXT)", "printf('%.500c', 'x')"])
    func `an installation that has no name is passed over by lists, and found`(
        column: String, value: String
    ) async throws {
        try await fixture.install()
        try await execute("UPDATE installation SET \(column) = \(value)")
        let event = try #require(try await fixture.value("SELECT id FROM event", as: Int64.self))
        #expect(try await store.events(matching: EventFilter(), page: PageRequest()).items.isEmpty)
        #expect(
            try await store.installations(matching: InstallationFilter(scope: .all), page: PageRequest()).items.isEmpty)
        #expect(try await store.forgedRows().named.map(\.item.kind) == ["installation"])
        await #expect(throws: StoreError.self) { _ = try await store.event(EventID(number: event)) }
        _ = await store.findings(at: now)
        _ = try? await store.endHolds(at: now, limit: 10, schedule: RetrySchedule())
    }

    @Test func `a version at the end of all numbers keeps no row from being changed`() async throws {
        try await fixture.install()
        try await execute("UPDATE installation SET version = \(Int64.max)")
        let id = try fixture.platform.id("ws1", "inst-ws1")
        for change in [try fixture.platform.install(id), .statusChanged("INACTIVE"), .deleted] {
            _ = try await store.perform(fixture.platform.call(id, change, at: now))
        }
        #expect(try await store.installation(id)?.status == .deleted)
    }

    @Test(arguments: [Int64.max, .min])
    func `times that somebody wrote are compared with`(time: Int64) async throws {
        let stream = try await fixture.install()
        try await fixture.append("1", "2", "3")
        try await fixture.settleHead(stream, .delivered)
        try await fixture.settleHead(stream, .dead(.timeout))
        let replayed = try await fixture.settleHead(stream, .dead(.timeout))
        _ = try await store.replay(replayed, actor: .system, at: now)
        let (_, secret) = try await store.createAPIKey(
            name: "worker", APIKeyGrant(scopes: [.read], expiresAt: fixture.later(60)), actor: .system, at: now)
        try await execute(
            """
            UPDATE event SET received_at = \(time); UPDATE event SET settled_at = \(time) WHERE settled_at IS NOT NULL;
            UPDATE event SET replayed_at = \(time) WHERE replayed_at IS NOT NULL;
            UPDATE installation SET installed_at = \(time), updated_at = \(time), ended_at = NULL;
            UPDATE storage_key SET created_at = \(time), promoted_at = \(time);
            UPDATE api_key SET created_at = \(time), expires_at = \(time);
            UPDATE clock SET shown = \(time), swept = \(time);
            INSERT INTO clock_step (noticed, newest, event, audit) VALUES (\(time), \(time), \(time), \(time));
            UPDATE event SET attempts = 5;
            INSERT INTO stream_hold (installation, event, until, lease, length)
                VALUES (\(stream), \(replayed.number), \(now.milliseconds - 1), 'lse_x', \(time));
            INSERT INTO settings_to_erase (installation, ended_at) VALUES (\(stream), \(time));
            """)
        _ = await store.findings(at: now)
        _ = try? await store.deliveryFindings(at: now)
        await store.noteClock(at: now)
        _ = try? await store.sample()
        _ = try? await store.apiKeys()
        _ = try? await store.judge(presenting: secret, from: "::1", at: now)
        _ = try? await store.events(matching: EventFilter(), page: PageRequest())
        _ = try? await store.eventDetail(replayed)
        _ = try? await store.installations(matching: InstallationFilter(scope: .all), page: PageRequest())
        _ = try? await store.endHolds(at: now, limit: 10, schedule: RetrySchedule())
        _ = try? await fixture.head(stream)
        _ = try? await store.sweep(at: now, retention: EventRetention(days: 7), limit: 100, isBelieved: true)
        _ = try? await store.storageKeys()
    }

    @Test(
        arguments: [
            "api_key = (SELECT id FROM api_key WHERE name = 'b')", "created_at = created_at - 1",
            "id = '0123456789abcdef'", "digest = zeroblob(32)", "digest = x''", "seen_at = 9223372036854775807",
        ])
    func `a session that somebody changed opens nothing`(change: String) async throws {
        let read = try await store.createAPIKey(name: "a", scopes: [.read], actor: .system, at: now).key
        _ = try await store.createAPIKey(name: "b", scopes: [.admin], actor: .system, at: now)
        let secret = try await store.beginSession(of: read, from: "", at: now).secret
        #expect(try await store.session(presenting: secret, at: now) != nil)
        try await execute("UPDATE session SET \(change)")
        #expect(try await store.session(presenting: secret, at: now) == nil)
    }

    @Test func `a session lasts while its use cannot be noted`() async throws {
        let key = try await store.createAPIKey(name: "a", scopes: [.read], actor: .system, at: now).key
        let secret = try await store.beginSession(of: key, from: "", at: now).secret
        try await execute("CREATE TRIGGER full BEFORE UPDATE ON session BEGIN SELECT RAISE(ABORT, 'full'); END")
        fixture.clock.advance(seconds: 60)
        #expect(try await store.session(presenting: secret, at: now) != nil)
    }
}
