import Installations
import Marketplace
import Store
import TestSupport
import Testing
import Webhooks

/// Targets to which nothing is pushed.
@Suite struct PauseTests {
    private let actor = Actor.local(userID: 7)

    @Test(arguments: EngineUnderTest.allCases)
    func `a pause lasts until it is ended, over a restart too, and both are on record`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let target = TargetID(addonKey: test.platform.manifest.key)
        let since = test.now
        #expect(try await test.store.pause(target, actor: actor, at: since))
        test.clock.advance(seconds: 60)
        #expect(try await !test.store.pause(target, actor: actor, at: test.now))
        #expect(test.store.pauses.since(target) == since)
        let again = try test.reopened()
        #expect(again.store.pauses.since(target) == nil)
        try await again.store.loadPauses()
        #expect(again.store.pauses.since(target) == since)
        #expect(try await again.store.storedPauses() == [TargetPause(target: target, since: since)])
        #expect(try await again.store.resume(target, actor: actor, at: again.now))
        #expect(try await !again.store.resume(target, actor: actor, at: again.now))
        #expect(again.store.pauses.since(target) == nil)
        let records = try await again.store.auditRecords(since: nil, of: nil, page: PageRequest(limit: 2)).items
        #expect(records.map(\.entry.action) == ["target.resume", "target.pause"])
        #expect(records.allSatisfy { $0.entry.subject == target.text && $0.entry.actor == actor.text })
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `who watches is woken, and others are paused or not as they were`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let key = test.platform.manifest.key
        let (one, other) = (TargetID(addonKey: key), TargetID(addonKey: key, name: "other"))
        _ = try await test.store.pause(one, actor: actor, at: test.now)
        _ = try await test.store.pause(other, actor: actor, at: test.now)
        _ = try await test.store.resume(one, actor: actor, at: test.now)
        #expect(try await test.store.storedPauses().map(\.target) == [other])
        #expect(test.store.pauses.since(one) == nil && test.store.pauses.since(other) != nil)
    }
}
