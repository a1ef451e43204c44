import GRDB
package import Installations
import Marketplace
package import Webhooks

extension SQLiteStore {
    /// Rows looked at for a page of pending events before the index of waiting ones is asked.
    private static let newestRows = 5_000

    package func events(
        matching filter: EventFilter, page: PageRequest
    ) async throws(StoreError) -> Page<EventSummary> {
        // Pending events are not in the index by state. Where many wait, the newest rows are full of them; where few do,
        // the index of waiting events is short.
        if filter.state == .pending, filter.workspaceID == nil {
            let newest = try await events(filter, page, from: Self.newest(before: page.cursor))
            if newest.next != nil { return newest }
            return try await events(filter, page, from: "event INDEXED BY event_waiting")
        }
        return try await events(filter, page, from: "event")
    }

    private static func newest(before cursor: Installations.Cursor?) -> String {
        // A number of our own, never a text of somebody else's.
        let position = cursor?.position ?? .max
        return "(SELECT * FROM event WHERE id < \(position) ORDER BY id DESC LIMIT \(newestRows)) AS event"
    }

    private func events(
        _ filter: EventFilter, _ page: PageRequest, from source: String
    ) async throws(StoreError) -> Page<EventSummary> {
        var query = Query("SELECT \(EventRows.columns) FROM \(source) JOIN installation ON number = installation")
        if let state = filter.state { query.require(EventRows.condition(state)) }
        if let addonKey = filter.addonKey { query.require("addon_key = ?", addonKey.text) }
        if let workspaceID = filter.workspaceID { query.require("workspace_id = ?", workspaceID.text) }
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
