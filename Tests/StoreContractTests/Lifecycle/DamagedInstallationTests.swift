import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

/// What does not open, or was changed without a key.
@Suite struct DamagedInstallationTests {
    @Test(arguments: EngineUnderTest.allCases, [Damage.webhookTokens(of: 1, path: "/webhooks/1"), .secrets(of: 1)])
    func `where a stored token does not open, tokens are known by their digests all the same`(
        engine: EngineUnderTest, damage: Damage
    ) async throws {
        let test = try StoreUnderTest(engine)
        try await test.perform(test.id(), test.platform.install(tokensInPairs: 4))
        try await test.damage(damage)
        #expect(try await test.perform(test.id(), .deleted, with: "webhook 2") == .refuseStoredToken)
        #expect(
            try await test.perform(test.id(), test.platform.install(tokensInPairs: 4), with: "another")
                == .replaceTokens)
        #expect(try await test.store.credentials(of: test.id())?.webhookTokens.count == 4)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `with an installation's key its secrets are lost, and it can be installed anew or ended`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        try await test.perform(test.id(), test.platform.install(tokensInPairs: 4))
        let damage = Damage.installationKey(of: 1)
        try await test.damage(damage)
        let changes: [LifecycleChange] = [.statusChanged("INACTIVE"), .settingsUpdated(SecretBytes(utf8: "[]"))]
        for change in changes {
            await #expect(throws: StoreError.self) { try await test.perform(test.id(), change, with: "another") }
        }
        #expect(try await test.events().count == 1)
        #expect(try await test.audit(of: test.id()).count == 1)
        // Its tokens come once: they are kept under a fresh key.
        #expect(
            try await test.perform(test.id(), test.platform.install(tokensInPairs: 2), with: "another")
                == .replaceTokens)
        let reading = TokenReading(actor: .system, reason: .none, at: test.now)
        guard case .token = try await test.store.token(of: test.id(), reading: reading) else {
            Issue.record("the tokens of the reinstall are lost")
            return
        }
        try await test.damage(damage)
        #expect(try await test.perform(test.id(), .deleted, with: "another") == .end)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a reinstall over an installation key that does not open gets a fresh one`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let lost = try #require(try await test.known()?.standing.wrappedKey)
        _ = try await test.updateSettings([1])
        try await test.damage(.installationKey(of: stream))
        try await test.install(tokens: "second")
        #expect(try await test.known()?.secrets.named[.settings] == nil, "what it sealed is lost")
        #expect(try await test.known()?.standing.wrappedKey != lost)
        #expect(
            try await test.audit(2) == [
                "installation.install tokens replaced", "installation.key its key did not open",
            ])
        for lost in try await test.events().suffix(2) {
            let given = Settlement(event: lost.id, change: .dead(.damaged), at: test.now)
            #expect(try await test.store.settle([given]).map(\.isApplied) == [true])
        }
        #expect(try await test.head(stream)?.type == "addon.installed", "what was told since is under the fresh key")
        #expect(try await test.isIntact())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a reinstall over a key of a storage key that is not in force waits for it`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        try await test.damage(.storageKey(of: 1))
        await #expect(throws: StoreError.self) { try await test.install(tokens: "second") }
        #expect(try await test.known()?.standing.tokenSet == 1)
        #expect(try await test.perform(test.id(), .deleted) == .end, "an end waits for nobody")
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a row whose status somebody changed counts for nothing, and an operator can end it`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let (id, stream) = (try test.id(), try await test.install())
        try await test.damage(.status(of: stream, .inactive))
        for change in [try test.platform.install(id), .statusChanged("ACTIVE"), .deleted] {
            await #expect(throws: StoreError.self) { try await test.perform(id, change) }
        }
        await #expect(throws: StoreError.self) { _ = try await test.store.credentials(of: id) }
        await #expect(throws: StoreError.self) {
            _ = try await test.store.wasHandedOut(test.store.handedOut.digest(of: SecretBytes(utf8: "x")), for: id)
        }
        let reading = TokenReading(actor: .system, reason: .none, at: test.now)
        guard case .forged(stream) = try await test.store.token(of: id, reading: reading) else {
            Issue.record("a row that is not authentic gives no token")
            return
        }
        guard case .locked? = try await test.store.heads(of: [stream], bytes: 1).first else {
            Issue.record("nobody is told what the row says")
            return
        }
        #expect(try await test.store.installation(id)?.isGenuine == false)
        guard case .forged(_, let rows) = try await test.store.verifyAudit(against: nil) else {
            Issue.record("a changed row is found")
            return
        }
        #expect(rows.named.map(\.item.kind) == ["installation"] && rows.named.map(\.item.number) == [stream.value])
        #expect(try await test.perform(id, .deleted, by: .system) == .end)
        #expect(try await test.isIntact())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a call over a row that was changed fails alone`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install("ws1")
        try await test.damage(.status(of: 1, .inactive))
        let calls = try ["ws2", "ws1", "ws3"].map { workspace in
            try Task { [id = test.id(workspace), install = test.platform.install(test.id(workspace))] in
                try await test.perform(id, workspace == "ws1" ? .deleted : install)
            }
        }
        #expect(try await calls[0].value == .create)
        await #expect(throws: StoreError.self) { _ = try await calls[1].value }
        #expect(try await calls[2].value == .create)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a row that was put back to what it was counts for nothing`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        let old = try #require(try await test.known()).standing
        try await test.perform(test.id(), .statusChanged("INACTIVE"))
        try await test.damage(.putBack(old))
        await #expect(throws: StoreError.self) { try await test.perform(test.id(), .deleted) }
        #expect(try await test.store.installation(test.id())?.isGenuine == false)
    }
}
