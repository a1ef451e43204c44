import GRDB
import Installations
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore
@testable import Store

@Suite struct LeasingTests {
    private let fixture: DeliveryFixture

    init() throws { fixture = try DeliveryFixture() }

    @Test func `a leased event is nobody else's, and nothing overtakes it`() async throws {
        let stream = try await fixture.install()
        try await fixture.append("1")
        let event = try #require(try await fixture.head(stream))
        let (first, second) = (LeaseID.random(), LeaseID.random())
        #expect(
            try await fixture.store.lease([event], as: first, from: fixture.clock.now, until: fixture.later(60)).count
                == 1)
        #expect(
            try await fixture.store.lease([event], as: second, from: fixture.clock.now, until: fixture.later(60))
                .isEmpty)
        #expect(try await fixture.state(event.id) == .leased)
        #expect(try await fixture.head(stream) == nil)
        #expect(try await fixture.settle((event.id, second), .delivered) == false)
        #expect(try await fixture.settle((event.id, first), .delivered))
        #expect(try await fixture.head(stream)?.body == Array("1".utf8))
    }

    @Test func `an acknowledgement counts once`() async throws {
        let held = try await fixture.leaseHead(try await fixture.install())
        #expect(try await fixture.settle(held, .delivered))
        #expect(try await fixture.settle(held, .delivered) == false)
        #expect(try await fixture.store.event(held.event)?.attempts == 1)
    }

    @Test func `an acknowledgement that comes too late does not count`() async throws {
        let held = try await fixture.leaseHead(try await fixture.install(), seconds: 5)
        fixture.clock.advance(seconds: 5)
        #expect(try await fixture.settle(held, .delivered) == false)
        #expect(try await fixture.state(held.event) == .leased)
    }

    @Test func `an expired lease gives the event back, with its attempt counted`() async throws {
        let stream = try await fixture.install()
        let held = try await fixture.leaseHead(stream, seconds: 5)
        fixture.clock.advance(seconds: 5)
        let ended = try await fixture.store.endHolds(at: fixture.clock.now, limit: 10, schedule: RetrySchedule())
        #expect(ended.streams.map(\.installation) == [stream])
        let again = try #require(try await fixture.head(stream))
        #expect(again.id == held.event && again.attempts == 1)
        #expect(try await fixture.state(held.event) == .pending)
        #expect(try await fixture.store.eventDetail(held.event)?.lastFailure == "lease expired")
    }

    @Test func `an event that no worker survives becomes a dead letter in the end`() async throws {
        let stream = try await fixture.install()
        var last: EventID?
        for _ in 1...3 {
            last = try await fixture.leaseHead(stream, seconds: 2 * 86_400).event
            fixture.clock.advance(seconds: 2 * 86_400)
            _ = try await fixture.store.endHolds(at: fixture.clock.now, limit: 10, schedule: RetrySchedule())
        }
        #expect(try await fixture.state(try #require(last)) == .dead)
        #expect(fixture.store.waitingEvents == 0)
    }

    @Test func `an event given back waits, and the stream with it`() async throws {
        let stream = try await fixture.install()
        let held = try await fixture.leaseHead(stream)
        #expect(try await fixture.settle(held, .retry(at: fixture.later(2), .givenBack)))
        #expect(try await fixture.state(held.event) == .pending)
        #expect(try await fixture.head(stream) == nil)
        let detail = try #require(try await fixture.store.eventDetail(held.event))
        #expect(detail.nextAttemptAt == fixture.later(2) && detail.lastFailure == "given back by a worker")
    }

    @Test(arguments: [3_600, 86_400, 400 * 86_400] as [Int64])
    func `a clock that steps back lengthens neither a lease nor a retry's wait`(step: Int64) async throws {
        let (leased, retried) = (try await fixture.install("ws1"), try await fixture.install("ws2"))
        _ = try await fixture.leaseHead(leased, seconds: 2)
        try await fixture.settleHead(retried, .retry(at: fixture.later(3), .timeout))
        fixture.clock.advance(seconds: -step)
        let capped = try await fixture.store.endHolds(at: fixture.clock.now, limit: 1, schedule: RetrySchedule())
        #expect(capped.streams.isEmpty && capped.next == fixture.later(2))
        fixture.clock.advance(seconds: 2)
        let ended = try await fixture.store.endHolds(at: fixture.clock.now, limit: 10, schedule: RetrySchedule())
        #expect(ended.streams.map(\.installation) == [leased])
        fixture.clock.advance(seconds: 1)
        let last = try await fixture.store.endHolds(at: fixture.clock.now, limit: 10, schedule: RetrySchedule())
        #expect(last.streams.map(\.installation) == [retried])
    }

    @Test func `no wait is longer than any may be, whatever its row says`() async throws {
        let stream = try await fixture.install()
        try await fixture.settleHead(stream, .retry(at: fixture.later(60), .timeout))
        let far = fixture.later(400 * 86_400).milliseconds
        try await fixture.engine.pool.write { db in
            try db.execute(sql: "UPDATE stream_hold SET until = \(far), length = \(Int64.max)")
        }
        let capped = try await fixture.store.endHolds(at: fixture.clock.now, limit: 10, schedule: RetrySchedule())
        #expect(capped.next == fixture.later(86_400))
    }

    @Test func `lease ids cannot be guessed`() {
        let ids = (0..<100).map { _ in LeaseID.random().text }
        #expect(Set(ids).count == 100 && ids.allSatisfy { $0.utf8.count == 36 && LeaseID($0) != nil })
        #expect(LeaseID("") == nil && LeaseID("lse_1") == nil)
    }
}
