import GRDB
import Installations
import Marketplace
import Store
import Webhooks

extension SQLiteRows: EventReads {
    func events(matching filter: EventFilter, page: PageRequest) throws -> Page<EventSummary> {
        if let workspaceID = filter.workspaceID { return try events(of: workspaceID, filter, page) }
        let (above, below) = filter.ids(page)
        // Pending events are not in the index by state.
        let source = filter.state == .pending ? "event INDEXED BY event_waiting" : "event"
        func select(_ start: String, above: Int64) -> Query {
            var query = Query(start)
            if let state = filter.state { query.require(EventRows.condition(state)) }
            query.require("id > ?", above)
            query.require("id < ?", below)
            return query
        }
        var floor: Int64?
        if !filter.isIndexed {
            var query = select("SELECT id FROM \(source)", above: above)
            query.end("ORDER BY id DESC LIMIT 1 OFFSET ?", filter.mostRead - 1)
            floor = try query.fetchAll(db).first?[0]
        }
        // The cross join keeps the order: without it an index of installations may seem better.
        var query = select(
            "SELECT \(EventRows.columns) FROM \(source) CROSS JOIN installation ON number = event.installation",
            above: floor.map { $0 - 1 } ?? above)
        query.require(addon: filter.addonKey, among: filter.addons)
        if let addonID = filter.addonID { query.require("addon_id = ?", addonID.text) }
        query.require(arrival: filter)
        query.end("ORDER BY id DESC LIMIT ?", page.limit + 1)
        let rows = try query.fetchAll(db)
        return Page(
            surplus: rows.map(EventRows.summaryIfAny), limit: page.limit, positions: rows.map { $0["id"] }, floor: floor
        )
    }

    func events(_ ids: [EventID]) throws -> [StoredEvent] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(EventRows.columns), settled_at, replayed_at, failure, \(ClockRows.column),
                    (SELECT until FROM stream_hold
                     WHERE stream_hold.installation = number AND stream_hold.event = event.id) AS until
                FROM event JOIN installation ON number = event.installation WHERE id = ?
                """)
        return try ids.compactMap { id in
            try Row.fetchOne(statement, arguments: [id.number]).map { row in
                StoredEvent(
                    summary: try EventRows.summary(row), dates: EventRows.dates(row),
                    heldUntil: row.timeIfAny("until"), failure: row["failure"],
                    settledAt: row.timeIfAny("settled_at"))
            }
        }
    }

    func pauses() throws -> [TargetPause] { try TargetRows.pauses(db) }

    func bodies(of ids: [EventID]) throws -> [StoredBody] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT id, type, number, addon_key, workspace_id, addon_id, sealed_body,
                    \(InstallationKeyColumns.columns)
                FROM event JOIN installation ON number = event.installation \(InstallationKeyColumns.join)
                WHERE id = ? AND sealed_body IS NOT NULL
                """)
        return try ids.compactMap { try Row.fetchOne(statement, arguments: [$0.number]).map(EventRows.body) }
    }
}
