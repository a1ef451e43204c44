import GRDB
import Installations
import Logging
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore

@Suite struct StoreUpgradeTests {
    private let test: TestStore
    private let platform: TestPlatform
    private let clock = TestClock()
    private let older: OlderStore

    init() async throws {
        test = try TestStore()
        platform = try TestPlatform()
        older = OlderStore(test: test)
        for workspace in 0..<40 {
            let id = try platform.id("ws\(workspace)")
            try await perform(id, platform.install(id), in: test.store)
            if workspace % 4 == 0 { try await perform(id, .settingsUpdated(SecretBytes(utf8: "[1]")), in: test.store) }
            if workspace % 5 == 0 { try await perform(id, .deleted, in: test.store) }
        }
        try older.make()
    }

    @discardableResult
    private func perform(
        _ id: InstallationID, _ change: LifecycleChange, in store: Store, with token: String? = nil
    ) async throws -> LifecycleDecision {
        let token = token.map { PresentedToken($0, issuedAt: nil, by: store.handedOut) }
        return try await store.perform(platform.call(id, change, at: clock.now, token: token))
    }

    private func upgrade(_ store: Store) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        try await StoreUpgrade(of: store.sqlite, logger: logger, now: { [clock] in clock.now }).bringUpToDate()
    }

    private func count(_ sql: String, _ store: Store) async throws -> Int {
        try await store.sqlite.pool.read { db in try Int.fetchOne(db, sql: sql) ?? -1 }
    }

    /// Values of the form before.
    private func olderValues(_ store: Store) async throws -> Int {
        try await count(
            """
            SELECT (SELECT count(*) FROM installation_secret WHERE substr(sealed, 1, 1) = x'01')
                + (SELECT count(*) FROM webhook_token WHERE substr(sealed, 1, 1) = x'01')
                + (SELECT count(*) FROM event WHERE substr(sealed_body, 1, 1) = x'01')
            """, store)
    }

    private func verify(_ store: Store) async throws -> [DamagedValue] {
        let keyring = try Keyring(directory: KeyDirectory(path: test.directory.path + "/keys"))
        let manager = StorageKeyManager(store: store, keyring: keyring, now: { [clock] in clock.now })
        return try await manager.verify(sample: nil, by: KeyWorker(actor: .system)) { _ in }.damaged
    }

    private func load(_ id: InstallationID, _ store: Store) async throws -> DirectoryEntry? {
        try await CredentialLoader(store: store, vault: store.vault, directory: TokenDirectory(limit: 10)).load(id)
    }

    @Test func `an older store serves at once, and is up to date in the end`() async throws {
        let store = try older.open("lock2")
        #expect(try await olderValues(store) == 162)
        #expect(store.sqlite.authority.gate.takesOlder)
        #expect(await store.findings(at: clock.now).first { $0.name == "authority" }?.status == .warn)
        #expect(try await load(platform.id("ws1"), store) != nil)
        #expect(try await verify(store).isEmpty)

        try await upgrade(store)
        #expect(try await olderValues(store) == 0)
        #expect(try await count("SELECT count(*) FROM installation WHERE mac IS NULL", store) == 0)
        #expect(!store.sqlite.authority.gate.takesOlder)
        #expect(await store.findings(at: clock.now).first { $0.name == "authority" }?.status == .ok)
        #expect(try await load(platform.id("ws1"), store) != nil)
        #expect(try await verify(store).isEmpty)
        guard case .intact = try await store.verifyAudit(against: nil) else {
            Issue.record("log and rows hold")
            return
        }
        // Three tokens each, of those that are not ended.
        #expect(try await count("SELECT count(*) FROM handed_out_token", store) == 96)
        try store.close()
        let again = try older.open("lock3")
        #expect(!again.sqlite.authority.gate.takesOlder)
        #expect(try await verify(again).isEmpty)
    }

    @Test func `what was handed out before is no lifecycle token, before it is up to date and after`() async throws {
        let store = try older.open("lock2")
        let (id, ended) = (try platform.id("ws1"), try platform.id("ws5"))
        let token = try platform.webhookToken(id, "/webhooks/time")
        #expect(try await perform(id, .deleted, in: store, with: token) == .refuseStoredToken)
        // Brought up to date by the call itself: what it replaces stays known.
        #expect(try await perform(id, platform.install(id, tokens: "second"), in: store, with: "x") == .replaceTokens)
        #expect(try await perform(id, .deleted, in: store, with: token) == .refuseStoredToken)
        #expect(try await perform(ended, .statusChanged("ACTIVE"), in: store) == .ignore(.endedInstallation))
        let other = try platform.id("ws2")
        try await upgrade(store)
        let kept = try platform.webhookToken(other, "/webhooks/time")
        #expect(try await perform(other, .deleted, in: store, with: kept) == .refuseStoredToken)
        #expect(try await perform(id, .deleted, in: store, with: token) == .refuseStoredToken)
    }

    @Test func `an interrupted one is gone on with, and what is sealed meanwhile is of the new form`() async throws {
        let store = try older.open("lock2")
        let id = try platform.id("new")
        try await perform(id, platform.install(id), in: store)
        #expect(try await olderValues(store) == 162)
        for workspace in 1...4 {
            let id = try platform.id("ws\(workspace)")
            try await perform(id, .statusChanged("INACTIVE"), in: store)
        }
        #expect(try await count("SELECT count(*) FROM installation WHERE mac IS NULL", store) == 36)
        try store.close()
        let again = try older.open("lock3")
        #expect(again.sqlite.authority.gate.takesOlder)
        try await upgrade(again)
        #expect(try await olderValues(again) == 0)
        #expect(try await verify(again).isEmpty)
    }

    @Test func `a row that was decided about since is not taken for an older one, and nothing vouches for it`()
        async throws
    {
        let store = try older.open("lock2")
        let id = try platform.id("ws1")
        try await perform(id, .statusChanged("INACTIVE"), in: store)
        try await store.sqlite.pool.write { db in
            try db.execute(
                sql:
                    "UPDATE installation SET status = 'ACTIVE', mac = NULL, decided_by = NULL WHERE workspace_id = 'ws1'"
            )
        }
        await #expect(throws: StoreError.self) { try await perform(id, .statusChanged("ACTIVE"), in: store) }
        await #expect(throws: StoreError.self) { try await store.credentials(of: id) }
        #expect(
            try await count("SELECT count(*) FROM installation WHERE workspace_id = 'ws1' AND mac IS NULL", store) == 1)
        #expect(
            try await perform(platform.id("ws1", "other"), platform.install(platform.id("ws1", "other")), in: store)
                == .create)
        #expect(try await store.installation(id)?.status == .superseded, "an end takes authority away and gives none")
    }

    @Test func `when it is done, values and rows of the older form count no more`() async throws {
        let store = try older.open("lock2")
        let id = try platform.id("ws1")
        try await store.sqlite.pool.write { db in
            try db.execute(sql: "CREATE TABLE kept AS SELECT * FROM webhook_token")
        }
        try await upgrade(store)
        try await store.sqlite.pool.write { db in
            try db.execute(sql: "INSERT OR REPLACE INTO webhook_token SELECT * FROM kept")
        }
        await #expect(throws: StoreError.self) { try await load(id, store) }
        let bare = try platform.id("ws2")
        try await store.sqlite.pool.write { db in
            try db.execute(sql: "UPDATE installation SET mac = NULL, decided_by = NULL WHERE workspace_id = 'ws2'")
        }
        await #expect(throws: StoreError.self) { try await store.credentials(of: bare) }
    }

    @Test func `with a broken audit log the older form goes on to count, and that is said`() async throws {
        let store = try older.open("lock2")
        try await store.sqlite.pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO audit SELECT (SELECT max(number) FROM audit) + 1, at, actor, action, addon_key,
                        workspace_id, addon_id, subject, outcome, detail, hash, '' FROM audit WHERE number = 3
                    """)
        }
        await #expect(throws: StoreError.self) { try await upgrade(store) }
        #expect(store.sqlite.authority.gate.takesOlder)
    }

    @Test func `rows of a log that does not hold are not taken for what they say`() async throws {
        let queue = try DatabaseQueue(path: test.file)
        try await queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO audit SELECT (SELECT max(number) FROM audit) + 1, at, actor, action, addon_key,
                        workspace_id, addon_id, subject, outcome, detail, hash, '' FROM audit WHERE number = 3
                    """)
        }
        try queue.close()
        #expect(throws: StoreError.self) { _ = try older.open("lock2") }
    }

    @Test func `a row that does not open keeps nobody else from being brought up to date`() async throws {
        let store = try older.open("lock2")
        try await store.sqlite.pool.write { db in
            try db.execute(
                sql: "UPDATE installation SET wrapped_key = zeroblob(length(wrapped_key)) WHERE workspace_id = 'ws1'")
        }
        try await upgrade(store)
        #expect(try await count("SELECT count(*) FROM installation WHERE mac IS NULL", store) == 1)
        #expect(try await verify(store).contains { $0.installation?.workspaceID.text == "ws1" })
        // And it can be ended.
        let id = try platform.id("ws1")
        let call = platform.call(id, .deleted, at: clock.now, actor: .local(userID: 0))
        #expect(try await store.perform(call) == .end)
    }
}
