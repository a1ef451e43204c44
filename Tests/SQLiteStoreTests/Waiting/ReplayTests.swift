import Installations
import Marketplace
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore
@testable import Store

@Suite struct ReplayTests {
    private let fixture: DeliveryFixture

    init() throws { fixture = try DeliveryFixture() }

    private func replay(_ event: EventID) async throws -> ReplayAnswer {
        try await fixture.store.replay(event, actor: .local(userID: 7), at: fixture.clock.now)
    }

    @Test func `a replayed event takes its old place and starts over`() async throws {
        let stream = try await fixture.install()
        try await fixture.append("1", "2")
        try await fixture.settleHead(stream, .delivered)
        let dead = try await fixture.settleHead(stream, .dead(.status(400)))
        fixture.clock.advance(seconds: 4 * 86_400)
        #expect(try await replay(dead) == .replayed)
        let head = try #require(try await fixture.head(stream))
        #expect(head.id == dead && head.attempts == 0 && head.waitsSince == fixture.clock.now)
        #expect(fixture.store.waitingEvents == 2)
        #expect(fixture.store.arrivals.drain().streams.contains(stream))
    }

    @Test func `each replay is in the audit log`() async throws {
        let stream = try await fixture.install()
        let dead = try await fixture.settleHead(stream, .dead(.status(400)))
        _ = try await replay(dead)
        let page = try await fixture.store.auditRecords(since: nil, of: nil, page: PageRequest(limit: 1))
        let entry = try #require(page.items.first?.entry)
        #expect(entry.action == "event.replay" && entry.subject == dead.text && entry.actor == "local:7")
    }

    @Test func `a pending event is tried at once`() async throws {
        let stream = try await fixture.install()
        let event = try await fixture.settleHead(stream, .retry(at: fixture.later(3600), .status(503)))
        #expect(try await replay(event) == .replayed)
        #expect(try await fixture.head(stream)?.id == event)
        #expect(fixture.store.waitingEvents == 1)
    }

    @Test func `what was delivered or is a worker's is not replayed`() async throws {
        let stream = try await fixture.install()
        let delivered = try await fixture.settleHead(stream, .delivered)
        #expect(try await replay(delivered) == .delivered)
        try await fixture.append("1")
        let held = try await fixture.leaseHead(stream)
        #expect(try await replay(held.event) == .leased)
        #expect(try await replay(EventID(number: 1)) == .unknown)
        #expect(try await fixture.settle(held, .delivered), "the lease is untouched")
    }

    @Test func `nothing follows the end of a stream that was delivered`() async throws {
        let stream = try await fixture.install()
        let dead = try await fixture.settleHead(stream, .dead(.status(400)))
        try await fixture.uninstall()
        #expect(try await replay(dead) == .replayed, "the end has not been told yet")
        try await fixture.settleHead(stream, .dead(.status(400)))
        let end = try await fixture.settleHead(stream, .dead(.status(400)))
        #expect(try await replay(end) == .replayed, "the end itself may be told again")
        try await fixture.settleHead(stream, .delivered)
        #expect(try await replay(dead) == .closed)
    }

    @Test func `dead events are replayed in batches, by add-on and by when they died`() async throws {
        for number in 1...5 {
            fixture.clock.advance(seconds: 60)
            try await fixture.settleHead(try await fixture.install("ws\(number)"), .dead(.status(410)))
        }
        func batch(_ filter: DeadFilter, after: EventID?) async throws -> ReplayBatch {
            try await fixture.store.replayDead(
                filter, after: after, limit: 2, actor: .system, at: fixture.clock.now)
        }
        let other = try await batch(DeadFilter(addonKey: AddonKey("another")), after: nil)
        #expect(other.replayed == 0 && other.last == nil)
        let recent = try await batch(DeadFilter(since: fixture.clock.now), after: nil)
        #expect(recent.replayed == 1)
        var (total, after): (Int, EventID?) = (0, nil)
        repeat {
            let next = try await batch(DeadFilter(), after: after)
            total += next.replayed
            after = next.last
        } while after != nil
        #expect(total == 4 && fixture.store.waitingEvents == 5)
    }
}
