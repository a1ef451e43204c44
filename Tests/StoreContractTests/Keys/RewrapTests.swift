import Installations
import Marketplace
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import Store

/// Installation keys that go from one storage key to the next.
@Suite struct RewrapTests {
    @Test(arguments: EngineUnderTest.allCases)
    func `a rotation in batches moves every key, and every secret still opens`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install(count: 25)
        let (old, new) = try await test.promoteNew()
        var after: InstallationNumber? = 0
        var rewrapped = 0
        while let from = after {
            let batch = try await test.rewrap(from: old, after: from)
            rewrapped += batch.rewrapped
            after = batch.last
        }
        #expect(rewrapped == 25)
        #expect(try await test.census(old) == 0)
        #expect(try await test.census(new) == 25)
        let verified = try await test.verify()
        #expect(verified.installations == 25 && verified.damaged.isEmpty)
        // The key itself, the installation token, two webhook tokens and the install event of each.
        #expect(verified.opened == 25 * 5)
        #expect(try await test.keys.advance(old, by: .retire, actor: .system).state == .disabled)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `what a rotation left half done is a normal state`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install(count: 10)
        let (old, _) = try await test.promoteNew()
        _ = try await test.rewrap(from: old, limit: 5)
        #expect(try await test.census(old) == 5)
        let id = try test.id("ws9")
        #expect(try await test.store.perform(test.platform.call(id, .deleted, at: test.now)) == .end)
        #expect(try await test.verify().damaged.isEmpty)
        await #expect(throws: StorageKeyError.self) {
            _ = try await test.keys.advance(old, by: .retire, actor: .system)
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a new install is sealed under the key that was promoted a moment ago`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let (_, new) = try await test.promoteNew()
        try await test.install(count: 1)
        #expect(try await test.census(new) == 1)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `whoever changed the row meanwhile wins`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install(count: 2)
        let (old, new) = try await test.promoteNew()
        let plan = try await test.store.planRewrap(from: old, in: NumberRange(), limit: 10)
        let id = try test.id("ws1")
        _ = try await test.store.perform(
            test.platform.call(id, .statusChanged("INACTIVE"), at: test.now))
        let batch = try await test.store.commit(plan, test.now)
        #expect(batch.rewrapped == 1 && batch.overtaken == 1)
        #expect(try await test.census(old) == 1)
        #expect(try await test.census(new) == 1)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `nothing is swapped to a key that is not primary any more`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install(count: 2)
        let (old, new) = try await test.promoteNew()
        let plan = try await test.store.planRewrap(from: old, in: NumberRange(), limit: 10)
        _ = try await test.promoteNew()
        #expect(try await test.store.commit(plan, test.now).overtaken == 2)
        #expect(try await test.census(new) == 0)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a row that does not open is named and left, and the others go on`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install(count: 3)
        let (old, _) = try await test.promoteNew()
        try await test.damage(.installationKey(of: 2))
        let batch = try await test.rewrap(from: old)
        #expect(batch.rewrapped == 2)
        #expect(batch.damaged.map(\.item.number) == [2])
        #expect(batch.damaged.first?.reason == .corrupt)
        #expect(try await test.census(old) == 1)
        #expect(try await test.store.sample().damagedValues == 1)
        let findings = try await test.verify()
        #expect(findings.damaged.map(\.item.number) == [2])
        #expect(await test.store.findings(at: test.now).contains { $0.name == "sealed values" && $0.status == .fail })
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `what was noted as damaged is forgotten when it opens again`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.damage(.webhookTokens(of: stream, path: "/webhooks/time"))
        #expect(try await test.verify().damaged.count == 1)
        #expect(try await test.store.sample().damagedValues == 1)
        try await test.install(tokens: "second")
        #expect(try await test.verify().damaged.isEmpty)
        #expect(try await test.store.sample().damagedValues == 0)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `the deployment's own key goes to the primary key once`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        #expect(try await !test.store.rewrapDeployment(at: test.now))
        try await test.promoteNew()
        #expect(try await test.store.rewrapDeployment(at: test.now))
        #expect(try await !test.store.rewrapDeployment(at: test.now))
        let again = try test.reopened()
        #expect(try await again.isIntact())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a row of a storage key that is not in force is named and left, and the others go on`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install(count: 3)
        let (old, _) = try await test.promoteNew()
        try await test.damage(.storageKey(of: 2))
        let batch = try await test.rewrap(from: old)
        #expect(batch.rewrapped == 2 && batch.damaged.map(\.item.number) == [2])
        #expect(batch.damaged.map(\.reason) == [.unknownKey])
    }

    @Test(arguments: EngineUnderTest.withOneWriter)
    func `a batch ends early for another write and goes on after it`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let count = Store.leastSwaps + 8
        try await test.install(count: count)
        let (old, _) = try await test.promoteNew()
        let plan = try await test.store.planRewrap(from: old, in: NumberRange(), limit: count)
        test.engine.expectWrite()
        defer { test.engine.endWrite() }
        test.engine.resetCalls()
        #expect(try await test.store.commit(plan, test.now).rewrapped == count)
        #expect(test.engine.calls["transactGivingWay"] == 2)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `verifying opens keys, or all that is under them`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install(count: 2)
        func opened(_ depth: VerifyDepth) async throws -> Int64 {
            try await test.store.verify(depth, in: NumberRange(), limit: 10, at: test.now).opened
        }
        #expect(try await opened(.keys) == 2)
        #expect(try await opened(.values) == 2 * 5)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a value that lies with another installation is told from a corrupt one`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install(count: 2)
        try await test.damage(.copyToken(of: 1, to: 2))
        let damaged = try await test.verify().damaged
        #expect(damaged.map(\.reason) == [.wrongPlace] && damaged.map(\.item.number) == [2])
    }
}
