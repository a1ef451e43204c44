import GRDB
import Installations
import Marketplace
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore

@Suite struct EventIndexesTests {
    private let fixture: DeliveryFixture

    init() throws {
        fixture = try DeliveryFixture()
    }

    @Test func `no query by installation walks over events or sorts them`() async throws {
        let plans = try await fixture.store.pool.read { db in
            try [
                EventIndexes.sealed("id"), EventIndexes.sealed("id", "AND id > 1") + " ORDER BY id",
                "SELECT id FROM event WHERE id = (\(EventIndexes.newestUndelivered))",
            ].map { sql in try plan(sql, [1], db) }
                + ([nil] + EventState.allCases).map { state in try plan(EventIndexes.newest(state), [1, 9, 2], db) }
        }
        for plan in plans {
            #expect(plan.contains { $0.hasPrefix("SEARCH event USING") }, "\(plan)")
            #expect(!plan.contains { $0.hasPrefix("SCAN event") || $0.contains("TEMP B-TREE") }, "\(plan)")
        }
    }

    private func plan(_ sql: String, _ arguments: StatementArguments, _ db: Database) throws -> [String] {
        try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql, arguments: arguments).map { $0["detail"] }
    }

    @Test func `the events of a workspace are listed newest first over states and installations`() async throws {
        let stream = try await fixture.install()
        var ids = [try await fixture.settleHead(stream, .delivered)]
        ids += try await fixture.append("1", "2", "3")
        try await fixture.settleHead(stream, .dead(.timeout))
        try await fixture.settleHead(stream, .delivered)
        // Another installation of the same workspace, which ends the first, and one of another workspace.
        let next = try fixture.platform.id("ws1", "inst-next")
        _ = try await fixture.store.perform(
            fixture.platform.call(next, try fixture.platform.install(next), at: fixture.clock.now))
        try await fixture.install("ws2")

        var filter = EventFilter(workspaceID: WorkspaceID("ws1"))
        let all = try await fixture.store.events(matching: filter, page: PageRequest()).items
        #expect(all.map(\.id) == all.map(\.id).sorted(by: >))
        #expect(all.count == 6 && Set(all.map(\.id)).isSuperset(of: ids))
        var (paged, cursor): ([EventID], Installations.Cursor?) = ([], nil)
        repeat {
            let page = try await fixture.store.events(matching: filter, page: PageRequest(limit: 2, cursor: cursor))
            (paged, cursor) = (paged + page.items.map(\.id), page.next)
        } while cursor != nil
        #expect(paged == all.map(\.id))

        for (state, expected) in [(EventState.delivered, [ids[2], ids[0]]), (.dead, [ids[1]]), (.leased, [])] {
            filter.state = state
            #expect(try await fixture.store.events(matching: filter, page: PageRequest()).items.map(\.id) == expected)
        }
        filter = EventFilter(state: .pending, workspaceID: WorkspaceID("ws1"), addonID: next.addonID)
        #expect(
            try await fixture.store.events(matching: filter, page: PageRequest()).items.map(\.type) == [
                "addon.installed"
            ])
    }
}
