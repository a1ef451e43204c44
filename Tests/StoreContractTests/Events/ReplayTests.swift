import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

/// Events that are delivered again.
@Suite struct ReplayTests {
    @Test(arguments: EngineUnderTest.allCases)
    func `a replayed event takes its old place and starts over`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.append("1", "2")
        try await test.settleHead(stream, .delivered)
        let dead = try await test.settleHead(stream, .dead(.status(400)))
        test.clock.advance(seconds: 4 * 86_400)
        _ = test.store.arrivals.drain()
        #expect(try await test.replay(dead) == .replayed)
        let head = try #require(try await test.head(stream))
        #expect(head.id == dead && head.attempts == 0 && head.waitsSince == test.now)
        #expect(test.store.waitingEvents == 2)
        #expect(test.store.arrivals.drain().streams.contains(stream))
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `each replay is in the audit log`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let dead = try await test.settleHead(stream, .dead(.status(400)))
        _ = try await test.replay(dead)
        let page = try await test.store.auditRecords(since: nil, of: nil, page: PageRequest(limit: 1))
        let entry = try #require(page.items.first?.entry)
        #expect(entry.action == "event.replay" && entry.subject == dead.text && entry.actor == "local:7")
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a pending event is tried at once`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let event = try await test.settleHead(stream, .retry(at: test.later(3600), .status(503)))
        #expect(try await test.replay(event) == .replayed)
        #expect(try await test.head(stream)?.id == event)
        #expect(test.store.waitingEvents == 1)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `what was delivered or is a worker's is not replayed`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let delivered = try await test.settleHead(stream, .delivered)
        #expect(try await test.replay(delivered) == .delivered)
        try await test.append("1")
        let held = try await test.leaseHead(stream)
        #expect(try await test.replay(held.event) == .leased)
        #expect(try await test.replay(EventID(number: 1)) == .unknown)
        #expect(try await test.settle(held, .delivered), "the lease is untouched")
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `nothing follows the end of a stream that was delivered`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let dead = try await test.settleHead(stream, .dead(.status(400)))
        try await test.uninstall()
        #expect(try await test.replay(dead) == .replayed, "the end has not been told yet")
        try await test.settleHead(stream, .dead(.status(400)))
        let end = try await test.settleHead(stream, .dead(.status(400)))
        #expect(try await test.replay(end) == .replayed, "the end itself may be told again")
        try await test.settleHead(stream, .delivered)
        #expect(try await test.replay(dead) == .closed)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `dead events are replayed in batches, by add-on and by when they died`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        for number in 1...5 {
            test.clock.advance(seconds: 60)
            try await test.settleHead(try await test.install("ws\(number)"), .dead(.status(410)))
        }
        func batch(_ filter: DeadFilter, after: EventID?) async throws -> ReplayBatch {
            try await test.store.replayDead(
                filter, after: after, limit: 2, actor: .system, at: test.now)
        }
        let other = try await batch(DeadFilter(addonKey: AddonKey("another")), after: nil)
        #expect(other.replayed == 0 && other.last == nil)
        _ = test.store.arrivals.drain()
        let before = try await test.audit().count
        let recent = try await batch(DeadFilter(since: test.now), after: nil)
        #expect(recent.replayed == 1)
        #expect(test.store.arrivals.drain().streams == [5])
        #expect(try await test.audit().count == before + 1)
        #expect(try await test.audit(1) == ["event.replay 1 dead events replayed, 0 left"])
        var (total, after): (Int, EventID?) = (0, nil)
        repeat {
            let next = try await batch(DeadFilter(), after: after)
            total += next.replayed
            after = next.last
        } while after != nil
        #expect(total == 4 && test.store.waitingEvents == 5)
    }
}
