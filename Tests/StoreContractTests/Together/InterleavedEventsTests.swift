import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

/// What becomes of events while something else decides about the same ones.
@Suite(.timeLimit(.minutes(5))) struct InterleavedEventsTests {
    /// Settles an event at a moment.
    private func settle(
        _ test: StoreUnderTest, _ event: EventID, _ change: Settlement.Change = .delivered, under lease: LeaseID? = nil
    ) -> @Sendable () async throws -> Bool? {
        let settlement = Settlement(event: event, change: change, lease: lease, at: test.now)
        return { try await test.store.settle([settlement]).first?.isApplied }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a lease that is ended while its answer comes settles nothing`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let held = try await test.leaseHead(stream, seconds: 5)
        // By the clock of whoever answered the lease still lasts, by that of whoever ends it not any more.
        let answer = settle(test, held.event, under: held.lease)
        test.clock.advance(seconds: 5)
        await test.store.noteClock(at: test.now)
        let (ended, settled) = try await Interleaving(test: test).run {
            try await test.endHolds()
        } _: {
            try await answer()
        }
        #expect(try ended.get().streams.map(\.installation) == [stream])
        #expect(try settled.get() == false)
        #expect(try await test.state(held.event) == .pending)
        #expect(try await test.head(stream)?.attempts == 1)
        #expect(test.store.waitingEvents == 1)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a lease whose answer came is not ended, and its event is settled once`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let held = try await test.leaseHead(stream, seconds: 5)
        let answer = settle(test, held.event, under: held.lease)
        test.clock.advance(seconds: 5)
        let (settled, ended) = try await Interleaving(test: test).run {
            try await answer()
        } _: {
            try await test.endHolds()
        }
        #expect(try settled.get() == true)
        #expect(try ended.get().streams.isEmpty)
        #expect(try await test.state(held.event) == .delivered)
        #expect(try await test.store.event(held.event)?.attempts == 1)
        #expect(test.store.waitingEvents == 0 && test.store.kept.events == 0)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an event that is settled twice at once is settled once`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let event = try #require(try await test.head(stream)).id
        let (first, second) = try await Interleaving(test: test).run(
            settle(test, event), settle(test, event, .dead(.timeout)))
        #expect(try first.get() == true)
        #expect(try second.get() == false)
        #expect(try await test.state(event) == .delivered)
        #expect(try await test.store.event(event)?.attempts == 1)
        #expect(test.store.kept.events == 0)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an event is leased to one of two workers`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let event = try #require(try await test.head(try await test.install()))
        let lease: @Sendable () async throws -> Int = {
            try await test.store.lease([event], as: .random(), from: test.now, until: test.later(60)).count
        }
        let met = try await Interleaving(test: test).meet(lease, lease)
        #expect(try met.first.get() == (met.isOvertaken ? 0 : 1))
        #expect(try met.second.get() == (met.isOvertaken ? 1 : 0))
        #expect(try await test.store.event(event.id)?.attempts == 1)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a dead letter that is replayed is not cleared away`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let dead = try await test.settleHead(stream, .dead(.timeout))
        test.clock.advance(seconds: 7 * 86_400 + 1)
        await test.store.noteClock(at: test.now)
        let (replayed, swept) = try await Interleaving(test: test).run {
            try await test.replay(dead)
        } _: {
            try await test.store.sweep(at: test.now, retention: EventRetention(days: 7), limit: 100)
        }
        #expect(try replayed.get() == .replayed)
        #expect(try swept.get().removed == 0)
        #expect(try await test.head(stream)?.id == dead)
        #expect(test.store.waitingEvents == 1)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a dead letter that is cleared away is not replayed`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let dead = try await test.settleHead(try await test.install(), .dead(.timeout))
        test.clock.advance(seconds: 7 * 86_400 + 1)
        await test.store.noteClock(at: test.now)
        let (swept, replayed) = try await Interleaving(test: test).run {
            try await test.store.sweep(at: test.now, retention: EventRetention(days: 7), limit: 100)
        } _: {
            try await test.replay(dead)
        }
        #expect(try swept.get().removed == 1)
        #expect(try replayed.get() == .unknown)
        #expect(test.store.kept.events == 0)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `the last event of an ended installation takes the key with it, whoever settles which`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let event = try #require(try await test.head(stream)).id
        let (settled, ended) = try await Interleaving(test: test).run(settle(test, event)) {
            try await test.perform(test.id(), .deleted)
        }
        #expect(try settled.get() == true)
        #expect(try ended.get() == .end)
        #expect(try await test.hasKey(), "the end is not told yet")
        try await test.settleHead(stream, .delivered)
        #expect(try await !test.hasKey())
    }
}
