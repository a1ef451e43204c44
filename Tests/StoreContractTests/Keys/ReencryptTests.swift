import Installations
import Marketplace
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import Store

/// Installation keys that are replaced, and all that was sealed under them.
@Suite struct ReencryptTests {
    private func reencrypt(_ test: StoreUnderTest, from old: StorageKeyID) async throws -> RewrapBatch {
        try await test.store.reencrypt(from: old, in: NumberRange(), limit: 100, at: test.now)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a token that does not open leaves its installation as it is`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install(count: 2)
        try await test.damage(.webhookTokens(of: 1, path: "/webhooks/time"))
        let (old, _) = try await test.promoteNew()
        let batch = try await reencrypt(test, from: old)
        #expect(batch.rewrapped == 1 && batch.damaged.map(\.item.kind) == ["webhook_token"])
        #expect(try await test.verify().damaged.count == 1)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `every value is sealed anew under a fresh key, and everything still opens`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        _ = try await test.updateSettings(Array("[1]".utf8))
        let dead = try await test.settleHead(stream, .dead(.timeout))
        let before = try #require(try await test.known())
        let opened = try await test.verify().opened
        let (old, new) = try await test.promoteNew()
        #expect(try await reencrypt(test, from: old).rewrapped == 1)
        let after = try #require(try await test.known())
        #expect(before.standing.wrappedKey != after.standing.wrappedKey)
        for name in [SecretName.installationToken, .settings] {
            #expect(before.secrets.named[name] != after.secrets.named[name])
        }
        #expect(zip(before.secrets.tokens, after.secrets.tokens).allSatisfy { $0.sealed != $1.sealed })
        #expect(try await test.verify().opened == opened)
        #expect(try await test.census(new) == 1)
        #expect(try await test.body(dead) != nil)
        #expect(try await test.head(stream)?.body == Array("[1]".utf8))
        #expect(try await test.store.reseal(in: NumberRange(), at: test.now) == nil, "nothing is under the old key")
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `until the last event is sealed anew everything opens, and the old storage key is kept`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        for number in 1...20 { try await test.append("\(number)") }
        let (old, _) = try await test.promoteNew()
        #expect(try await reencrypt(test, from: old).rewrapped == 1)
        _ = try await test.store.rewrapDeployment(at: test.now)
        #expect(try await test.verify().damaged.isEmpty)
        #expect(try await test.census(old) == 0)
        await #expect(throws: StorageKeyError.self) {
            _ = try await test.keys.advance(old, by: .retire, actor: .system)
        }
        try await test.append("21")
        let resealed = try #require(try await test.store.reseal(in: NumberRange(), at: test.now))
        #expect(resealed.resealed == 5 && resealed.damaged.isEmpty && resealed.next == stream)
        #expect(try await test.store.reseal(in: NumberRange(after: resealed.next), at: test.now) == nil)
        #expect(try await test.keys.advance(old, by: .retire, actor: .system).state == .disabled)
        #expect(try await test.verify().opened == 4 + 22)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an event that does not open is named, and keeps nobody`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        var events: [EventID] = []
        for number in 1...20 { events += try await test.append("\(number)") }
        for event in [events[2], events[18]] { try await test.damage(.body(event)) }
        let (old, _) = try await test.promoteNew()
        #expect(try await reencrypt(test, from: old).rewrapped == 1)
        let batch = try #require(try await test.store.reseal(in: NumberRange(), at: test.now))
        #expect(batch.damaged.map(\.item.number) == [events[2].number, events[18].number])
        #expect(try await test.store.reseal(in: NumberRange(), at: test.now) == nil)
        #expect(try await test.store.sample().damagedValues == 2)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `events of an installation that got another key meanwhile come again`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        for number in 1...20 { try await test.append("\(number)") }
        let (first, _) = try await test.promoteNew()
        #expect(try await reencrypt(test, from: first).rewrapped == 1)
        let (second, _) = try await test.promoteNew()
        let plan = try await test.store.planRewrap(from: second, in: NumberRange(), limit: 10)
        let gate = Gate()
        test.engine.beforeQuietRead { gate.block() }
        let resealing = Task { try await test.store.reseal(in: NumberRange(), at: test.now) }
        await gate.arrived()
        #expect(try await test.store.commit(plan, test.now).rewrapped == 1)
        gate.open()
        let overtaken = try #require(try await resealing.value)
        #expect(overtaken.resealed == 0 && overtaken.next == stream.previous)
        let batch = try #require(try await test.store.reseal(in: NumberRange(after: overtaken.next), at: test.now))
        #expect(batch.resealed == 5 && batch.next == stream)
        #expect(try await test.verify().damaged.isEmpty)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `many bodies are sealed anew in several batches`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        for number in 1...15 { try await test.append("\(number)") }
        for _ in 1...4 { try await test.append(String(repeating: "x", count: 3 << 19)) }
        let (old, _) = try await test.promoteNew()
        #expect(try await reencrypt(test, from: old).rewrapped == 1)
        let first = try #require(try await test.store.reseal(in: NumberRange(), at: test.now))
        #expect(first.resealed == 3 && first.next == stream.previous)
        let second = try #require(try await test.store.reseal(in: NumberRange(after: first.next), at: test.now))
        #expect(second.resealed == 1 && second.next == stream)
        #expect(try await test.store.reseal(in: NumberRange(), at: test.now) == nil)
        #expect(try await test.verify().damaged.isEmpty)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an installation whose key does not open is named, and the next one's turn has come`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        for number in 1...20 { try await test.append("\(number)") }
        let (old, _) = try await test.promoteNew()
        #expect(try await reencrypt(test, from: old).rewrapped == 1)
        try await test.damage(.installationKey(of: stream))
        let batch = try #require(try await test.store.reseal(in: NumberRange(), at: test.now))
        #expect(batch.resealed == 0 && batch.next == stream && batch.damaged.map(\.item.kind) == ["installation"])
        #expect(try await test.store.sample().damagedValues == 1)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `settings that come while an installation is sealed anew win`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        let (old, _) = try await test.promoteNew()
        let plan = try await test.store.planReencryption(from: old, in: NumberRange(), limit: 10)
        _ = try await test.updateSettings([1])
        #expect(try await test.store.commit(plan, test.now).overtaken == 1)
        #expect(try await test.verify().damaged.isEmpty)
        #expect(try await reencrypt(test, from: old).rewrapped == 1)
        #expect(try await test.known()?.secrets.named[.settings] != nil)
        #expect(try await test.verify().damaged.isEmpty)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a reinstall that comes in between wins, whole`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        let (old, _) = try await test.promoteNew()
        let plan = try await test.store.planReencryption(from: old, in: NumberRange(), limit: 10)
        try await test.install(tokens: "second")
        #expect(try await test.store.commit(plan, test.now).overtaken == 1)
        #expect(try await test.verify().damaged.isEmpty)
        try await test.append("1")
    }
}
