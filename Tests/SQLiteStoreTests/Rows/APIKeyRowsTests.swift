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

    @Test func `a key is known by its secret and by nothing like it`() async throws {
        let (key, secret) = try await test.store.createAPIKey(
            name: "backend", scopes: [.read], actor: .system, at: clock.now)
        #expect(try await test.store.apiKey(presenting: secret, from: "::1", at: clock.now)?.id == key.id)
        let text = secret.expose("test") { String(decoding: $0, as: UTF8.self) }
        let last = try #require(text.last)
        for wrong in [text.dropLast() + (last == "0" ? "1" : "0"), text + "0", "ik_\(key.id)_", "", "ik"] {
            #expect(
                try await test.store.apiKey(presenting: SecretBytes(utf8: wrong), from: "::1", at: clock.now) == nil)
        }
    }

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

    @Test func `a revoked key is refused at once`() async throws {
        let (key, secret) = try await test.store.createAPIKey(
            name: "backend", scopes: [.read], actor: .system, at: clock.now)
        #expect(try await test.store.revokeAPIKey(key.id, actor: .system, at: clock.now))
        #expect(try await test.store.apiKey(presenting: secret, from: "::1", at: clock.now) == nil)
        #expect(try await !test.store.revokeAPIKey(key.id, actor: .system, at: clock.now))
    }

    @Test func `the last use is kept to the minute`() async throws {
        let (_, secret) = try await test.store.createAPIKey(
            name: "backend", scopes: [.read], actor: .system, at: clock.now)
        _ = try await test.store.apiKey(presenting: secret, from: "::1", at: clock.now)
        let first = try #require(try await test.store.apiKeys().first?.lastUse?.at)
        clock.advance(seconds: 59)
        _ = try await test.store.apiKey(presenting: secret, from: "::1", at: clock.now)
        #expect(try await test.store.apiKeys().first?.lastUse?.at == first)
        clock.advance(seconds: 1)
        _ = try await test.store.apiKey(presenting: secret, from: "::1", at: clock.now)
        #expect(try await test.store.apiKeys().first?.lastUse?.at == clock.now)
    }

    @Test func `a key opens nothing from its end on`() async throws {
        let end = Timestamp(milliseconds: clock.now.milliseconds + 1000)
        let (_, secret) = try await test.store.createAPIKey(
            name: "a", APIKeyGrant(scopes: [.read], expiresAt: end), actor: .system, at: clock.now)
        #expect(try await test.store.apiKey(presenting: secret, from: "::1", at: clock.now) != nil)
        #expect(try await test.store.apiKey(presenting: secret, from: "::1", at: end) == nil)
    }

    @Test func `add-ons, end and the address of the last use are kept`() async throws {
        let end = Timestamp(milliseconds: clock.now.milliseconds + 86_400_000)
        let addons = Set(["my addon", "b/c"].compactMap { AddonKey($0) })
        let grant = APIKeyGrant(scopes: [.read, .events], addons: addons, expiresAt: end)
        let (_, secret) = try await test.store.createAPIKey(name: "a", grant, actor: .system, at: clock.now)
        _ = try await test.store.apiKey(presenting: secret, from: "192.0.2.7", at: clock.now)
        let key = try #require(try await test.store.apiKeys().first)
        #expect(key.grant == grant && key.isGenuine && key.lastUse?.from == "192.0.2.7")
    }

    @Test func `the log says what a key was given, when it is made and when it is revoked`() async throws {
        let addon = try #require(AddonKey("my addon"))
        let (key, _) = try await test.store.createAPIKey(
            name: "worker", APIKeyGrant(scopes: [.events], addons: [addon]), actor: .system, at: clock.now)
        #expect(try await test.store.revokeAPIKey(key.id, actor: .system, at: clock.now))
        let log = try await test.store.auditRecords(since: nil, of: nil, page: PageRequest(limit: 2)).items
        #expect(log.map(\.entry.detail) == Array(repeating: "worker: scopes events; add-ons my addon", count: 2))
    }

    @Test func `a key that is bound to add-ons is never an administrator's`() {
        let grant = APIKeyGrant(scopes: [.admin, .events], addons: [])
        #expect(grant.allows(.events) && !grant.allows(.admin) && !grant.allows(.read))
    }

    @Test func `scopes hold, and admin includes the others`() async throws {
        let (reader, _) = try await test.store.createAPIKey(name: "r", scopes: [.read], actor: .system, at: clock.now)
        let (admin, _) = try await test.store.createAPIKey(name: "a", scopes: [.admin], actor: .system, at: clock.now)
        #expect(reader.allows(.read) && !reader.allows(.tokens) && !reader.allows(.admin))
        #expect(Scope.allCases.allSatisfy(admin.allows))
    }
}
