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

    /// Performs a change that came with the token of this text, or with none.
    @discardableResult
    private func perform(
        _ change: LifecycleChange, with token: String? = nil, issuedAt: Int64? = nil
    ) async throws -> LifecycleDecision {
        let token = token.map { PresentedToken($0, issuedAt: issuedAt, by: test.store.handedOut) }
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
        try await test.engine.pool.write { db in try db.execute(sql: sql) }
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

    @Test func `each token of the set is told from all others, wherever it stands`() async throws {
        try await perform(try tokens(of: 10))
        for token in ["installation"] + (0..<10).map({ "webhook \($0)" }) {
            #expect(try await perform(.deleted, with: token) == .refuseStoredToken, "\(token)")
        }
        #expect(try await perform(.deleted, with: "webhook 10") == .end)
    }

    @Test func `a token stays known when it was replaced, and when its installation has ended`() async throws {
        try await perform(try tokens(of: 4))
        try await perform(try tokens(of: 2))
        for token in ["installation", "webhook 0", "webhook 3"] {
            let changes: [LifecycleChange] = [
                try tokens(of: 4), .statusChanged("INACTIVE"), .settingsUpdated(SecretBytes(utf8: "[]")), .deleted,
            ]
            for change in changes { #expect(try await perform(change, with: token) == .refuseStoredToken) }
        }
        #expect(try await perform(.deleted, with: "another") == .end)
        #expect(try await perform(.statusChanged("ACTIVE"), with: "webhook 3") == .refuseStoredToken)
        #expect(try await perform(try tokens(of: 4), with: "installation") == .refuseStoredToken)
        #expect(try await perform(.deleted, with: "another") == .ignore(.endedInstallation))
    }

    @Test func `what is kept of a token is a digest, each once, and no other installation's`() async throws {
        try await perform(try tokens(of: 3))
        try await perform(try tokens(of: 3))
        #expect(try await number("SELECT count(*) FROM handed_out_token") == 4)
        let other = platform.call(
            try platform.id("ws2"), .deleted, at: clock.now,
            token: PresentedToken("webhook 1", issuedAt: nil, by: test.store.handedOut))
        #expect(try await test.store.perform(other) == .tombstone)
    }

    @Test func `an INSTALLED signed more than a minute before the newest does not roll the tokens back`() async throws {
        try await perform(try tokens(of: 1), with: "a", issuedAt: 1_795_430_000)
        #expect(try await perform(try tokens(of: 2), with: "b", issuedAt: 1_795_429_939) == .refuseStaleToken)
        #expect(try await number("SELECT token_set FROM installation") == 1)
        #expect(try await perform(try tokens(of: 2), with: "c", issuedAt: 1_795_429_940) == .replaceTokens)
        // The newest counts, not the last; and one that does not say when it was signed is neither.
        #expect(try await perform(try tokens(of: 2), with: "d", issuedAt: 1_795_429_939) == .refuseStaleToken)
        #expect(try await perform(try tokens(of: 2), with: "e") == .replaceTokens)
        #expect(try await perform(try tokens(of: 2), with: "f", issuedAt: 1_795_429_939) == .refuseStaleToken)
        // Other calls are not measured by it.
        #expect(try await perform(.statusChanged("INACTIVE"), with: "g", issuedAt: 1) == .setStatus(.inactive))
    }

    @Test func `a token from a clock that is years ahead refuses nothing for longer than the skew`() async throws {
        try await perform(try tokens(of: 1), with: "a", issuedAt: .max)
        let now = clock.now.seconds
        #expect(try await perform(try tokens(of: 1), with: "b", issuedAt: now - 1) == .refuseStaleToken)
        #expect(try await perform(try tokens(of: 1), with: "c", issuedAt: now) == .replaceTokens)
    }

    @Test(arguments: [
        "UPDATE webhook_token SET sealed = zeroblob(length(sealed)) WHERE path = '/webhooks/1'",
        "DELETE FROM installation_secret",
    ])
    func `where a stored token does not open, tokens are known by their digests all the same`(
        damage: String
    ) async throws {
        try await perform(try tokens(of: 4))
        try await execute(damage)
        #expect(try await perform(.deleted, with: "webhook 2") == .refuseStoredToken)
        #expect(try await perform(try tokens(of: 4), with: "another") == .replaceTokens)
        #expect(try await test.store.credentials(of: id)?.webhookTokens.count == 4)
    }

    @Test func `with an installation's key its secrets are lost, and it can be installed anew or ended`() async throws {
        try await perform(try tokens(of: 4))
        let damage = "UPDATE installation SET wrapped_key = zeroblob(length(wrapped_key))"
        try await execute(damage)
        let changes: [LifecycleChange] = [.statusChanged("INACTIVE"), .settingsUpdated(SecretBytes(utf8: "[]"))]
        for change in changes {
            await #expect(throws: StoreError.self) { try await perform(change, with: "another") }
        }
        #expect(try await number("SELECT count(*) FROM event") == 1)
        #expect(try await number("SELECT count(*) FROM audit WHERE workspace_id <> ''") == 1)
        // Its tokens come once: they are kept under a fresh key.
        #expect(try await perform(try tokens(of: 2), with: "another") == .replaceTokens)
        let reading = TokenReading(actor: .system, reason: .none, at: clock.now)
        guard case .token = try await test.store.token(of: id, reading: reading) else {
            Issue.record("the tokens of the reinstall are lost")
            return
        }
        try await execute(damage)
        #expect(try await perform(.deleted, with: "another") == .end)
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
