import Installations
import Marketplace
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import Store

/// Work on keys and records of the audit log that meet other writes.
@Suite(.timeLimit(.minutes(5))) struct InterleavedKeysTests {
    /// Retires a key; nil when it is needed.
    private func retire(_ test: StoreUnderTest, _ key: StorageKeyID) -> @Sendable () async throws -> StorageKeyState? {
        {
            switch try await test.store.advance(key, by: .retire, immediately: false, actor: .system, at: test.now) {
            case .success(let key): key.state
            case .failure: nil
            }
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `nothing goes under a key that is being retired`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        let (first, second) = try await test.promoteNew()
        let plan = try await test.store.planRewrap(from: first, in: NumberRange(), limit: 10)
        let (_, third) = try await test.promoteNew()
        let (retired, wrapped) = try await Interleaving(test: test).run(retire(test, second)) {
            try await test.store.commit(plan, test.now)
        }
        #expect(try retired.get() == .disabled)
        #expect(try wrapped.get().overtaken == 1)
        #expect(try await test.census(second) == 0)
        #expect(try await test.store.rewrap(from: first, in: NumberRange(), limit: 10, at: test.now).rewrapped == 1)
        #expect(try await test.census(third) == 1)
        #expect(try await test.verify().damaged.isEmpty)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a key is retired only behind the last that leaves it`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        for workspace in ["ws1", "ws2"] { try await test.install(workspace) }
        let (old, _) = try await test.promoteNew()
        _ = try await test.store.rewrapDeployment(at: test.now)
        let (wrapped, retired) = try await Interleaving(test: test).run {
            try await test.store.rewrap(from: old, in: NumberRange(), limit: 10, at: test.now).rewrapped
        } _: {
            try await self.retire(test, old)()
        }
        #expect(try wrapped.get() == 2)
        #expect(try retired.get() == .disabled)
        #expect(try await test.verify().damaged.isEmpty)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `nothing is swapped to a key that stops being the primary one meanwhile`(engine: EngineUnderTest) async throws
    {
        let test = try StoreUnderTest(engine)
        try await test.install()
        let (old, new) = try await test.promoteNew()
        let next = try await test.keys.add(actor: .system).id
        let plan = try await test.store.planRewrap(from: old, in: NumberRange(), limit: 10)
        let (promoted, swapped) = try await Interleaving(test: test).run {
            try await test.store.advance(next, by: .promote, immediately: false, actor: .system, at: test.now)
        } _: {
            try await test.store.commit(plan, test.now)
        }
        #expect(try promoted.get().get().state == .primary)
        #expect(try swapped.get().overtaken == 1)
        #expect(try await test.census(new) == 0)
        #expect(try await test.census(old) == 1)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `of two steps that promote one key each there is one primary key in the end`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let (one, other) = (try await test.keys.add(actor: .system).id, try await test.keys.add(actor: .system).id)
        func promote(_ key: StorageKeyID) -> @Sendable () async throws -> StorageKeyState {
            {
                try await test.store.advance(key, by: .promote, immediately: false, actor: .system, at: test.now).get()
                    .state
            }
        }
        let (first, second) = try await Interleaving(test: test).run(promote(one), promote(other))
        #expect(try first.get() == .primary)
        #expect(try second.get() == .primary)
        #expect(try await test.primary() == other)
        #expect(try await test.states().filter { $0 == .primary }.count == 1)
        #expect(try await test.isIntact())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `two records that are appended at once have numbers without a gap, and one chain`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        func append(_ outcome: String) -> @Sendable () async throws -> Void {
            {
                try await test.store.append(
                    AuditEntry(at: test.now, actor: "system", action: "test", outcome: outcome))
            }
        }
        let met = try await Interleaving(test: test).meet(append("first"), append("second"))
        try met.first.get()
        try met.second.get()
        let records = try await test.store.auditRecords(since: nil, of: nil, page: PageRequest()).items
        #expect(records.map(\.number) == [3, 2, 1])
        #expect(
            records.prefix(2).map(\.entry.outcome) == (met.isOvertaken ? ["first", "second"] : ["second", "first"]))
        #expect(try await test.isIntact())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an API key is revoked once`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let key = try await test.store.createAPIKey(name: "k", [.read], test.now)
        let revoke: @Sendable () async throws -> Bool = {
            try await test.store.revokeAPIKey(key, actor: .system, at: test.now)
        }
        let (first, second) = try await Interleaving(test: test).run(revoke, revoke)
        #expect(try first.get())
        #expect(try !second.get())
        #expect(try await test.isIntact())
    }
}

extension Store {
    fileprivate func createAPIKey(name: String, _ scopes: Set<Scope>, _ at: Timestamp) async throws -> String {
        try await createAPIKey(name: name, APIKeyGrant(scopes: scopes), actor: .system, at: at).key.id
    }
}
