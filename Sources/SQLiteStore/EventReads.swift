import GRDB
package import Installations
import Marketplace
package import Webhooks

extension SQLiteStore {
    /// Rows looked at for a page of pending events before the streams are asked one by one.
    private static let newestRows = 5_000

    package func events(
        matching filter: EventFilter, page: PageRequest
    ) async throws(StoreError) -> Page<EventSummary> {
        if let workspaceID = filter.workspaceID { return try await events(of: workspaceID, filter, page) }
        // Pending events are not in the index by state. Where many installations wait, the newest rows are most likely
        // full of them.
        if filter.state == .pending {
            let newest = try await events(filter, page, from: Self.newest, page.cursor?.position ?? .max)
            if newest.next != nil { return newest }
            return try await read { db in
                Page(
                    surplus: try PendingReads.newest(filter, before: page.cursor?.position ?? .max, page.limit + 1, db),
                    limit: page.limit, position: \.id.number)
            }
        }
        return try await events(filter, page, from: "event")
    }

    /// The newest rows of all states below an id.
    private static let newest = "(SELECT * FROM event WHERE id < ? ORDER BY id DESC LIMIT \(newestRows)) AS event"

    private func events(
        _ filter: EventFilter, _ page: PageRequest, from source: String, _ value: Int64? = nil
    ) async throws(StoreError) -> Page<EventSummary> {
        var query = Query(
            "SELECT \(EventRows.columns) FROM \(source) JOIN installation ON number = installation", value)
        if let state = filter.state { query.require(EventRows.condition(state)) }
        if let addonKey = filter.addonKey { query.require("addon_key = ?", addonKey.text) }
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
                    SELECT \(EventRows.columns), settled_at, replayed_at, failure,
                        (SELECT until FROM stream_hold
                         WHERE stream_hold.installation = number AND stream_hold.event = id) AS until
                    FROM event JOIN installation ON number = event.installation WHERE id = ?
                    """, arguments: [id.number])
            return try row.map { row in
                EventDetail(
                    summary: try EventRows.summary(row), nextAttemptAt: row.timeIfAny("until"),
                    lastFailure: row["failure"], settledAt: row.timeIfAny("settled_at"),
                    replayedAt: row.timeIfAny("replayed_at"))
            }
        }
    }
}
