import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

/// Lifecycle calls that meet other writes. The first of two has loaded and decided, and has written nothing yet.
@Suite(.timeLimit(.minutes(5))) struct InterleavedLifecycleTests {
    private func installs(
        _ test: StoreUnderTest, _ addon: String
    ) throws -> @Sendable () async throws -> LifecycleDecision {
        let id = try test.id("ws1", addon)
        let install = try test.platform.install(id)
        return { try await test.perform(id, install) }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `of two INSTALLED of one workspace the later one lives, and ends the earlier`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let (first, second) = try await Interleaving(test: test).run(installs(test, "a"), installs(test, "b"))
        #expect(try first.get() == .create)
        #expect(try second.get() == .create)
        let all = try await test.store.installations(matching: InstallationFilter(scope: .all), page: PageRequest())
        #expect(all.items.map(\.status) == [.active, .superseded])
        #expect(all.items.map(\.id.addonID.text) == ["b", "a"])
        let types = try await test.events(EventFilter(addonID: test.id("ws1", "a").addonID)).map(\.type)
        #expect(types == ["addon.superseded", "addon.installed"])
        #expect(try await test.isIntact())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `of two INSTALLED of one installation one creates and the other replaces`(engine: EngineUnderTest) async throws
    {
        let test = try StoreUnderTest(engine)
        let (first, second) = try await Interleaving(test: test).run(installs(test, "a"), installs(test, "a"))
        #expect(try first.get() == .create)
        #expect(try second.get() == .replaceTokens)
        let id = try test.id("ws1", "a")
        #expect(try await test.store.credentials(of: id)?.tokenSet == 2)
        #expect(try await test.isIntact())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `nothing enters behind the end of an installation`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let event = try await test.event()
        let (deleted, appended) = try await Interleaving(test: test).run {
            try await test.perform(test.id(), .deleted)
        } _: {
            try await test.append([event])
        }
        #expect(try deleted.get() == .end)
        #expect(try appended.get() == [.outdated])
        #expect(try await test.events().map(\.type) == ["addon.deleted", "addon.installed"])
        #expect(test.store.kept(of: stream).events == 2)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `what has entered stands before the end of its installation`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        let event = try await test.event()
        let (appended, deleted, isOvertaken) = try await Interleaving(test: test).meet {
            try await test.append([event])
        } _: {
            try await test.perform(test.id(), .deleted)
        }
        #expect(try appended.get() == [isOvertaken ? .outdated : .appended])
        #expect(try deleted.get() == .end)
        let entered = isOvertaken ? [] : ["NEW_TIME_ENTRY"]
        #expect(try await test.events().map(\.type) == ["addon.deleted"] + entered + ["addon.installed"])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an installation key goes under the primary key that is replaced meanwhile, and comes to the new one`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let (old, new) = (try await test.primary(), try await test.keys.add(actor: .system).id)
        let (installed, promoted) = try await Interleaving(test: test).run(installs(test, "a")) {
            try await test.store.advance(new, by: .promote, immediately: false, actor: .system, at: test.now)
        }
        #expect(try installed.get() == .create)
        #expect(try promoted.get().get().state == .primary)
        // The key is counted where it is, so the old one is not retired before it has come over.
        #expect(try await test.census(old) == 1)
        _ = try await test.store.rewrapDeployment(at: test.now)
        await #expect(throws: StorageKeyError.self) {
            _ = try await test.keys.advance(old, by: .retire, actor: .system)
        }
        #expect(try await test.store.rewrap(from: old, in: NumberRange(), limit: 10, at: test.now).rewrapped == 1)
        #expect(try await test.keys.advance(old, by: .retire, actor: .system).state == .disabled)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `nothing is wrapped under a primary key that was replaced before`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let (old, new) = (try await test.primary(), try await test.keys.add(actor: .system).id)
        let (promoted, installed) = try await Interleaving(test: test).run {
            try await test.store.advance(new, by: .promote, immediately: false, actor: .system, at: test.now)
        } _: {
            try await self.installs(test, "a")()
        }
        #expect(try promoted.get().get().state == .primary)
        #expect(try installed.get() == .create)
        #expect(try await test.census(old) == 0)
        #expect(try await test.census(new) == 1)
    }
}
