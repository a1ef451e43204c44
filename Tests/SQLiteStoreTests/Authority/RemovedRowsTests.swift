import GRDB
import Installations
import Marketplace
import TestSupport
import Testing

@testable import SQLiteStore
@testable import Store

/// Somebody deletes rows from the database file and holds no key.
@Suite struct RemovedRowsTests {
    private let test: TestStore
    private let platform: TestPlatform
    private let clock = TestClock()
    private let id: InstallationID

    init() throws {
        test = try TestStore()
        platform = try TestPlatform()
        id = try platform.id()
    }

    private func perform(
        _ change: LifecycleChange, with token: String, actor: Actor = .platform
    ) async throws -> LifecycleDecision {
        let token = PresentedToken(token, issuedAt: nil, by: test.store.handedOut)
        return try await test.store.perform(platform.call(id, change, at: clock.now, actor: actor, token: token))
    }

    private func execute(_ sql: String) async throws {
        // As another program would: nothing of the schema or of this program's settings is in its way.
        try await test.engine.pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA foreign_keys = OFF")
            defer { try? db.execute(sql: "PRAGMA foreign_keys = ON") }
            try db.execute(sql: sql)
        }
    }

    private func labels() async throws -> [String] {
        try await test.store.forgedRows().named.map(\.label)
    }

    private func found() async throws -> [String] {
        try await test.store.forgedRows().named.map { "\($0.item.kind) \($0.reason.rawValue)" }
    }

    private var oldToken: String { get throws { try platform.webhookToken(id, "/webhooks/time", tokens: "first") } }

    @Test(arguments: [
        "DELETE FROM handed_out_token",
        // As many as before, and none of them a token's.
        "UPDATE handed_out_token SET digest = randomblob(32)",
        "INSERT INTO handed_out_token SELECT installation, randomblob(32) FROM handed_out_token",
        "UPDATE handed_out_token SET installation = installation + 1",
        "DELETE FROM handed_out_token; UPDATE installation SET handed_out = NULL",
    ])
    func `a token that was handed out does not pass once somebody removed what tells`(edit: String) async throws {
        #expect(try await perform(platform.install(id, tokens: "first"), with: "a") == .create)
        #expect(try await perform(platform.install(id, tokens: "second"), with: "b") == .replaceTokens)
        #expect(try await perform(.deleted, with: oldToken) == .refuseStoredToken)
        #expect(try await found().isEmpty)
        try await execute(edit)
        for change in [try platform.install(id, tokens: "first"), .statusChanged("INACTIVE"), .deleted] {
            await #expect(throws: StoreError.self) { try await perform(change, with: oldToken) }
        }
        await #expect(throws: StoreError.self) {
            try await test.store.wasHandedOut(
                PresentedToken(oldToken, issuedAt: nil, by: test.store.handedOut).digest, for: id)
        }
        #expect(try await !found().isEmpty)
        // The operator can end what the platform cannot any more.
        let end = platform.call(id, .deleted, at: clock.now, actor: .local(userID: 0))
        #expect(try await test.store.perform(end) == .end)
    }

    @Test func `nor when the installation has ended`() async throws {
        #expect(try await perform(platform.install(id, tokens: "first"), with: "a") == .create)
        #expect(try await perform(.statusChanged("INACTIVE"), with: "b") == .setStatus(.inactive))
        #expect(try await perform(.deleted, with: "c") == .end)
        try await execute("DELETE FROM handed_out_token")
        await #expect(throws: StoreError.self) { try await perform(.statusChanged("ACTIVE"), with: oldToken) }
        #expect(try await found() == ["handed_out_token forged"])
    }

    @Test func `a row that is gone is missed by the records that decide about it`() async throws {
        #expect(try await perform(platform.install(id), with: "a") == .create)
        let other = try platform.id("other")
        let tombstone = platform.call(other, .deleted, at: clock.now)
        #expect(try await test.store.perform(tombstone) == .tombstone)
        let (key, _) = try await test.store.createAPIKey(name: "a", scopes: [.read], actor: .system, at: clock.now)
        let manager = StorageKeyManager(store: test.store, keyring: test.keyring, now: { [clock] in clock.now })
        let rotation = try await manager.rotate(reencrypt: false, by: KeyWorker(actor: .system)) { _ in }
        #expect(try await found().isEmpty)
        try await execute(
            """
            DELETE FROM installation WHERE status = 'DELETED';
            DELETE FROM api_key;
            DELETE FROM rotation;
            DELETE FROM storage_key WHERE state <> 'primary';
            """)
        #expect(
            try await labels() == [
                "api_key \(key.id)", "installation 2", "rotation 1", "storage_key \(rotation.from)",
            ])
        #expect(try await Set(found().map { $0.split(separator: " ").last }) == ["removed"])
        guard case .forged = try await test.store.verifyAudit(against: nil) else {
            Issue.record("the log tells of rows that are not there")
            return
        }
        let finding = await test.store.findings(at: clock.now).first { $0.name == "authority" }
        #expect(finding?.status == .fail && finding?.message.contains("removed") == true)
    }

    @Test func `more subjects than a page are all looked at`() async throws {
        let tombstones = try (0..<1100).map { platform.call(try platform.id("ws\($0)"), .deleted, at: clock.now) }
        // At once, so that they share commits.
        try await withThrowingTaskGroup { [test] group in
            for tombstone in tombstones { group.addTask { _ = try await test.store.perform(tombstone) } }
            try await group.waitForAll()
        }
        #expect(try await found().isEmpty)
        try await execute("DELETE FROM installation WHERE number IN (1, 1100)")
        #expect(try await labels() == ["installation 1", "installation 1100"])
    }
}
