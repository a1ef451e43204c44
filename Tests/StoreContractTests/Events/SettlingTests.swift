import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

/// What became of deliveries.
@Suite struct SettlingTests {
    @Test(arguments: EngineUnderTest.allCases)
    func `settlements of one transaction are answered in their order, also several of one stream`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let other = try await test.install("ws2")
        let events = try await test.append("1", "2")
        let first = try #require(try await test.head(stream)).id
        func settle(_ event: EventID, _ change: Settlement.Change) -> Settlement {
            Settlement(event: event, change: change, at: test.now)
        }
        let otherHead = try #require(try await test.head(other)).id
        let results = try await test.store.settle([
            settle(first, .delivered), settle(EventID(number: 1), .delivered), settle(events[0], .dead(.timeout)),
            settle(first, .delivered), settle(otherHead, .delivered), settle(events[1], .delivered),
        ])
        #expect(results.map(\.isApplied) == [true, false, true, false, true, true])
        #expect(results.map(\.hasMore) == [true, false, true, true, false, false])
        #expect(try await test.state(events[0]) == .dead)
        #expect(test.store.waitingEvents == 0 && test.store.kept.events == 1)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `the key of an ended installation goes with its last event, also when several are settled together`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        try await test.settleHead(try await test.install(), .delivered)
        try await test.append("1")
        try await test.uninstall()
        // Each looks to itself as if the other were left.
        let waiting = try await test.events().map(\.id).sorted().suffix(2)
        let results = try await test.store.settle(
            waiting.map { Settlement(event: $0, change: .delivered, at: test.now) })
        #expect(results.map(\.isApplied) == [true, true])
        #expect(results.map(\.hasMore) == [true, false])
        #expect(try await !test.hasKey())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `one whose request gave up is withdrawn, and the others are settled`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let (one, other) = (try await test.install("ws1"), try await test.install("ws2"))
        let ticket = WriteTicket()
        #expect(ticket.withdraw())
        let heads = [try #require(try await test.head(one)), try #require(try await test.head(other))]
        let results = try await test.store.settle([
            Settlement(event: heads[0].id, change: .delivered, at: test.now, ticket: ticket),
            Settlement(event: heads[1].id, change: .delivered, at: test.now),
        ])
        #expect(results.map(\.isApplied) == [false, true])
        #expect(try await test.state(heads[0].id) == .pending)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `what the target took is delivered, also when it was given up meanwhile`(engine: EngineUnderTest) async throws
    {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let event = try await test.settleHead(stream, .dead(.timeout))
        let late = Settlement(event: event, change: .dead(.timeout), at: test.now)
        #expect(try await test.store.settle([late]).map(\.isApplied) == [false])
        let taken = Settlement(event: event, change: .delivered, at: test.now)
        #expect(try await test.store.settle([taken]).map(\.isApplied) == [true])
        #expect(try await test.state(event) == .delivered)
        #expect(test.store.kept.events == 0 && test.store.kept.bytes == 0)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an attempt is counted for each delivery, and none for what was not sent`(engine: EngineUnderTest) async throws
    {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.append("1")
        let first = try await test.settleHead(stream, .retry(at: test.later(1), .status(500)))
        test.clock.advance(seconds: 1)
        try await test.endHolds()
        try await test.settleHead(stream, .dead(.status(400)))
        #expect(try await test.store.event(first)?.attempts == 2)
        let second = try await test.settleHead(stream, .dead(.damaged))
        #expect(try await test.store.event(second)?.attempts == 0)
        #expect(try await test.store.eventDetail(second)?.lastFailure == DeliveryFailure.damaged.text)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `what is put off waits without an attempt and without a failure`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let event = try await test.settleHead(stream, .postponed(until: test.later(5)))
        #expect(try await test.head(stream) == nil)
        let detail = try #require(try await test.store.eventDetail(event))
        #expect(detail.nextAttemptAt == test.later(5) && detail.lastFailure == nil && detail.summary.attempts == 0)
        test.clock.advance(seconds: 5)
        #expect(try await test.endHolds().streams.map(\.installation) == [stream])
        #expect(try await test.head(stream)?.attempts == 0)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a stream that was leased is told of when its event is settled and more waits`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.append("1")
        let held = try await test.leaseHead(stream)
        _ = test.store.arrivals.drain()
        #expect(try await test.settle(held, .delivered))
        #expect(test.store.arrivals.drain().streams == [stream])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `what is kept of an installation is counted with its bodies, and is the same when opened again`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let (one, other) = (try await test.install("ws1"), try await test.install("ws2"))
        try await test.append("12345", to: "ws1")
        try await test.settleHead(one, .dead(.timeout))
        try await test.settleHead(other, .delivered)
        let kept = test.store.kept(of: one)
        #expect(kept.events == 2 && kept.bytes > 5 && test.store.kept(of: other) == KeptEvents())
        #expect(test.store.kept == kept && test.store.waitingEvents == 1)
        let again = try test.reopened()
        #expect(again.store.kept == kept && again.store.kept(of: one) == kept && again.store.waitingEvents == 1)
        #expect(try await again.head(one)?.body == Array("12345".utf8))
    }
}
