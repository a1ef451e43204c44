import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

/// API keys: what opens, what does not, and what the audit log says of them.
@Suite struct APIKeyTests {
    @Test(arguments: EngineUnderTest.allCases)
    func `a key is known by its secret and by nothing like it`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let (key, secret) = try await test.store.createAPIKey(
            name: "backend", scopes: [.read], actor: .system, at: test.now)
        #expect(try await test.store.apiKey(presenting: secret, from: "::1", at: test.now)?.id == key.id)
        let text = secret.expose("test") { String(decoding: $0, as: UTF8.self) }
        let last = try #require(text.last)
        for wrong in [text.dropLast() + (last == "0" ? "1" : "0"), text + "0", "ik_\(key.id)_", "", "ik"] {
            #expect(
                try await test.store.apiKey(presenting: SecretBytes(utf8: wrong), from: "::1", at: test.now) == nil)
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a revoked key is refused at once`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let (key, secret) = try await test.store.createAPIKey(
            name: "backend", scopes: [.read], actor: .system, at: test.now)
        #expect(try await test.store.revokeAPIKey(key.id, actor: .system, at: test.now))
        #expect(try await test.store.apiKey(presenting: secret, from: "::1", at: test.now) == nil)
        #expect(try await !test.store.revokeAPIKey(key.id, actor: .system, at: test.now))
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `the last use is kept to the minute`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let (_, secret) = try await test.store.createAPIKey(
            name: "backend", scopes: [.read], actor: .system, at: test.now)
        _ = try await test.store.apiKey(presenting: secret, from: "::1", at: test.now)
        let first = try #require(try await test.store.apiKeys().first?.lastUse?.at)
        test.clock.advance(seconds: 59)
        _ = try await test.store.apiKey(presenting: secret, from: "::1", at: test.now)
        #expect(try await test.store.apiKeys().first?.lastUse?.at == first)
        test.clock.advance(seconds: 1)
        _ = try await test.store.apiKey(presenting: secret, from: "::1", at: test.now)
        #expect(try await test.store.apiKeys().first?.lastUse?.at == test.now)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a key opens nothing from its end on`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let end = Timestamp(milliseconds: test.now.milliseconds + 1000)
        let (_, secret) = try await test.store.createAPIKey(
            name: "a", APIKeyGrant(scopes: [.read], expiresAt: end), actor: .system, at: test.now)
        #expect(try await test.store.apiKey(presenting: secret, from: "::1", at: test.now) != nil)
        #expect(try await test.store.apiKey(presenting: secret, from: "::1", at: end) == nil)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `add-ons, end and the address of the last use are kept`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let end = Timestamp(milliseconds: test.now.milliseconds + 86_400_000)
        let addons = Set(["my addon", "b/c"].compactMap { AddonKey($0) })
        let grant = APIKeyGrant(scopes: [.read, .events], addons: addons, expiresAt: end)
        let (_, secret) = try await test.store.createAPIKey(name: "a", grant, actor: .system, at: test.now)
        _ = try await test.store.apiKey(presenting: secret, from: "192.0.2.7", at: test.now)
        let key = try #require(try await test.store.apiKeys().first)
        #expect(key.grant == grant && key.isGenuine && key.lastUse?.from == "192.0.2.7")
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `the log says what a key was given, when it is made and when it is revoked`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let addon = try #require(AddonKey("my addon"))
        let (key, _) = try await test.store.createAPIKey(
            name: "worker", APIKeyGrant(scopes: [.events], addons: [addon]), actor: .system, at: test.now)
        #expect(try await test.store.revokeAPIKey(key.id, actor: .system, at: test.now))
        let log = try await test.store.auditRecords(since: nil, of: nil, page: PageRequest(limit: 2)).items
        #expect(log.map(\.entry.detail) == Array(repeating: "worker: scopes events; add-ons my addon", count: 2))
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `scopes hold, and admin includes the others`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let (reader, _) = try await test.store.createAPIKey(name: "r", scopes: [.read], actor: .system, at: test.now)
        let (admin, _) = try await test.store.createAPIKey(name: "a", scopes: [.admin], actor: .system, at: test.now)
        #expect(reader.allows(.read) && !reader.allows(.tokens) && !reader.allows(.admin))
        #expect(Scope.allCases.allSatisfy(admin.allows))
    }
}
