import GRDB
import Installations
import Marketplace
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore
@testable import Store

/// The order of a stream, and what is found at its head.
@Suite struct StreamTests {
    private let fixture: DeliveryFixture

    init() throws { fixture = try DeliveryFixture() }

    @Test func `a stream begins with its install, goes on in order and ends with its uninstall`() async throws {
        let stream = try await fixture.install()
        try await fixture.append("1", "2")
        try await fixture.append("3")
        try await fixture.uninstall()
        var seen: [String] = []
        while let event = try await fixture.head(stream) {
            seen.append(event.type == "NEW_TIME_ENTRY" ? String(decoding: event.body, as: UTF8.self) : event.type)
            try await fixture.settleHead(stream, .delivered)
        }
        #expect(seen == ["addon.installed", "1", "2", "3", "addon.deleted"])
    }

    @Test func `a body comes out byte for byte and goes when it is settled`() async throws {
        let stream = try await fixture.install()
        try await fixture.settleHead(stream, .delivered)
        let body = #"{ "a" : 1.50,\#t"b":"\u00e9" }"#
        let event = try #require(try await fixture.append(body).first)
        #expect(try await fixture.head(stream)?.body == Array(body.utf8))
        try await fixture.settleHead(stream, .delivered)
        #expect(try await fixture.state(event) == .delivered)
        #expect(try await fixture.value("SELECT count(*) FROM event WHERE sealed_body IS NOT NULL") == 0)
        #expect(fixture.store.waitingEvents == 0)
    }

    @Test func `a retry keeps the whole stream back, and only this one`() async throws {
        let (failing, healthy) = (try await fixture.install("ws1"), try await fixture.install("ws2"))
        let event = try await fixture.settleHead(failing, .retry(at: fixture.later(10), .status(500)))
        #expect(try await fixture.head(failing) == nil)
        #expect(try await fixture.head(healthy) != nil)
        #expect(try await fixture.store.ready([failing, healthy]).map(\.installation) == [healthy])

        let early = try await fixture.store.endHolds(at: fixture.later(9), limit: 10, schedule: RetrySchedule())
        #expect(early.count == 0 && early.next == fixture.later(10))
        let due = try await fixture.store.endHolds(at: fixture.later(10), limit: 10, schedule: RetrySchedule())
        #expect(
            due.streams == [
                EventStream(installation: failing, addonKey: fixture.platform.manifest.key, hasFailed: true)
            ])
        let again = try #require(try await fixture.head(failing))
        #expect(again.id == event && again.attempts == 1, "the same id at every attempt")
    }

    @Test func `a dead letter does not keep back what came after it`() async throws {
        let stream = try await fixture.install()
        try await fixture.append("1")
        let dead = try await fixture.settleHead(stream, .dead(.status(400)))
        #expect(try await fixture.state(dead) == .dead)
        #expect(try await fixture.head(stream)?.body == Array("1".utf8))
        let detail = try #require(try await fixture.store.eventDetail(dead))
        #expect(detail.lastFailure == "HTTP 400" && detail.settledAt == fixture.clock.now)
        #expect(fixture.store.waitingEvents == 1)
    }

    @Test func `a body that does not open is told apart from a storage key that is missing`() async throws {
        let stream = try await fixture.install()
        let event = try #require(try await fixture.head(stream)).id
        try await fixture.engine.pool.write { db in
            try db.execute(
                sql: """
                    UPDATE event
                    SET sealed_body = CAST(substr(sealed_body, 1, length(sealed_body) - 1) || x'00' AS BLOB)
                    """)
        }
        guard case .damaged(event)? = try await fixture.store.heads(of: [stream], bytes: 1).first else {
            Issue.record("not damaged")
            return
        }
        try await fixture.engine.pool.write { db in
            // The key's id is in the header of the sealed value: bytes 2 to 9.
            try db.execute(
                sql: """
                    UPDATE installation SET wrapped_key =
                        CAST(substr(wrapped_key, 1, 2) || zeroblob(8) || substr(wrapped_key, 11) AS BLOB)
                    """
            )
        }
        guard case .locked(event)? = try await fixture.store.heads(of: [stream], bytes: 1).first else {
            Issue.record("not locked")
            return
        }
    }

    @Test func `one look brings no more bodies to memory than it was granted, and at least one`() async throws {
        var streams: [InstallationNumber] = []
        for number in 1...3 {
            streams.append(try await fixture.install("ws\(number)"))
            try await fixture.settleHead(try #require(streams.last), .delivered)
            try await fixture.append(String(repeating: "x", count: 1000), to: "ws\(number)")
        }
        let heads = try await fixture.store.heads(of: streams, bytes: 1100)
        let words = heads.map { head in
            switch head {
            case .event: "event"
            case .postponed: "postponed"
            default: "other"
            }
        }
        #expect(words == ["event", "event", "postponed"])
    }

    @Test func `a walk over all streams takes one step for each, in pages`() async throws {
        var streams: [InstallationNumber] = []
        for number in 1...5 { streams.append(try await fixture.install("ws\(number)")) }
        try await fixture.settleHead(streams[1], .delivered)
        try await fixture.settleHead(streams[3], .retry(at: fixture.later(60), .timeout))
        var (found, after): ([InstallationNumber], Int64?) = ([], 0)
        while let first = after {
            let page = try await fixture.store.readyStreams(after: first, limit: 2)
            found += page.streams.map(\.installation)
            after = page.last
        }
        #expect(found == [streams[0], streams[2], streams[4]])
    }

    @Test func `no query of delivery walks over a backlog`() async throws {
        let plans = try await fixture.engine.pool.read { db in
            try [
                "SELECT id FROM event INDEXED BY event_waiting WHERE \(StreamRows.isWaiting) AND id < 1 ORDER BY id LIMIT 1",
                "SELECT installation FROM stream_hold WHERE until <= 1 ORDER BY until LIMIT 1",
                "SELECT id FROM event WHERE \(EventRows.condition(.delivered)) AND id < 1 ORDER BY id LIMIT 1",
                "SELECT id FROM event WHERE \(EventRows.condition(.dead)) AND id < 1 ORDER BY id DESC LIMIT 1",
            ].map { sql in
                try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql).map { $0["detail"] as String }.joined()
            }
        }
        for plan in plans {
            #expect(plan.hasPrefix("SEARCH") && plan.contains("INDEX") && !plan.contains("TEMP B-TREE"), "\(plan)")
        }
    }

    @Test func `every stream that gets an event is told of`() async throws {
        _ = fixture.store.arrivals.drain()
        let stream = try await fixture.install()
        #expect(fixture.store.arrivals.drain().streams == [stream])
        try await fixture.append("1", "2")
        #expect(fixture.store.arrivals.drain().streams == [stream])
        try await fixture.uninstall()
        #expect(fixture.store.arrivals.drain().streams == [stream])
    }

    @Test func `pending events are listed newest first, whether they are many or few`() async throws {
        let stream = try await fixture.install()
        let ids = try await fixture.append("1", "2", "3")
        try await fixture.settleHead(stream, .delivered)
        for limit in [2, 10] {
            let page = try await fixture.store.events(
                matching: EventFilter(state: .pending), page: PageRequest(limit: limit))
            #expect(page.items.map(\.id) == Array(ids.reversed().prefix(limit)))
            #expect((page.next != nil) == (limit == 2))
        }
        let delivered = try await fixture.store.events(matching: EventFilter(state: .delivered), page: PageRequest())
        #expect(delivered.items.map(\.type) == ["addon.installed"])
    }
}
