import GRDB
import Installations
import Marketplace
import Sealing
import TestSupport
import Testing

@testable import SQLiteStore
@testable import Store

@Suite struct APIKeyRowsTests {
    private let test: TestStore
    private let clock = TestClock()

    init() throws { test = try TestStore() }

    @Test func `the secret is not in the store`() async throws {
        let (_, secret) = try await test.store.createAPIKey(
            name: "backend", scopes: [.read], actor: .system, at: clock.now)
        let text = secret.expose("test") { String(decoding: $0, as: UTF8.self) }
        let rows = try await test.engine.pool.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM api_key").map(\.description)
        }
        #expect(rows.count == 1)
        #expect(!rows.joined().contains(String(text.suffix(64))))
    }

    @Test func `a key that is bound to add-ons is never an administrator's`() {
        let grant = APIKeyGrant(scopes: [.admin, .events], addons: [])
        #expect(grant.allows(.events) && !grant.allows(.admin) && !grant.allows(.read))
    }
}
