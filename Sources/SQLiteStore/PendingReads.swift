import GRDB
import Installations
import Marketplace
import Webhooks

/// The newest pending events, however many wait behind rows of other states: sorting all of them would take seconds.
enum PendingReads {
    /// Every stream with a pending event below an id, one step in the index each; those with the newest first.
    static func streams(_ filter: EventFilter, before position: Int64, limit: Int) -> Query {
        var query = Query(
            """
            WITH RECURSIVE stream (installation) AS (
                SELECT 0 UNION ALL
                SELECT (SELECT event.installation FROM event INDEXED BY event_waiting
                    WHERE \(StreamRows.isWaiting) AND event.installation > stream.installation
                    ORDER BY event.installation LIMIT 1)
                FROM stream WHERE stream.installation IS NOT NULL)
            SELECT number, (SELECT id FROM event INDEXED BY event_waiting
                WHERE event.installation = number AND \(EventRows.condition(.pending)) AND id < ?
                ORDER BY id DESC LIMIT 1) AS newest
            FROM stream JOIN installation ON number = stream.installation
            """, position)
        if let addonKey = filter.addonKey { query.require("addon_key = ?", addonKey.text) }
        if let addonID = filter.addonID { query.require("addon_id = ?", addonID.text) }
        query.require("newest IS NOT NULL")
        query.end("ORDER BY newest DESC LIMIT ?", limit)
        return query
    }

    /// Those of all streams together, newest first.
    static func newest(
        _ filter: EventFilter, before position: Int64, _ limit: Int, _ db: Database
    ) throws -> [EventSummary] {
        var found: [EventSummary] = []
        for stream in try streams(filter, before: position, limit: limit).fetchAll(db) {
            // Once enough are found, only newer ones count; streams come by their newest.
            let oldest = found.count == limit ? found[limit - 1].id.number : 0
            guard stream["newest"] as Int64 > oldest else { break }
            let rows = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT \(EventRows.columns)
                        FROM event INDEXED BY event_waiting JOIN installation ON number = event.installation
                        WHERE event.installation = ? AND \(EventRows.condition(.pending)) AND id < ? AND id > ?
                        ORDER BY id DESC LIMIT ?
                        """), arguments: [stream["number"] as Int64, position, oldest, limit])
            found += try rows.map(EventRows.summary)
            found.sort { $0.id.number > $1.id.number }
            found.removeLast(max(0, found.count - limit))
        }
        return found
    }
}
