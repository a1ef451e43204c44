import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing

/// API keys whose rows somebody changed.
@Suite struct APIKeyAuthorityTests {
    @Test(arguments: EngineUnderTest.allCases)
    func `a key whose scopes were changed opens nothing, and can be revoked`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let (key, secret) = try await test.store.createAPIKey(
            name: "k", APIKeyGrant(scopes: [.read]), actor: .system, at: test.now)
        try await test.damage(.scopes(of: key.id))
        guard
            case .refused(key.id, "forged") = try await test.store.judge(
                presenting: secret, from: "::1", at: test.now)
        else {
            Issue.record("nobody gave the key these scopes")
            return
        }
        #expect(try await test.store.apiKeys().map(\.isGenuine) == [false])
        guard case .forged(_, let rows) = try await test.store.verifyAudit(against: nil) else {
            Issue.record("a changed key is found")
            return
        }
        #expect(rows.named.map(\.item.kind) == ["api_key"] && rows.named.map(\.place) == [key.id])
        #expect(try await test.store.revokeAPIKey(key.id, actor: .system, at: test.now))
        #expect(try await test.isIntact())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a key that somebody made to look revoked can be revoked, and stays so`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let (key, secret) = try await test.store.createAPIKey(
            name: "k", APIKeyGrant(scopes: [.read]), actor: .system, at: test.now)
        try await test.damage(.revocation(of: key.id, test.now))
        #expect(try await test.store.revokeAPIKey(key.id, actor: .system, at: test.now))
        try await test.damage(.revocation(of: key.id, nil))
        guard case .refused = try await test.store.judge(presenting: secret, from: "::1", at: test.now) else {
            Issue.record("a revoked key opens nothing, whatever its row says")
            return
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a revocation of what is not there is recorded and decides nothing`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        #expect(try await !test.store.revokeAPIKey("00000000", actor: .system, at: test.now))
        #expect(try await test.audit(1) == ["api-key.revoke refused: unknown, or revoked already"])
        #expect(try await test.isIntact())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `why a key is refused is told: it is revoked, it has ended, or nobody knows it`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let (key, secret) = try await test.store.createAPIKey(
            name: "k", APIKeyGrant(scopes: [.read], expiresAt: test.later(1)), actor: .system, at: test.now)
        func judge(at: Timestamp) async throws -> String {
            switch try await test.store.judge(presenting: secret, from: "::1", at: at) {
            case .valid: "valid"
            case .refused(_, let why): why
            case .unknown: "unknown"
            }
        }
        #expect(try await judge(at: test.now) == "valid")
        #expect(try await judge(at: test.later(1)) == "expired")
        _ = try await test.store.revokeAPIKey(key.id, actor: .system, at: test.now)
        #expect(try await judge(at: test.now) == "revoked")
        guard
            case .unknown = try await test.store.judge(presenting: SecretBytes(utf8: "ik_x_y"), from: "", at: test.now)
        else {
            Issue.record("that is no key")
            return
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `keys are listed oldest first and are there when the store is opened again`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        for name in ["a", "b", "c"] {
            _ = try await test.store.createAPIKey(
                name: name, APIKeyGrant(scopes: [.read]), actor: .system, at: test.now)
            test.clock.advance(seconds: 1)
        }
        let again = try test.reopened()
        #expect(try await again.store.apiKeys().map(\.name) == ["a", "b", "c"])
        #expect(try await again.store.apiKeys().allSatisfy(\.isGenuine))
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a key whose row is gone is told, as the audit log decides about it`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let (key, _) = try await test.store.createAPIKey(
            name: "k", APIKeyGrant(scopes: [.read]), actor: .system, at: test.now)
        try await test.damage(.removeAPIKey(key.id))
        guard case .forged(_, let rows) = try await test.store.verifyAudit(against: nil) else {
            Issue.record("a removed key is found")
            return
        }
        #expect(rows.named.map(\.place) == [key.id] && rows.named.map(\.reason) == [.removed])
    }
}
