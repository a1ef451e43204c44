import GRDB
import Installations
import Marketplace
import Sealing
import Webhooks

/// Streams in SQL. Nothing here ever walks over a backlog: `event_waiting` leads to a stream's head at once.
enum StreamRows {
    /// Word for word the condition of `event_waiting`, or SQLite does not use it.
    static let isWaiting = "state IN ('pending', 'leased')"

    /// The stream of an installation, when something waits and nothing holds it.
    static func ready(_ installation: Int64, _ db: Database) throws -> EventStream? {
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT addon_key, (SELECT attempts FROM event INDEXED BY event_waiting
                        WHERE event.installation = number AND \(isWaiting) ORDER BY id LIMIT 1) AS attempts
                    FROM installation
                    WHERE number = ? AND NOT EXISTS (SELECT 1 FROM stream_hold WHERE stream_hold.installation = number)
                    """), arguments: [installation])
        guard let row, let attempts = row["attempts"] as Int64? else { return nil }
        guard let addonKey = AddonKey(row["addon_key"] as String) else {
            throw StoreError.corruptRow(table: "installation", number: installation)
        }
        return EventStream(installation: installation, addonKey: addonKey, hasFailed: attempts > 0)
    }

    /// The next installation after `installation` with a waiting event: one step in the index, whatever its backlog.
    static func next(after installation: Int64, _ db: Database) throws -> Int64? {
        try Int64.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT installation FROM event INDEXED BY event_waiting
                    WHERE \(isWaiting) AND installation > ? ORDER BY installation LIMIT 1
                    """), arguments: [installation])
    }

    /// Whether something waits, held back or not.
    static func hasWaiting(_ installation: Int64, _ db: Database) throws -> Bool {
        try Int64.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT id FROM event INDEXED BY event_waiting
                    WHERE installation = ? AND \(isWaiting) ORDER BY id LIMIT 1
                    """), arguments: [installation]) != nil
    }

    /// Holds a stream back, in place of an earlier hold.
    static func hold(
        _ installation: Int64, event: EventID, until: Timestamp, lease: LeaseID? = nil, _ db: Database
    ) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO stream_hold (installation, event, until, lease) VALUES (?, ?, ?, ?)
                ON CONFLICT (installation) DO UPDATE
                SET event = excluded.event, until = excluded.until, lease = excluded.lease
                """
        ).execute(arguments: [installation, event.number, until.milliseconds, lease?.text])
    }

    /// Destroys the key of an ended installation that no event needs any more. Returns whether it did.
    ///
    /// Dead letters need it: they can be read and replayed until they are cleared away.
    static func destroyKeyIfDone(_ installation: Int64, _ at: Timestamp, _ db: Database) throws -> Bool {
        try db.cachedStatement(
            sql: """
                UPDATE installation
                SET wrapped_key = NULL, storage_key = NULL, installation_key = NULL, updated_at = ?2,
                    version = version + 1
                WHERE number = ?1 AND ended_at IS NOT NULL AND wrapped_key IS NOT NULL
                    AND NOT EXISTS (SELECT 1 FROM event INDEXED BY event_waiting
                        WHERE event.installation = ?1 AND \(isWaiting))
                    AND NOT EXISTS (SELECT 1 FROM event INDEXED BY event_dead
                        WHERE event.installation = ?1 AND state = 'dead')
                """
        ).execute(arguments: [installation, at.milliseconds])
        guard db.changesCount == 1 else { return false }
        try db.execute(sql: "DELETE FROM outgoing_key WHERE installation = ?", arguments: [installation])
        return true
    }
}
