import GRDB
import Installations
import Sealing
import TestSupport
import Testing

@testable import SQLiteStore

@Suite struct APIKeyRowsTests {
    private let test: TestStore
    private let clock = TestClock()

    init() throws { test = try TestStore() }

    @Test func `a key is known by its secret and by nothing like it`() async throws {
        let (key, secret) = try await test.store.createAPIKey(
            name: "backend", scopes: [.read], actor: .system, at: clock.now)
        #expect(try await test.store.apiKey(presenting: secret, at: clock.now)?.id == key.id)
        let text = secret.expose("test") { String(decoding: $0, as: UTF8.self) }
        let last = try #require(text.last)
        for wrong in [text.dropLast() + (last == "0" ? "1" : "0"), text + "0", "ik_\(key.id)_", "", "ik"] {
            #expect(try await test.store.apiKey(presenting: SecretBytes(utf8: wrong), at: clock.now) == nil)
        }
    }

    @Test func `the secret is not in the store`() async throws {
        let (_, secret) = try await test.store.createAPIKey(
            name: "backend", scopes: [.read], actor: .system, at: clock.now)
        let text = secret.expose("test") { String(decoding: $0, as: UTF8.self) }
        let rows = try await test.store.pool.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM api_key").map(\.description)
        }
        #expect(rows.count == 1)
        #expect(!rows.joined().contains(String(text.suffix(64))))
    }

    @Test func `a revoked key is refused at once`() async throws {
        let (key, secret) = try await test.store.createAPIKey(
            name: "backend", scopes: [.read], actor: .system, at: clock.now)
        #expect(try await test.store.revokeAPIKey(key.id, actor: .system, at: clock.now))
        #expect(try await test.store.apiKey(presenting: secret, at: clock.now) == nil)
        #expect(try await !test.store.revokeAPIKey(key.id, actor: .system, at: clock.now))
    }

    @Test func `the last use is kept to the minute`() async throws {
        let (_, secret) = try await test.store.createAPIKey(
            name: "backend", scopes: [.read], actor: .system, at: clock.now)
        _ = try await test.store.apiKey(presenting: secret, at: clock.now)
        let first = try #require(try await test.store.apiKeys().first?.lastUsedAt)
        clock.advance(seconds: 59)
        _ = try await test.store.apiKey(presenting: secret, at: clock.now)
        #expect(try await test.store.apiKeys().first?.lastUsedAt == first)
        clock.advance(seconds: 1)
        _ = try await test.store.apiKey(presenting: secret, at: clock.now)
        #expect(try await test.store.apiKeys().first?.lastUsedAt == clock.now)
    }

    @Test func `scopes hold, and admin includes the others`() async throws {
        let (reader, _) = try await test.store.createAPIKey(name: "r", scopes: [.read], actor: .system, at: clock.now)
        let (admin, _) = try await test.store.createAPIKey(name: "a", scopes: [.admin], actor: .system, at: clock.now)
        #expect(reader.allows(.read) && !reader.allows(.tokens) && !reader.allows(.admin))
        #expect(Scope.allCases.allSatisfy(admin.allows))
    }
}
