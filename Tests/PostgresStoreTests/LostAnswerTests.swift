import Foundation
import Installations
import PostgresSupport
import Store
import Synchronization
import TestSupport
import Testing
import Webhooks

@testable import PostgresStore

/// Connections that end at the worst moment.
@Suite(.enabled(if: TestDatabase.isAvailable), .timeLimit(.minutes(2))) struct LostAnswerTests {
    /// How often a line is cut; the long form is `scripts/prove/commit-cuts`.
    private static let rounds = ProcessInfo.processInfo.environment["INNKEEPER_KILL_ROUNDS"].flatMap { Int($0) } ?? 5

    @Test func `an INSTALLED whose answer to COMMIT is lost is there once`() async throws {
        let proxy = Held<CuttingProxy>()
        let test = try PostgresUnderTest { try proxy.hold(CuttingProxy(to: $0)).address }
        try await test.install("ws1")
        proxy.value?.cutAtCommit(1)
        try await test.install("ws2")
        #expect(
            try await test.store.installations(matching: InstallationFilter(), page: PageRequest()).items.count == 2)
        #expect(try await test.store.auditRecords(since: nil, of: nil, page: PageRequest()).items.count == 3)
    }

    @Test func `webhooks whose answer to COMMIT is lost are appended once, and told so`() async throws {
        let proxy = Held<CuttingProxy>()
        let test = try PostgresUnderTest { try proxy.hold(CuttingProxy(to: $0)).address }
        try await test.install("ws1")
        var events: [InboxEvent] = []
        for _ in 1...5 { events.append(try await test.event(for: "ws1")) }
        proxy.value?.cutAtCommit(1)
        #expect(try await test.append(events) == Array(repeating: .appended, count: 5))
        #expect(try await test.store.events(matching: EventFilter(), page: PageRequest()).items.count == 6)
        #expect(test.store.kept.events == 6)
    }

    @Test func `lines that are cut before a COMMIT or behind it lose nothing and double nothing`() async throws {
        let proxy = Held<CuttingProxy>()
        let test = try PostgresUnderTest { try proxy.hold(CuttingProxy(to: $0)).address }
        let proxyOfAll = try #require(proxy.value)
        func cut(_ call: () async throws -> Void) async throws {
            // The request that decides, the one that commits or that connects again, or the answer to a COMMIT.
            switch Int.random(in: 0..<4) {
            case 0: proxyOfAll.cutAtCommit(1)
            case let request: proxyOfAll.cutWithinRequest(request)
            }
            defer { proxyOfAll.spare() }
            while true {
                do {
                    return try await call()
                } catch StoreError.unavailable {
                    // It could not connect again, and says that nothing was committed.
                    proxyOfAll.spare()
                    await Task.yield()
                }
            }
        }
        for round in 1...Self.rounds {
            try await cut { try await test.install("ws\(round)") }
            var events: [InboxEvent] = []
            for _ in 1...5 { events.append(try await test.event(for: "ws\(round)")) }
            try await cut {
                let outcomes = try await test.append(events)
                #expect(outcomes == Array(repeating: .appended, count: 5))
            }
        }
        var link = try test.database.address.connect()
        for (table, count) in [("installation", Self.rounds), ("event", 6 * Self.rounds)] {
            let rows = try link.rows(Query("SELECT count(*) FROM innkeeper.\(table)"))
            #expect(rows.first?.int(0) == Int64(count), "\(table)")
        }
        #expect(test.store.kept.events == 6 * Self.rounds)
        guard case .intact(let records, _) = try await test.store.verifyAudit(against: nil) else {
            Issue.record("one chain without a gap")
            return
        }
        #expect(records == Self.rounds + 1)
    }

    @Test func `a mark tells what became of a transaction, and keeps one that was undone from ever being committed`()
        async throws
    {
        let test = try PostgresUnderTest()
        let (kept, undone) = (CommitMark.random(), CommitMark.random())
        var link = try test.database.address.connect()
        _ = try link.exchange([kept.insertion], within: 5)
        for _ in 1...2 {
            // Asked again, as the answer to the question may be lost like that to the COMMIT.
            #expect(try test.engine.isCommitted(kept))
            #expect(try !test.engine.isCommitted(undone))
        }
        #expect(throws: LinkFailure.self) { try link.exchange([undone.insertion], within: 5) }
    }

    @Test func `a wait for a standby that was cancelled is no commit, for nobody knows how long it lasts`() async throws
    {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        // A warning beside the answer is how the server tells of it.
        let warning = try AtCommit("RAISE WARNING 'not replicated';", in: test.database)
        defer { withExtendedLifetime(warning) {} }
        await #expect(throws: StoreError.self) { try await test.install("ws2") }
    }

    @Test func `a server that was started anew is found again by whoever asks next`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        try test.database.cutConnections()
        #expect(
            try await test.store.installations(matching: InstallationFilter(), page: PageRequest()).items.count == 1)
        try await test.install("ws2")
        try test.database.cutConnections()
        #expect(try await test.append([test.event(for: "ws2")]) == [.appended])
        await test.engine.lookAgain()
        #expect(await test.engine.condition() == nil)
    }

    @Test func `whoever has the deployment alone keeps all others out`() async throws {
        let test = try PostgresUnderTest()
        let (address, keyring) = (try test.database.address, try test.keyring())
        try test.store.close()
        var link = try address.connect()
        _ = try link.rows(Query("SELECT pg_advisory_lock(6, 0)"))
        #expect(throws: PostgresOpenError.self) { _ = try PostgresStore(at: address, keyring: keyring) }
    }

    @Test func `a program that is there keeps out who would have the deployment alone`() async throws {
        let test = try PostgresUnderTest()
        var link = try test.database.address.connect()
        #expect(try link.rows(Query("SELECT pg_try_advisory_lock(6, 0)")).first?.bool(0) == false)
        try test.store.close()
        // The server lets it go when it has seen the end of the connection.
        _ = try link.rows(Query("SELECT pg_advisory_lock(6, 0)"))
    }

    @Test func `a program that has lost its place to one who has it alone writes nothing any more`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        test.engine.presence.release()
        var link = try test.database.address.connect()
        _ = try link.rows(Query("SELECT pg_advisory_lock(6, 0)"))
        await test.engine.lookAgain()
        #expect(await test.engine.condition() == .gone)
        await #expect(throws: StoreError.self) { try await test.install("ws2") }
    }

    @Test func `marks that nobody can ask for any more are removed`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        try test.database.execute("UPDATE innkeeper.commit_mark SET at = at - 700000")
        try await test.install("ws2")
        await test.engine.lookAgain()
        var link = try test.database.address.connect()
        #expect(try link.rows(Query("SELECT count(*) FROM innkeeper.commit_mark")).first?.int(0) == 1)
    }

    @Test func `a server that takes nothing is told by whoever asks whether it does`() async throws {
        let test = try PostgresUnderTest()
        #expect(await test.engine.condition() == nil)
        try test.database.execute("ALTER TABLE innkeeper.commit_mark ADD CONSTRAINT none CHECK (false) NOT VALID")
        defer { try? test.database.execute("ALTER TABLE innkeeper.commit_mark DROP CONSTRAINT none") }
        await #expect(throws: StoreError.self) { try await test.engine.writeNothing() }
    }

    @Test func `records that are appended at the same moment all have their number`() async throws {
        let test = try PostgresUnderTest(connections: 8)
        try await withThrowingTaskGroup { group in
            for number in 1...40 {
                group.addTask {
                    try await test.store.append(
                        AuditEntry(at: test.clock.now, actor: "system", action: "test", outcome: "\(number)"))
                }
            }
            try await group.waitForAll()
        }
        guard case .intact(41, _) = try await test.store.verifyAudit(against: nil) else {
            Issue.record("one chain without a gap")
            return
        }
    }

    @Test func `what a reader gets says nothing of writing`() async throws {
        let test = try PostgresUnderTest()
        test.engine.health.failed(.full, code: "53100")
        _ = try await test.store.installations(matching: InstallationFilter(), page: PageRequest())
        #expect(test.engine.health.condition == .full)
        try await test.install("ws1")
        #expect(test.engine.health.condition == nil)
    }

    @Test func `nothing reaches the database once the store is closed`() async throws {
        let test = try PostgresUnderTest()
        let connection = test.engine.pool.connections[0]
        try test.store.close()
        #expect(throws: LinkFailure.self) { try connection.exchange([Query("SELECT 1")]) }
    }

    @Test(arguments: [Int64.min, .max]) func `lengths that somebody wrote are counted on`(length: Int64) async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        try await test.perform(test.id("ws1"), .deleted)
        try test.database.execute("ALTER TABLE innkeeper.event DROP CONSTRAINT event_bytes_check")
        defer {
            try? test.database.execute(
                "ALTER TABLE innkeeper.event ADD CONSTRAINT event_bytes_check CHECK (bytes BETWEEN 0 AND 1 << 30) NOT VALID"
            )
        }
        try test.database.execute("UPDATE innkeeper.event SET bytes = \(length)")
        try test.store.close()
        let store = Store(over: try PostgresStore(at: test.database.address, keyring: test.keyring()))
        #expect(store.kept.events == 2)
        let later = Timestamp(milliseconds: test.clock.now.milliseconds + 30 * 86_400_000)
        _ = try await store.sweep(at: later, retention: EventRetention(days: 7), limit: 10)
        #expect(try await store.heads(of: [1], bytes: 1 << 20).count == 1)
        try store.close()
    }

    @Test func `two that meet are tried again`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        try test.database.execute("CREATE SEQUENCE innkeeper.met")
        let meeting = try AtCommit(
            "IF nextval('innkeeper.met') < 3 THEN RAISE EXCEPTION USING ERRCODE = '40001'; END IF;", in: test.database)
        defer {
            withExtendedLifetime(meeting) {}
            try? test.database.execute("DROP SEQUENCE innkeeper.met")
        }
        try await test.install("ws2")
        #expect(
            try await test.store.installations(matching: InstallationFilter(), page: PageRequest()).items.count == 2)
    }
}

/// What the server does at the end of each transaction that leaves a mark, for as long as this is held.
final class AtCommit {
    private let database: TestDatabase

    /// - Parameter statements: In the language of its functions.
    init(_ statements: String, in database: TestDatabase) throws {
        self.database = database
        try database.execute(
            """
            CREATE FUNCTION innkeeper.at_commit() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN \(statements) RETURN NULL; END $$
            """)
        try database.execute(
            """
            CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON innkeeper.commit_mark DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION innkeeper.at_commit()
            """)
    }

    deinit { try? database.execute("DROP FUNCTION innkeeper.at_commit CASCADE") }
}

/// Something that is made on the way, and lives on.
private final class Held<Value: Sendable>: Sendable {
    private let held = Mutex<Value?>(nil)

    var value: Value? { held.withLock { $0 } }

    func hold(_ value: Value) -> Value {
        held.withLock { $0 = value }
        return value
    }
}
