import Installations
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore
@testable import Store

@Suite struct RetentionTests {
    private let fixture: DeliveryFixture

    init() throws { fixture = try DeliveryFixture() }

    @discardableResult
    private func sweep(afterDays days: Int64 = 0) async throws -> SweepResult {
        fixture.clock.advance(seconds: days * 86_400)
        return try await fixture.store.sweep(
            at: fixture.clock.now, retention: EventRetention(days: 7), limit: 100)
    }

    private func hasKey(_ installation: InstallationNumber) async throws -> Bool {
        try await fixture.value("SELECT wrapped_key IS NOT NULL FROM installation WHERE number = \(installation)")
            == true
    }

    @Test func `a delivered event's row stays for its days and then goes`() async throws {
        let event = try await fixture.settleHead(try await fixture.install(), .delivered)
        #expect(try await sweep(afterDays: 6).removed == 0)
        #expect(try await fixture.state(event) == .delivered)
        fixture.clock.advance(seconds: 1)
        #expect(try await sweep(afterDays: 1).removed == 1)
        #expect(try await fixture.state(event) == nil)
    }

    @Test func `a dead letter stays as long after its death`() async throws {
        let stream = try await fixture.install()
        fixture.clock.advance(seconds: 3 * 86_400)
        let event = try await fixture.settleHead(stream, .dead(.timeout))
        #expect(try await sweep(afterDays: 6).removed == 0)
        #expect(try await fixture.state(event) == .dead)
        fixture.clock.advance(seconds: 1)
        #expect(try await sweep(afterDays: 1).removed == 1)
    }

    @Test func `an event that nobody takes becomes a dead letter, and what follows it as well in its time`()
        async throws
    {
        let stream = try await fixture.install()
        try await fixture.settleHead(stream, .retry(at: fixture.later(60), .timeout))
        let first = try #require(
            try await fixture.store.events(matching: EventFilter(), page: PageRequest()).items.first)
        fixture.clock.advance(seconds: 86_400)
        try await fixture.append("1")
        fixture.clock.advance(seconds: 6 * 86_400 + 1)
        #expect(try await sweep().expired == 1)
        #expect(try await fixture.state(first.id) == .dead)
        #expect(try await fixture.store.eventDetail(first.id)?.lastFailure == "nobody took it")
        #expect(try await fixture.head(stream)?.body == Array("1".utf8), "its hold went with it")
        #expect(fixture.store.waitingEvents == 1)
    }

    @Test func `a replayed event has its days anew`() async throws {
        let stream = try await fixture.install()
        let event = try await fixture.settleHead(stream, .dead(.timeout))
        fixture.clock.advance(seconds: 6 * 86_400)
        _ = try await fixture.store.replay(event, actor: .system, at: fixture.clock.now)
        #expect(try await sweep(afterDays: 6).expired == 0)
        fixture.clock.advance(seconds: 1)
        #expect(try await sweep(afterDays: 1).expired == 1)
    }

    @Test func `a sweep is bounded and says that there is more`() async throws {
        let stream = try await fixture.install()
        try await fixture.append("1", "2", "3", "4")
        for _ in 1...5 { try await fixture.settleHead(stream, .delivered) }
        fixture.clock.advance(seconds: 8 * 86_400)
        var removed: [Int] = []
        while true {
            let step = try await fixture.store.sweep(
                at: fixture.clock.now, retention: EventRetention(days: 7), limit: 2)
            removed.append(step.removed)
            guard step.hasMore else { break }
        }
        #expect(removed == [2, 2, 1])
    }

    @Test func `an ended installation's key lives until its last event is delivered, and no longer`() async throws {
        let stream = try await fixture.install()
        try await fixture.append("1")
        try await fixture.uninstall()
        try await fixture.settleHead(stream, .delivered)
        try await fixture.settleHead(stream, .delivered)
        #expect(try await hasKey(stream))
        try await fixture.settleHead(stream, .delivered)
        #expect(try await hasKey(stream) == false)
        let id = try fixture.platform.id("ws1", "inst-ws1")
        #expect(try await fixture.store.installation(id)?.storageKey == nil)
    }

    @Test func `a dead letter keeps the key until it is cleared away`() async throws {
        let stream = try await fixture.install()
        let dead = try await fixture.settleHead(stream, .dead(.status(400)))
        try await fixture.uninstall()
        try await fixture.settleHead(stream, .delivered)
        #expect(try await hasKey(stream))
        #expect(try await fixture.store.eventBody(dead, actor: .system, at: fixture.clock.now) != nil)
        fixture.clock.advance(seconds: 1)
        #expect(try await sweep(afterDays: 7).destroyedKeys == 1)
        #expect(try await hasKey(stream) == false)
    }

    @Test func `clearing away a dead letter leaves the key to what still waits`() async throws {
        let stream = try await fixture.install()
        try await fixture.settleHead(stream, .dead(.status(400)))
        fixture.clock.advance(seconds: 86_400)
        try await fixture.uninstall()
        fixture.clock.advance(seconds: 1)
        let cleared = try await sweep(afterDays: 6)
        #expect(cleared.removed == 1 && cleared.destroyedKeys == 0)
        #expect(try await hasKey(stream))
        try await fixture.settleHead(stream, .delivered)
        #expect(try await hasKey(stream) == false)
    }

    @Test func `a live installation keeps its key when nothing waits`() async throws {
        let stream = try await fixture.install()
        try await fixture.settleHead(stream, .delivered)
        #expect(try await hasKey(stream))
    }

    @Test func `under constant traffic the file stops growing`() async throws {
        let stream = try await fixture.install()
        var sizes: [Int] = []
        for _ in 1...40 {
            for _ in 1...5 { try await fixture.append(String(repeating: "x", count: 2000)) }
            while try await fixture.head(stream) != nil { try await fixture.settleHead(stream, .delivered) }
            try await sweep(afterDays: 1)
            sizes.append(try #require(try await fixture.value("PRAGMA page_count", as: Int.self)))
        }
        // A week's rows are there after a week; from then on as many go as come.
        #expect(sizes[39] <= sizes[15] + 2, "\(sizes)")
        #expect(try await fixture.value("SELECT count(*) FROM event", as: Int.self) ?? 0 <= 5 * 8)
    }
}
