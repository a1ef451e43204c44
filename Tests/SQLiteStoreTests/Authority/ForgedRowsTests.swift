import GRDB
import Installations
import Marketplace
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore
@testable import Store

/// Somebody writes the database file and holds no key.
@Suite struct ForgedRowsTests {
    private let test: TestStore
    private let platform: TestPlatform
    private let clock = TestClock()
    private let id: InstallationID

    init() throws {
        test = try TestStore()
        platform = try TestPlatform()
        id = try platform.id()
    }

    private var manager: StorageKeyManager {
        StorageKeyManager(store: test.store, keyring: test.keyring, now: { [clock] in clock.now })
    }

    @discardableResult
    private func perform(_ change: LifecycleChange, actor: Actor = .platform) async throws -> LifecycleDecision {
        try await test.store.perform(platform.call(id, change, at: clock.now, actor: actor))
    }

    private func execute(_ sql: String) async throws {
        try await test.engine.pool.write { db in try db.execute(sql: sql) }
    }

    /// The rows of a table as they are now, to be put back later.
    private func keep(_ table: String) async throws {
        try await execute("DROP TABLE IF EXISTS kept_\(table); CREATE TABLE kept_\(table) AS SELECT * FROM \(table)")
    }

    private func putBack(_ table: String) async throws {
        try await execute("INSERT OR REPLACE INTO \(table) SELECT * FROM kept_\(table)")
    }

    /// What `audit verify`, `keys verify` and `doctor` say is changed, all three alike.
    private func found() async throws -> [String] {
        guard case .forged(_, let rows) = try await test.store.verifyAudit(against: nil) else { return [] }
        let verified = try await manager.verify(sample: nil, by: KeyWorker(actor: .system)) { _ in }
        #expect(verified.damaged.filter { $0.reason == .forged }.map(\.item.kind) == rows.named.map(\.item.kind))
        #expect(try await doctor() == .fail)
        return rows.named.map(\.item.kind)
    }

    private func doctor() async throws -> Finding.Status? {
        await test.store.findings(at: clock.now).first { $0.name == "authority" }?.status
    }

    @Test func `a store that nobody changed has none`() async throws {
        try await perform(platform.install(id))
        try await perform(.statusChanged("INACTIVE"))
        _ = try await test.store.createAPIKey(name: "a", scopes: [.read], actor: .system, at: clock.now)
        _ = try await manager.rotate(reencrypt: true, by: KeyWorker(actor: .system)) { _ in }
        try await perform(.deleted)
        #expect(try await found().isEmpty)
        #expect(try await doctor() == .ok)
        guard case .intact = try await test.store.verifyAudit(against: nil) else {
            Issue.record("the log and the rows hold")
            return
        }
    }

    // MARK: API keys

    @Test func `raised scopes open nothing`() async throws {
        let (_, secret) = try await test.store.createAPIKey(name: "a", scopes: [.read], actor: .system, at: clock.now)
        try await execute("UPDATE api_key SET scopes = 'admin'")
        #expect(try await test.store.apiKey(presenting: secret, from: "::1", at: clock.now) == nil)
        #expect(try await found() == ["api_key"])
    }

    @Test(arguments: [
        "addons = ''", "addons = 'other-addon'", "expires_at = NULL", "expires_at = expires_at + 1",
        "addons = '', expires_at = NULL",
    ])
    func `a key that is bound or ends opens nothing once somebody changed that`(edit: String) async throws {
        let addon = try #require(AddonKey("test-addon"))
        let end = Timestamp(milliseconds: clock.now.milliseconds + 1000)
        let (_, secret) = try await test.store.createAPIKey(
            name: "a", APIKeyGrant(scopes: [.read], addons: [addon], expiresAt: end), actor: .system, at: clock.now)
        #expect(try await test.store.apiKey(presenting: secret, from: "::1", at: clock.now) != nil)
        try await execute("UPDATE api_key SET \(edit)")
        #expect(try await test.store.apiKey(presenting: secret, from: "::1", at: clock.now) == nil)
        #expect(try await found() == ["api_key"])
    }

    @Test(arguments: ["UPDATE api_key SET revoked_at = NULL", nil])
    func `a revoked key stays revoked, also when its older row is put back whole`(edit: String?) async throws {
        let (key, secret) = try await test.store.createAPIKey(
            name: "a", scopes: [.admin], actor: .system, at: clock.now)
        try await keep("api_key")
        #expect(try await test.store.revokeAPIKey(key.id, actor: .system, at: clock.now))
        if let edit { try await execute(edit) } else { try await putBack("api_key") }
        #expect(try await test.store.apiKey(presenting: secret, from: "::1", at: clock.now) == nil)
        #expect(try await found() == ["api_key"])
        // Revoked once more, it is what the log says again.
        #expect(try await test.store.revokeAPIKey(key.id, actor: .system, at: clock.now))
        #expect(try await found().isEmpty)
    }

    @Test func `a row of another key's making opens nothing`() async throws {
        let (_, secret) = try await test.store.createAPIKey(name: "a", scopes: [.read], actor: .system, at: clock.now)
        _ = try await test.store.createAPIKey(name: "b", scopes: [.admin], actor: .system, at: clock.now)
        try await execute(
            """
            UPDATE api_key SET scopes = 'admin', (decided_by, mac) = (SELECT decided_by, mac FROM api_key WHERE name = 'b')
            WHERE name = 'a'
            """)
        #expect(try await test.store.apiKey(presenting: secret, from: "::1", at: clock.now) == nil)
        #expect(try await found() == ["api_key"])
    }

    // MARK: Installations

    @Test(arguments: [
        "UPDATE installation SET api_url = 'https://evil.clockify.me/api'",
        "UPDATE installation SET status = 'INACTIVE'",
        "UPDATE installation SET token_set = token_set + 1", "UPDATE installation SET issued_at = NULL",
        "UPDATE installation SET mac = NULL, decided_by = NULL", "UPDATE installation SET decided_by = decided_by + 1",
        "UPDATE installation SET mac = zeroblob(32)",
    ])
    func `of an installation that was changed nothing is believed, and it can be ended`(edit: String) async throws {
        let token = PresentedToken("lifecycle", issuedAt: 1_795_430_000, by: test.store.handedOut)
        _ = try await test.store.perform(platform.call(id, platform.install(id), at: clock.now, token: token))
        try await execute(edit)
        await #expect(throws: StoreError.self) { try await test.store.credentials(of: id) }
        let reading = TokenReading(actor: .system, reason: .none, at: clock.now)
        guard case .forged = try await test.store.token(of: id, reading: reading) else {
            Issue.record("its token is not given")
            return
        }
        for change in [try platform.install(id), .statusChanged("INACTIVE"), .deleted] {
            await #expect(throws: StoreError.self) { try await perform(change) }
        }
        #expect(try await test.store.installation(id)?.isGenuine == false)
        #expect(try await found() == ["installation"])
        #expect(try await perform(.deleted, actor: .local(userID: 0)) == .end)
        #expect(try await test.store.installation(id)?.status == .deleted)
        #expect(try await found().isEmpty)
    }

    @Test func `a token set that was replaced does not come back with its cells`() async throws {
        try await perform(platform.install(id, tokens: "first"))
        for table in ["webhook_token", "installation_secret"] { try await keep(table) }
        try await perform(platform.install(id, tokens: "second"))
        for table in ["webhook_token", "installation_secret"] { try await putBack(table) }
        let loader = CredentialLoader(
            store: test.store, vault: test.store.vault, directory: TokenDirectory(limit: 10))
        await #expect(throws: StoreError.self) { try await loader.load(id) }
        let verified = try await manager.verify(sample: nil, by: KeyWorker(actor: .system)) { _ in }
        #expect(
            verified.damaged.map(\.item.kind).sorted() == ["installation_secret", "webhook_token", "webhook_token"])
    }

    @Test func `nor with its cells and its row`() async throws {
        try await perform(platform.install(id, tokens: "first"))
        let tables = ["installation", "webhook_token", "installation_secret"]
        for table in tables { try await keep(table) }
        try await perform(platform.install(id, tokens: "second"))
        for table in tables { try await putBack(table) }
        await #expect(throws: StoreError.self) { try await test.store.credentials(of: id) }
        #expect(try await found() == ["installation"])
        let listed = try await test.store.installations(matching: InstallationFilter(), page: PageRequest())
        #expect(listed.items.map(\.isGenuine) == [false])
    }

    @Test func `a record that was cut off is missed though another has its number`() async throws {
        try await perform(platform.install(id))
        try await execute(
            "DROP TRIGGER audit_is_never_deleted; DELETE FROM audit WHERE number = (SELECT max(number) FROM audit)")
        try await test.store.append(AuditEntry(at: clock.now, actor: "system", action: "test", outcome: "later"))
        guard case .truncated = try await test.store.verifyAudit(against: nil) else {
            Issue.record("nobody misses it")
            return
        }
        #expect(try await doctor() == .fail)
    }

    @Test func `the deployment's key that does not open any more is found`() async throws {
        #expect(try await found() == [])
        try await execute("UPDATE deployment SET wrapped_key = zeroblob(length(wrapped_key))")
        #expect(try await found() == ["deployment"])
    }

    @Test func `an uninstalled one does not come back`() async throws {
        try await perform(platform.install(id))
        let tables = ["installation", "webhook_token", "installation_secret"]
        for table in tables { try await keep(table) }
        try await perform(.deleted)
        for table in tables { try await putBack(table) }
        await #expect(throws: StoreError.self) { try await test.store.credentials(of: id) }
        #expect(try await found() == ["installation"])
    }

    @Test func `an event of another type does not open`() async throws {
        try await perform(platform.install(id))
        let event = try #require(
            try await test.store.events(matching: EventFilter(), page: PageRequest()).items.first)
        try await execute("UPDATE event SET type = 'addon.deleted'")
        await #expect(throws: StoreError.self) {
            try await test.store.eventBody(event.id, actor: .system, at: clock.now)
        }
    }

    // MARK: Storage keys

    @Test func `a storage key that was disabled is not rotated to`() async throws {
        let worker = KeyWorker(actor: .system)
        let first = try await manager.rotate(reencrypt: false, by: worker) { _ in }.from
        clock.advance(seconds: 700)
        try await execute("UPDATE storage_key SET state = 'prepared' WHERE state = 'disabled'")
        await #expect(throws: StorageKeyError.self) {
            try await manager.rotate(reencrypt: false, by: worker) { _ in }
        }
        await #expect(throws: StorageKeyError.self) {
            try await manager.advance(first, by: .promote, actor: .system)
        }
        #expect(try await found() == ["storage_key"])
        // Retired once more, it is what the log says again, and another takes the primary's place.
        #expect(try await manager.advance(first, by: .retire, actor: .system).state == .disabled)
        #expect(try await found().isEmpty)
        let next = try await manager.rotate(reencrypt: false, by: worker) { _ in }
        #expect(next.standing == .began && next.to != first)
    }

    @Test func `nor is a row of it that was put back, or the primary one's`() async throws {
        let worker = KeyWorker(actor: .system)
        try await keep("storage_key")
        _ = try await manager.rotate(reencrypt: false, by: worker) { _ in }
        try await execute("UPDATE storage_key SET state = 'retiring' WHERE state = 'primary'")
        try await putBack("storage_key")
        await #expect(throws: StoreError.self) { try await perform(platform.install(id)) }
        await #expect(throws: StorageKeyError.self) {
            try await manager.rotate(reencrypt: false, by: worker) { _ in }
        }
        #expect(try await found() == ["storage_key", "storage_key"])
    }

    @Test func `what is wrapped under a disabled key does not open, though its file is there`() async throws {
        try await perform(platform.install(id))
        try await keep("installation")
        let old = try await manager.rotate(reencrypt: false, by: KeyWorker(actor: .system)) { _ in }.from
        try await execute("UPDATE installation SET wrapped_key = (SELECT wrapped_key FROM kept_installation)")
        let loader = CredentialLoader(
            store: test.store, vault: test.store.vault, directory: TokenDirectory(limit: 10))
        await #expect(throws: StoreError.self) { try await loader.load(id) }
        #expect(!test.keyring.ids.contains(old))
        // After a start as well: the state decides, not the file.
        try await execute("DROP TABLE kept_installation")
        try test.store.close()
        let again = Store(
            over: try SQLiteStore(
                path: test.file, lock: try ProcessLock(path: test.directory.path + "/lock2"),
                keyring: try Keyring(directory: KeyDirectory(path: test.directory.path + "/keys"))))
        let reloader = CredentialLoader(store: again, vault: again.vault, directory: TokenDirectory(limit: 10))
        await #expect(throws: StoreError.self) { try await reloader.load(id) }
    }

    @Test(arguments: ["finished_at + 31536000000", "NULL"])
    func `a rotation's end that was set ahead, or taken away, keeps none from beginning`(end: String) async throws {
        let worker = KeyWorker(actor: .system)
        _ = try await manager.rotate(reencrypt: false, by: worker) { _ in }
        clock.advance(seconds: 601)
        try await execute("UPDATE rotation SET finished_at = \(end)")
        #expect(try await found() == ["rotation"])
        #expect(try await manager.rotate(reencrypt: false, by: worker) { _ in }.standing == .began)
        #expect(try await found().isEmpty)
    }

    // MARK: The store as a whole

    /// Closes the store, does something to its file with a connection for each step, and opens it again.
    private func reopen(after steps: String...) throws -> Store {
        try test.store.close()
        for sql in steps {
            let queue = try DatabaseQueue(path: test.file)
            try queue.writeWithoutTransaction { db in try db.execute(sql: sql) }
            try queue.close()
        }
        return Store(
            over: try SQLiteStore(
                path: test.file, lock: try ProcessLock(path: test.directory.path + "/lock2"),
                keyring: try Keyring(directory: KeyDirectory(path: test.directory.path + "/keys"))))
    }

    private static func isForged(_ table: String, _ error: any Error) -> Bool {
        guard case StoreError.forgedRow(let item) = error, item.kind == table else { return false }
        return true
    }

    private static let older = "UPDATE deployment SET form = 1, mac = NULL, decided_by = NULL;"

    @Test func `a store that was made to look older does not open`() async throws {
        #expect { try reopen(after: Self.older) } throws: { Self.isForged("deployment", $0) }
    }

    /// Nothing in the file tells then that it was ever up to date, but how its one key is wrapped.
    @Test func `nor with all that tells of its age removed`() async throws {
        let trigger = try await test.engine.pool.read { db in
            try String.fetchOne(db, sql: "SELECT sql FROM sqlite_schema WHERE name = 'audit_is_never_deleted'")
        }
        _ = try await test.store.createAPIKey(name: "a", scopes: [.read], actor: .system, at: clock.now)
        let forgery = """
            DROP TRIGGER audit_is_never_deleted; DELETE FROM audit; \(try #require(trigger));
            UPDATE api_key SET scopes = 'admin', mac = NULL, decided_by = NULL;
            UPDATE storage_key SET mac = NULL, decided_by = NULL;
            """
        #expect { try reopen(after: Self.older + forgery) } throws: { Self.isForged("deployment", $0) }
    }

    @Test(arguments: [
        "CREATE TRIGGER silent BEFORE INSERT ON audit BEGIN SELECT raise(IGNORE); END",
        "CREATE TRIGGER swallow BEFORE INSERT ON event BEGIN SELECT raise(IGNORE); END",
        "DROP TRIGGER audit_is_never_updated", "CREATE VIEW more AS SELECT 1", "DROP INDEX event_dead",
    ])
    func `a file that declares what this program does not is not used`(sql: String) throws {
        #expect {
            try reopen(after: sql)
        } throws: { error in
            guard case StoreOpenError.foreignSchema(let file) = error else { return false }
            return file == test.file
        }
    }

    @Test func `an index that was emptied hides no record from whoever verifies the log`() async throws {
        let (key, _) = try await test.store.createAPIKey(name: "a", scopes: [.admin], actor: .system, at: clock.now)
        try await keep("api_key")
        _ = try await test.store.revokeAPIKey(key.id, actor: .system, at: clock.now)
        try await putBack("api_key")
        let schema = "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, "
        let store = try reopen(
            after: "DROP TABLE kept_api_key; " + schema + "'decides <>', 'decides =') WHERE name = 'audit_by_subject'",
            "REINDEX audit_by_subject", schema + "'decides =', 'decides <>') WHERE name = 'audit_by_subject'")
        guard case .broken(at: 1) = try await store.verifyAudit(against: nil) else {
            Issue.record("the index does not know the first record")
            return
        }
    }

    @Test func `numbers that no program gave end nothing`() async throws {
        try await perform(platform.install(id))
        try await execute(
            "INSERT INTO audit SELECT \(Int64.max), at, actor, action, addon_key, workspace_id, addon_id, subject, "
                + "outcome, detail, hash, '' FROM audit WHERE number = 1")
        await #expect { try await perform(.deleted) } throws: { Self.isForged("audit", $0) }
        try await execute(
            "INSERT INTO event (id, installation, type, state, received_at) VALUES (\(Int64.max), 1, 'T', 'delivered', 0)"
        )
        let store = try reopen(after: "UPDATE installation SET installed_at = \(Int64.min), updated_at = \(Int64.max)")
        #expect(store.eventIDs.next(at: clock.now).number < .max)
        #expect(try await store.installation(id)?.installedAt != nil)
        let manager = StorageKeyManager(store: store, keyring: test.keyring, now: { [clock] in clock.now })
        _ = try await manager.verify(sample: 3, by: KeyWorker(actor: .system)) { _ in }
    }

    @Test(arguments: ["api_key", "storage_key"])
    func `the end of the log that any row names is missed`(table: String) async throws {
        if table == "api_key" {
            _ = try await test.store.createAPIKey(name: "a", scopes: [.read], actor: .system, at: clock.now)
        } else {
            _ = try await manager.add(actor: .system)
        }
        try await execute(
            "DROP TRIGGER audit_is_never_deleted; DELETE FROM audit WHERE number = (SELECT max(number) FROM audit)")
        guard case .truncated = try await test.store.verifyAudit(against: nil) else {
            Issue.record("the row names a record that is gone")
            return
        }
        #expect(try await doctor() == .fail)
    }

    @Test func `an audit log that was cut off is shorter than what the rows name`() async throws {
        try await perform(platform.install(id))
        try await perform(.statusChanged("INACTIVE"))
        try await execute(
            "DROP TRIGGER audit_is_never_deleted; DELETE FROM audit WHERE number = (SELECT max(number) FROM audit)")
        guard case .truncated(let records) = try await test.store.verifyAudit(against: nil) else {
            Issue.record("the row names a record that is gone")
            return
        }
        #expect(records == 2)
        #expect(try await doctor() == .fail)
    }

    @Test func `what an audit record decides is part of the chain`() async throws {
        try await perform(platform.install(id))
        try await execute("DROP TRIGGER audit_is_never_updated; UPDATE audit SET decides = '' WHERE number = 2")
        guard case .broken(at: 2) = try await test.store.verifyAudit(against: nil) else {
            Issue.record("the chain is broken there")
            return
        }
    }
}
