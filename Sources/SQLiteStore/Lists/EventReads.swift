import GRDB
package import Installations
import Marketplace
package import Webhooks

extension SQLiteStore {
    package func events(
        matching filter: EventFilter, page: PageRequest
    ) async throws(StoreError) -> Page<EventSummary> {
        if let workspaceID = filter.workspaceID { return try await events(of: workspaceID, filter, page) }
        // Pending events are not in the index by state.
        let source = filter.state == .pending ? "event INDEXED BY event_waiting" : "event"
        var query = Query(
            "SELECT \(EventRows.columns) FROM \(source) JOIN installation ON number = event.installation")
        if let state = filter.state { query.require(EventRows.condition(state)) }
        query.require(addon: filter.addonKey, among: filter.addons)
        if let addonID = filter.addonID { query.require("addon_id = ?", addonID.text) }
        if let cursor = page.cursor { query.require("id < ?", cursor.position) }
        query.end("ORDER BY id DESC LIMIT ?", page.limit + 1)
        return try await read { [query] db in
            let events = try query.fetchAll(db).map(EventRows.summary)
            return Page(surplus: events, limit: page.limit, position: \.id.number)
        }
    }

    package func eventDetail(_ id: EventID) async throws(StoreError) -> EventDetail? {
        try await read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT \(EventRows.columns), settled_at, replayed_at, failure, \(ClockSteps.column),
                        (SELECT until FROM stream_hold
                         WHERE stream_hold.installation = number AND stream_hold.event = id) AS until
                    FROM event JOIN installation ON number = event.installation WHERE id = ?
                    """, arguments: [id.number])
            return try row.map { row in
                EventDetail(
                    summary: try EventRows.summary(row), nextAttemptAt: row.timeIfAny("until"),
                    lastFailure: row["failure"], settledAt: row.timeIfAny("settled_at"),
                    replayedAt: row.timeIfAny("replayed_at"), waitsSince: try ClockSteps(db).waitsSince(row))
            }
        }
    }
}
