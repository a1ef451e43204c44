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

    @Test func `a mark tells what became of a transaction, and keeps one that was undone from ever being committed`()
        async throws
    {
        let test = try PostgresUnderTest()
        let (kept, undone) = (CommitMark.random(), CommitMark.random())
        var link = try test.database.address.connect()
        _ = try link.exchange([kept.insertion], within: 5)
        #expect(try test.engine.isCommitted(kept))
        #expect(try !test.engine.isCommitted(undone))
        #expect(throws: LinkFailure.self) { try link.exchange([undone.insertion], within: 5) }
    }

    @Test func `a wait for a standby that was cancelled is no commit, for nobody knows how long it lasts`() async throws
    {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        // A warning beside the answer is how the server tells of it.
        try test.database.execute(
            """
            CREATE FUNCTION innkeeper.warn() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE WARNING 'not replicated'; RETURN NULL; END $$
            """)
        try test.database.execute(
            """
            CREATE CONSTRAINT TRIGGER warns AFTER INSERT ON innkeeper.commit_mark DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION innkeeper.warn()
            """)
        defer {
            try? test.database.execute("DROP TRIGGER warns ON innkeeper.commit_mark")
            try? test.database.execute("DROP FUNCTION innkeeper.warn")
        }
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

    @Test func `a second program is kept out, until the first has ended`() async throws {
        let test = try PostgresUnderTest()
        let (address, keyring) = (try test.database.address, try test.keyring())
        #expect(throws: PostgresOpenError.self) { _ = try PostgresStore(at: address, keyring: keyring) }
        try test.store.close()
        try PostgresStore(at: address, keyring: keyring).close()
    }

    @Test func `a program whose lock another has by now writes nothing any more`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        test.engine.lock.release()
        let other = try PostgresStore(at: test.database.address, keyring: test.keyring())
        await test.engine.lookAgain()
        #expect(await test.engine.condition() == .gone)
        await #expect(throws: StoreError.self) { try await test.install("ws2") }
        try other.close()
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

    @Test func `two that meet are tried again`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        try test.database.execute("CREATE SEQUENCE innkeeper.met")
        try test.database.execute(
            """
            CREATE FUNCTION innkeeper.meet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF nextval('innkeeper.met') < 3 THEN RAISE EXCEPTION USING ERRCODE = '40001'; END IF;
                RETURN NULL;
            END $$
            """)
        try test.database.execute(
            """
            CREATE CONSTRAINT TRIGGER meets AFTER INSERT ON innkeeper.commit_mark DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION innkeeper.meet()
            """)
        defer {
            try? test.database.execute("DROP TRIGGER meets ON innkeeper.commit_mark")
            try? test.database.execute("DROP FUNCTION innkeeper.meet")
            try? test.database.execute("DROP SEQUENCE innkeeper.met")
        }
        try await test.install("ws2")
        #expect(
            try await test.store.installations(matching: InstallationFilter(), page: PageRequest()).items.count == 2)
    }
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
