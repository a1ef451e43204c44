import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

/// Events that a worker holds, and what becomes of them when it does not answer.
@Suite struct LeaseTests {
    @Test(arguments: EngineUnderTest.allCases)
    func `a leased event is nobody else's, and nothing overtakes it`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.append("1")
        let event = try #require(try await test.head(stream))
        let (first, second) = (LeaseID.random(), LeaseID.random())
        #expect(
            try await test.store.lease([event], as: first, from: test.now, until: test.later(60)).count
                == 1)
        #expect(
            try await test.store.lease([event], as: second, from: test.now, until: test.later(60))
                .isEmpty)
        #expect(try await test.state(event.id) == .leased)
        #expect(try await test.head(stream) == nil)
        #expect(try await test.settle((event.id, second), .delivered) == false)
        #expect(try await test.settle((event.id, first), .delivered))
        #expect(try await test.head(stream)?.body == Array("1".utf8))
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an acknowledgement counts once`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let held = try await test.leaseHead(try await test.install())
        #expect(try await test.settle(held, .delivered))
        #expect(try await test.settle(held, .delivered) == false)
        #expect(try await test.store.event(held.event)?.attempts == 1)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an acknowledgement that comes too late does not count`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let held = try await test.leaseHead(try await test.install(), seconds: 5)
        test.clock.advance(seconds: 5)
        #expect(try await test.settle(held, .delivered) == false)
        #expect(try await test.state(held.event) == .leased)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an expired lease gives the event back, with its attempt counted`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let held = try await test.leaseHead(stream, seconds: 5)
        test.clock.advance(seconds: 5)
        let ended = try await test.endHolds(limit: 10)
        #expect(ended.streams.map(\.installation) == [stream])
        let again = try #require(try await test.head(stream))
        #expect(again.id == held.event && again.attempts == 1)
        #expect(try await test.state(held.event) == .pending)
        #expect(try await test.store.eventDetail(held.event)?.lastFailure == "lease expired")
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an event that no worker survives becomes a dead letter in the end`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        var last: EventID?
        for _ in 1...3 {
            last = try await test.leaseHead(stream, seconds: 2 * 86_400).event
            test.clock.advance(seconds: 2 * 86_400)
            _ = try await test.endHolds(limit: 10)
        }
        #expect(try await test.state(try #require(last)) == .dead)
        #expect(test.store.waitingEvents == 0)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an event given back waits, and the stream with it`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let held = try await test.leaseHead(stream)
        #expect(try await test.settle(held, .retry(at: test.later(2), .givenBack)))
        #expect(try await test.state(held.event) == .pending)
        #expect(try await test.head(stream) == nil)
        let detail = try #require(try await test.store.eventDetail(held.event))
        #expect(detail.nextAttemptAt == test.later(2) && detail.lastFailure == "given back by a worker")
    }

    @Test(arguments: EngineUnderTest.allCases, [3_600, 86_400, 400 * 86_400] as [Int64])
    func `a clock that steps back lengthens neither a lease nor a retry's wait`(
        engine: EngineUnderTest, step: Int64
    ) async throws {
        let test = try StoreUnderTest(engine)
        let (leased, retried) = (try await test.install("ws1"), try await test.install("ws2"))
        _ = try await test.leaseHead(leased, seconds: 2)
        try await test.settleHead(retried, .retry(at: test.later(3), .timeout))
        test.clock.advance(seconds: -step)
        let capped = try await test.endHolds(limit: 1)
        #expect(capped.streams.isEmpty && capped.next == test.later(2))
        test.clock.advance(seconds: 2)
        let ended = try await test.endHolds(limit: 10)
        #expect(ended.streams.map(\.installation) == [leased])
        test.clock.advance(seconds: 1)
        let last = try await test.endHolds(limit: 10)
        #expect(last.streams.map(\.installation) == [retried])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `no wait is longer than any may be, whatever its row says`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.settleHead(stream, .retry(at: test.later(60), .timeout))
        try await test.damage(.hold(of: stream, until: test.later(400 * 86_400)))
        let capped = try await test.endHolds(limit: 10)
        #expect(capped.next == test.later(86_400))
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `the end of a lease changes nothing of an event that was settled meanwhile`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.append("1")
        let held = try await test.leaseHead(stream, seconds: 5)
        let taken = Settlement(event: held.event, change: .delivered, at: test.now)
        #expect(try await test.store.settle([taken]).map(\.isApplied) == [true])
        test.clock.advance(seconds: 5)
        #expect(try await test.endHolds().streams.map(\.installation) == [stream])
        #expect(try await test.state(held.event) == .delivered)
        #expect(try await test.head(stream)?.body == Array("1".utf8))
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `the transaction that ends holds says which streams go on`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        _ = try await test.leaseHead(stream, seconds: 10)
        test.clock.advance(seconds: 11)
        test.engine.resetCalls()
        #expect(try await test.endHolds().streams.map(\.installation) == [stream])
        // The clock, whether any is too long, and which have ended. Asked afterwards which go on, that could fail, and nobody would
        // be told again.
        #expect(test.engine.calls["read"] == 3)
    }
}
