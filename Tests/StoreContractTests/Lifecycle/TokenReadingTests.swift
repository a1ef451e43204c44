import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

/// Who is given an installation's token.
@Suite struct TokenReadingTests {
    @Test(arguments: EngineUnderTest.allCases)
    func `the token is given for an ACTIVE installation only, and each reading is audited`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let id = try test.id()
        let reading = TokenReading(actor: .apiKey("k"), reason: .none, at: test.now)
        guard case .unknown = try await test.store.token(of: id, reading: reading) else {
            Issue.record("an unknown installation has no token")
            return
        }
        try await test.perform(id, test.platform.install(id))
        guard case .token(let token, _) = try await test.store.token(of: id, reading: reading) else {
            Issue.record("an active installation gives its token")
            return
        }
        let installed = try test.platform.token(
            id, salt: "firstinstallation")
        #expect(token.matches(Array(installed.utf8)))
        try await test.perform(id, .statusChanged("INACTIVE"))
        guard case .notActive(.inactive) = try await test.store.token(of: id, reading: reading) else {
            Issue.record("an inactive installation gives none")
            return
        }
        let audit = try await test.store.auditRecords(since: nil, of: id, page: PageRequest())
        #expect(
            audit.items.filter { $0.entry.action == "installation.token" }.map(\.entry.outcome)
                == ["refused: INACTIVE", "given", "refused: unknown"])
    }
}
