import GRDB
import Installations
import Marketplace
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore
@testable import Store

/// Pending events that lie behind many rows of other states.
@Suite struct EventReadsTests {
    private let fixture: DeliveryFixture

    init() throws { fixture = try DeliveryFixture() }

    /// Settled rows newer than all there is.
    private func bury() async throws {
        let next = fixture.store.eventIDs.next(at: fixture.later(60)).number
        try await fixture.engine.pool.write { db in
            try db.execute(
                sql: """
                    WITH RECURSIVE row (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM row LIMIT 5001)
                    INSERT INTO event (id, installation, type, state, received_at, settled_at)
                    SELECT ? + number, 1, 'NEW_TIME_ENTRY', 'delivered', 0, 0 FROM row
                    """, arguments: [next])
        }
    }

    private func pages(_ filter: EventFilter, limit: Int) async throws -> [[EventID]] {
        var (pages, cursor): ([[EventID]], Installations.Cursor?) = ([], nil)
        repeat {
            let page = try await fixture.store.events(
                matching: filter, page: PageRequest(limit: limit, cursor: cursor))
            pages.append(page.items.map(\.id))
            cursor = page.next
        } while cursor != nil
        return pages
    }

    @Test(arguments: [1, 2, 3, 7, 100])
    func `they are listed newest first, page by page, whosever they are`(limit: Int) async throws {
        var events: [EventID] = []
        for workspace in ["ws1", "ws2", "ws3", "ws4"] {
            let stream = try await fixture.install(workspace)
            if workspace == "ws4" {
                _ = try await fixture.leaseHead(stream)
            } else {
                try await fixture.settleHead(stream, .delivered)
            }
        }
        for round in 1...4 {
            for workspace in ["ws2", "ws1", "ws1", "ws3"] where round < 4 || workspace == "ws1" {
                events += try await fixture.append("\(round)", to: workspace)
            }
        }
        try await bury()
        let pages = try await pages(EventFilter(state: .pending), limit: limit)
        #expect(pages.flatMap { $0 } == events.reversed())
        #expect(pages.dropLast().allSatisfy { $0.count == limit })
        let key = fixture.platform.manifest.key
        #expect(
            try await self.pages(EventFilter(state: .pending, addonKey: key), limit: limit).flatMap { $0 }
                == events.reversed())
        let other = try #require(AddonKey("another"))
        #expect(try await self.pages(EventFilter(state: .pending, addonKey: other), limit: limit) == [[]])
        let one = try fixture.platform.id("ws2", "inst-ws2").addonID
        #expect(
            try await self.pages(EventFilter(state: .pending, addonID: one), limit: limit).flatMap { $0 }.count == 3)
    }

    @Test func `pending events are read in the order of their index, whatever is asked of them`() async throws {
        let plans = try await fixture.engine.pool.read { db in
            try ["", "AND addon_key = 'x'", "AND addon_id = 'x'", "AND id > 2 AND id < 9 AND type = 'x'"].map { more in
                let sql = """
                    SELECT \(EventRows.columns)
                    FROM event INDEXED BY event_waiting CROSS JOIN installation ON number = event.installation
                    WHERE \(EventRows.condition(.pending)) \(more) ORDER BY id DESC LIMIT 9
                    """
                return try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql).map { $0["detail"] as String }
            }
        }
        for plan in plans {
            #expect(plan.first?.contains("event USING INDEX event_waiting") == true, "\(plan)")
            #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
        }
    }
}
