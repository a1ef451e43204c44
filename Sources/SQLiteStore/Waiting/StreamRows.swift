import GRDB
import Installations
import Marketplace
import Sealing
import Webhooks

/// Streams in SQL. Nothing here ever walks over a backlog: `WaitingIndex` knows which event is at a stream's head.
enum StreamRows {
    /// The attempts of an event as they are counted on: a number that somebody wrote into the file must not run over.
    static let attempts = "min(max(attempts, 0), 1 << 30)"

    /// Word for word the condition of `event_waiting`, or SQLite does not use it.
    static let isWaiting = "state IN ('pending', 'leased')"

    /// What `fetch` finds of the event at the head of a stream; nil when nothing waits. `fetch` selects by the event's id
    /// and `isWaiting`: memory may know of events that do not wait in the eyes of this connection.
    static func head<T>(
        of installation: Int64, _ waitingIndex: WaitingIndex, fetch: (Int64) throws -> T?
    ) rethrows -> T? {
        var last = Int64.min
        while let id = waitingIndex.first(of: installation, after: last) {
            if let found = try fetch(id) { return found }
            last = id
        }
        return nil
    }

    /// The stream of an installation, when something waits and nothing holds it.
    static func ready(_ installation: Int64, _ waitingIndex: WaitingIndex, _ db: Database) throws -> EventStream? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT addon_key, attempts,
                    EXISTS (SELECT 1 FROM stream_hold WHERE stream_hold.installation = number) AS is_held
                FROM event JOIN installation ON number = event.installation
                WHERE id = ? AND \(isWaiting)
                """)
        let row = try head(of: installation, waitingIndex) { id in try Row.fetchOne(statement, arguments: [id]) }
        guard let row, !row["is_held"] else { return nil }
        guard let addonKey = AddonKey(row["addon_key"] as String) else {
            throw StoreError.corruptRow(table: "installation", number: installation)
        }
        return EventStream(installation: installation, addonKey: addonKey, hasFailed: row.attempts > 0)
    }

    /// Holds a stream back from now on, in place of an earlier hold.
    static func hold(
        _ installation: Int64, event: EventID, from now: Timestamp, until: Timestamp, lease: LeaseID? = nil,
        _ db: Database
    ) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO stream_hold (installation, event, until, length, lease) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (installation) DO UPDATE
                SET event = excluded.event, until = excluded.until, length = excluded.length, lease = excluded.lease
                """
        ).execute(arguments: [
            installation, event.number, until.milliseconds, max(0, until.milliseconds - now.milliseconds), lease?.text,
        ])
    }

    /// Destroys the key of an ended installation that no event needs any more. Returns whether it did.
    ///
    /// Dead letters need it: they can be read and replayed until they are cleared away.
    static func destroyKeyIfDone(
        _ installation: Int64, _ at: Timestamp, _ waitingIndex: WaitingIndex, _ db: Database
    ) throws -> Bool {
        guard !waitingIndex.hasWaiting(installation) else { return false }
        try db.cachedStatement(
            sql: """
                UPDATE installation
                SET wrapped_key = NULL, storage_key = NULL, installation_key = NULL, updated_at = ?2,
                    version = \(InstallationRows.nextVersion)
                WHERE number = ?1 AND ended_at IS NOT NULL AND wrapped_key IS NOT NULL
                    AND NOT EXISTS (SELECT 1 FROM event INDEXED BY event_dead
                        WHERE event.installation = ?1 AND state = 'dead')
                """
        ).execute(arguments: [installation, at.milliseconds])
        guard db.changesCount == 1 else { return false }
        try db.execute(sql: "DELETE FROM outgoing_key WHERE installation = ?", arguments: [installation])
        return true
    }
}
