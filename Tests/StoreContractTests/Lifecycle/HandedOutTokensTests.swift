import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

/// Tokens that an installation was ever given open no lifecycle call.
@Suite struct HandedOutTokensTests {
    @Test(arguments: EngineUnderTest.allCases)
    func `each token of the set is told from all others, wherever it stands`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.perform(test.id(), test.platform.install(tokensInPairs: 10))
        for token in ["installation"] + (0..<10).map({ "webhook \($0)" }) {
            #expect(try await test.perform(test.id(), .deleted, with: token) == .refuseStoredToken, "\(token)")
        }
        #expect(try await test.perform(test.id(), .deleted, with: "webhook 10") == .end)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a token stays known when it was replaced, and when its installation has ended`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        try await test.perform(test.id(), test.platform.install(tokensInPairs: 4))
        try await test.perform(test.id(), test.platform.install(tokensInPairs: 2))
        for token in ["installation", "webhook 0", "webhook 3"] {
            let changes: [LifecycleChange] = [
                try test.platform.install(tokensInPairs: 4), .statusChanged("INACTIVE"),
                .settingsUpdated(SecretBytes(utf8: "[]")), .deleted,
            ]
            for change in changes {
                #expect(try await test.perform(test.id(), change, with: token) == .refuseStoredToken)
            }
        }
        #expect(try await test.perform(test.id(), .deleted, with: "another") == .end)
        #expect(try await test.perform(test.id(), .statusChanged("ACTIVE"), with: "webhook 3") == .refuseStoredToken)
        #expect(
            try await test.perform(test.id(), test.platform.install(tokensInPairs: 4), with: "installation")
                == .refuseStoredToken)
        #expect(try await test.perform(test.id(), .deleted, with: "another") == .ignore(.endedInstallation))
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `what is kept of a token is a digest, each once, and no other installation's`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        try await test.perform(test.id(), test.platform.install(tokensInPairs: 3))
        try await test.perform(test.id(), test.platform.install(tokensInPairs: 3))
        #expect(try await test.known()?.handedOut.digests.count == 4)
        let other = test.platform.call(
            try test.platform.id("ws2"), .deleted, at: test.now,
            token: PresentedToken("webhook 1", issuedAt: nil, by: test.store.handedOut))
        #expect(try await test.store.perform(other) == .tombstone)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a webhook's token is asked for among all that were handed out, and of a live installation only what counts`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let id = try test.id()
        func wasHandedOut(_ text: String) async throws -> Bool {
            try await test.store.wasHandedOut(test.store.handedOut.digest(of: SecretBytes(utf8: text)), for: id)
        }
        #expect(try await !wasHandedOut("webhook 1"))
        try await test.perform(id, test.platform.install(tokensInPairs: 2))
        #expect(try await wasHandedOut("webhook 1"))
        #expect(try await wasHandedOut("installation"))
        #expect(try await !wasHandedOut("webhook 2"))
        try await test.perform(id, test.platform.install(tokensInPairs: 1))
        #expect(try await wasHandedOut("webhook 1"))
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `where a digest of a token is gone that was handed out, nobody is believed`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let id = try test.id()
        try await test.perform(id, test.platform.install(tokensInPairs: 4))
        try await test.damage(.handedOut(of: 1))
        guard case .forged(_, let rows) = try await test.store.verifyAudit(against: nil) else {
            Issue.record("a digest that is gone is found")
            return
        }
        #expect(rows.named.map(\.item.kind) == ["handed_out_token"])
        await #expect(throws: StoreError.self) { try await test.perform(id, .deleted, with: "another") }
        await #expect(throws: StoreError.self) {
            try await test.store.wasHandedOut(test.store.handedOut.digest(of: SecretBytes(utf8: "x")), for: id)
        }
        #expect(try await test.perform(id, .deleted, by: .system) == .end, "who needs no token ends it all the same")
    }
}
