import GRDB
import Installations
import Marketplace
import Sealing
import Synchronization
import TestSupport
import Testing

@testable import SQLiteStore
@testable import Store

@Suite struct LifecycleWritesTests {
    private let test: TestStore
    private let platform: TestPlatform
    private let clock = TestClock()
    private let id: InstallationID

    init() throws {
        test = try TestStore()
        platform = try TestPlatform()
        id = try platform.id()
    }

    /// Performs a change that came with the token of this text.
    private func perform(_ change: LifecycleChange, with token: String) async throws {
        let token = PresentedToken(token, issuedAt: nil, by: test.store.handedOut)
        _ = try await test.store.perform(platform.call(id, change, at: clock.now, token: token))
    }

    private func number(_ sql: String) async throws -> Int? {
        try await test.engine.pool.read { db in try Int.fetchOne(db, sql: sql) }
    }

    /// What the writing connection was asked meanwhile.
    private func statements(_ body: () async throws -> Void) async throws -> [String] {
        let log = StatementLog()
        try await test.engine.pool.writeWithoutTransaction { db in
            db.trace { event in
                if case .statement(let statement) = event { log.append(statement.sql) }
            }
        }
        try await body()
        try await test.engine.pool.writeWithoutTransaction { db in db.trace(options: []) }
        return log.statements
    }

    @Test func `a new installation is written once, and no secret is read for it`() async throws {
        let statements = try await statements {
            try await perform(try platform.install(tokensInPairs: 2), with: "lifecycle")
        }
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
