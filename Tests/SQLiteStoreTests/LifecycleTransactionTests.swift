import GRDB
import Installations
import Marketplace
import Sealing
import Synchronization
import TestSupport
import Testing

@testable import SQLiteStore

@Suite struct LifecycleTransactionTests {
    private let test: TestStore
    private let platform: TestPlatform
    private let clock = TestClock()
    private let directory = TokenDirectory(limit: 1)
    private let id: InstallationID

    init() throws {
        test = try TestStore()
        platform = try TestPlatform()
        id = try platform.id()
    }

    /// Performs a change that came with the token of this text, or with none.
    @discardableResult
    private func perform(_ change: LifecycleChange, with token: String? = nil) async throws -> LifecycleDecision {
        let token = token.map { PresentedToken($0, in: directory) }
        return try await test.store.perform(platform.call(id, change, at: clock.now, token: token))
    }

    private func tokens(of count: Int) throws -> LifecycleChange {
        .installed(
            InstallRequest(
                token: SecretBytes(utf8: "installation"), apiURL: "", addonUserID: "", asUser: "",
                webhooks: try (0..<count).map { number in
                    WebhookGrant(
                        path: try #require(RoutePath.normalise("/webhooks/\(number / 2)")), wirePath: "/x",
                        token: SecretBytes(utf8: "webhook \(number)"))
                }))
    }

    private func execute(_ sql: String) async throws {
        try await test.store.pool.write { db in try db.execute(sql: sql) }
    }

    private func number(_ sql: String) async throws -> Int? {
        try await test.store.pool.read { db in try Int.fetchOne(db, sql: sql) }
    }

    /// What the writing connection was asked meanwhile.
    private func statements(_ body: () async throws -> Void) async throws -> [String] {
        let log = StatementLog()
        try await test.store.pool.writeWithoutTransaction { db in
            db.trace { event in
                if case .statement(let statement) = event { log.append(statement.sql) }
            }
        }
        try await body()
        try await test.store.pool.writeWithoutTransaction { db in db.trace(options: []) }
        return log.statements
    }

    @Test func `each token of the set is told from all others, wherever it stands`() async throws {
        try await perform(try tokens(of: 10))
        for token in ["installation"] + (0..<10).map({ "webhook \($0)" }) {
            #expect(try await perform(.deleted, with: token) == .refuseStoredToken, "\(token)")
        }
        #expect(try await perform(.deleted, with: "webhook 10") == .end)
    }

    @Test(arguments: [
        "UPDATE installation SET wrapped_key = zeroblob(length(wrapped_key))",
        "UPDATE webhook_token SET sealed = zeroblob(length(sealed)) WHERE path = '/webhooks/1'",
        "DELETE FROM installation_secret",
        // Sound values in the wrong place.
        "UPDATE webhook_token SET sealed = (SELECT sealed FROM installation_secret) WHERE path = '/webhooks/1'",
        "UPDATE installation_secret SET sealed = (SELECT sealed FROM webhook_token)",
    ])
    func `where a stored token does not open no token is believed, and an operator ends the installation`(
        damage: String
    ) async throws {
        try await perform(try tokens(of: 4))
        try await execute(damage)
        let changes: [LifecycleChange] = [
            try tokens(of: 2), .statusChanged("INACTIVE"), .settingsUpdated(SecretBytes(utf8: "[]")), .deleted,
        ]
        for change in changes {
            for token in ["webhook 0", "webhook 3", "another"] {
                await #expect(throws: StoreError.self) { try await perform(change, with: token) }
            }
        }
        #expect(try await test.store.installation(id)?.status == .active)
        #expect(try await number("SELECT count(*) FROM event") == 1)
        #expect(try await number("SELECT count(*) FROM audit WHERE workspace_id <> ''") == 1)
        #expect(try await perform(.deleted) == .end)
    }

    @Test func `a new installation is written once, and no secret is read for it`() async throws {
        let statements = try await statements { try await perform(try tokens(of: 2), with: "lifecycle") }
        #expect(statements.count { $0.contains("INSERT INTO installation (") } == 1)
        #expect(!statements.contains { $0.contains("UPDATE installation") })
        let reads = statements.filter { $0.contains("SELECT") }
        #expect(!reads.isEmpty)
        #expect(!reads.contains { $0.contains("webhook_token") || $0.contains("installation_secret") })
        #expect(try await number("SELECT token_set FROM installation") == 1)
        #expect(try await number("SELECT version FROM installation") == 2)
    }
}

private final class StatementLog: Sendable {
    private let log = Mutex<[String]>([])

    var statements: [String] { log.withLock { $0 } }

    func append(_ statement: String) { log.withLock { $0.append(statement) } }
}
