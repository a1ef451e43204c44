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
}
