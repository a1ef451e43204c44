import GRDB
import Installations
import Marketplace
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore
@testable import Store

@Suite struct EventIndexesTests {
    private let fixture: DeliveryFixture

    init() throws {
        fixture = try DeliveryFixture()
    }

    @Test func `no query by installation walks over events or sorts them`() async throws {
        let plans = try await fixture.engine.pool.read { db in
            try [
                plan("SELECT id FROM event WHERE id = (\(EventIndexes.newestDead))", [1], db),
                plan(EventIndexes.deadAfter, [1, 9, 2], db), plan(EventIndexes.deadBefore, [1, 9, 2], db),
                plan(EventIndexes.group, [1], db), plan(EventIndexes.ofGroup, [1, 9, 2, 0], db),
            ]
        }
        for plan in plans {
            #expect(plan.contains { $0.hasPrefix("SEARCH event USING") }, "\(plan)")
            #expect(!plan.contains { $0.hasPrefix("SCAN event") || $0.contains("TEMP B-TREE") }, "\(plan)")
        }
        #expect(plans.last?.first?.contains("(<expr>=? AND installation=? AND rowid<?)") == true)
    }

    @Test func `delivered events of many days are listed in order`() async throws {
        var ids = [try await fixture.settleHead(try await fixture.install("ws1"), .delivered)]
        try await fixture.settleHead(try await fixture.install("ws2"), .delivered)
        for day in 0..<5 {
            fixture.clock.advance(seconds: 86_400)
            let other = try await fixture.append("x", to: "ws2")
            try await settle(other)
            guard day != 2 else { continue }
            let events = try await fixture.append("1", "2", "3")
            try await settle(events)
            ids += events
        }
        for limit in [1, 2, 4, 100] {
            var (paged, cursor): ([EventID], Installations.Cursor?) = ([], nil)
            repeat {
                let page = try await fixture.store.events(
                    matching: EventFilter(state: .delivered, workspaceID: WorkspaceID("ws1")),
                    page: PageRequest(limit: limit, cursor: cursor))
                (paged, cursor) = (paged + page.items.map(\.id), page.next)
            } while cursor != nil
            #expect(paged == Array(ids.reversed()))
        }
    }

    private func settle(_ events: [EventID]) async throws {
        let results = try await fixture.store.settle(
            events.map { Settlement(event: $0, change: .delivered, at: fixture.clock.now) })
        #expect(results.map(\.isApplied) == events.map { _ in true })
    }

    private func plan(_ sql: String, _ arguments: StatementArguments, _ db: Database) throws -> [String] {
        try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql, arguments: arguments).map { $0["detail"] }
    }

    @Test func `the oldest waiting event is found behind delivered ones`() async throws {
        let stream = try await fixture.install()
        try await fixture.settleHead(stream, .delivered)
        #expect(try await fixture.store.sample().oldestWaiting == nil)
        fixture.clock.advance(seconds: 60)
        try await fixture.append("1")
        let oldest = fixture.clock.now
        fixture.clock.advance(seconds: 60)
        try await fixture.append("2")
        #expect(try await fixture.store.sample().oldestWaiting == oldest)
        _ = try await fixture.leaseHead(stream)
        #expect(try await fixture.store.sample().oldestWaiting == oldest)
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

    @Test func `of a workspace, the one event that is leased is told from those that are pending`() async throws {
        let stream = try await fixture.install()
        try await fixture.append("1", "2", "3")
        let first = try await fixture.settleHead(stream, .dead(.timeout))
        let leased = try await fixture.leaseHead(stream).event
        // So that one is older than the leased one.
        _ = try await fixture.store.replay(first, actor: .system, at: fixture.clock.now)
        func list(_ state: EventState, limit: Int) async throws -> [EventID] {
            var (ids, cursor): ([EventID], Installations.Cursor?) = ([], nil)
            repeat {
                let page = try await fixture.store.events(
                    matching: EventFilter(state: state, workspaceID: WorkspaceID("ws1")),
                    page: PageRequest(limit: limit, cursor: cursor))
                (ids, cursor) = (ids + page.items.map(\.id), page.next)
            } while cursor != nil
            return ids
        }
        for limit in [1, 2, 3, 10] {
            #expect(try await list(.leased, limit: limit) == [leased])
            let pending = try await list(.pending, limit: limit)
            #expect(pending.count == 3 && pending == pending.sorted(by: >) && !pending.contains(leased))
        }
    }
}
