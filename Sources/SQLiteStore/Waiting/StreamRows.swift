import GRDB
import Installations
import Marketplace
import Store
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
        of installation: InstallationNumber, _ waitingIndex: WaitingIndex, fetch: (Int64) throws -> T?
    ) rethrows -> T? {
        var last = Int64.min
        while let id = waitingIndex.first(of: installation, after: last) {
            if let found = try fetch(id) { return found }
            last = id
        }
        return nil
    }

    /// The stream of an installation, when something waits and nothing holds it.
    static func ready(
        _ installation: InstallationNumber, _ waitingIndex: WaitingIndex, _ db: Database
    ) throws -> EventStream? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT addon_key, attempts,
                    EXISTS (SELECT 1 FROM stream_hold WHERE stream_hold.installation = number) AS is_held
                FROM event JOIN installation ON number = event.installation
                WHERE id = ? AND \(isWaiting)
                """)
        let row = try head(of: installation, waitingIndex) { id in try Row.fetchOne(statement, arguments: [id]) }
        guard let row, !row["is_held"] else { return nil }
        // A name that no add-on has: somebody changed it, which `doctor` tells. It must keep nobody else's stream.
        guard let addonKey = AddonKey(row["addon_key"] as String) else { return nil }
        return EventStream(installation: installation, addonKey: addonKey, hasFailed: row.attempts > 0)
    }

    /// Holds a stream back, in place of an earlier hold.
    static func hold(
        _ installation: InstallationNumber, event: EventID, until: Timestamp, length: Int64, lease: LeaseID? = nil,
        _ db: Database
    ) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO stream_hold (installation, event, until, length, lease) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (installation) DO UPDATE
                SET event = excluded.event, until = excluded.until, length = excluded.length, lease = excluded.lease
                """
        ).execute(arguments: [installation, event.number, until.milliseconds, length, lease?.text])
    }

    /// What holds a stream back because of an event; nil when nothing does.
    static func hold(
        of installation: InstallationNumber, _ event: EventID, _ db: Database
    ) throws -> (lease: String?, until: Timestamp)? {
        try Row.fetchOne(
            db.cachedStatement(sql: "SELECT lease, until FROM stream_hold WHERE installation = ? AND event = ?"),
            arguments: [installation, event.number]
        ).map { ($0[0], Timestamp(milliseconds: $0[1])) }
    }

    /// Whether an installation has ended and has its key, and has no dead letters but these. Whether anything waits, the index
    /// knows.
    static func isLast(_ events: [EventID], of installation: InstallationNumber, _ db: Database) throws -> Bool {
        let hasEnded = try Bool.fetchOne(
            db.cachedStatement(
                sql: "SELECT ended_at IS NOT NULL AND wrapped_key IS NOT NULL FROM installation WHERE number = ?"),
            arguments: [installation])
        guard hasEnded == true else { return false }
        let dead = try Int64.fetchAll(
            db.cachedStatement(sql: EventIndexes.deadAfter), arguments: [installation, Int64.min, events.count + 1])
        return dead.count <= events.count && Set(events.map(\.number)).isSuperset(of: dead)
    }

    /// The type of the last event of a stream that is not delivered; nil when there is none.
    static func lastType(
        of installation: InstallationNumber, _ waitingIndex: WaitingIndex, _ db: Database
    ) throws -> String? {
        try String.fetchOne(
            db.cachedStatement(
                sql: "SELECT type FROM event WHERE id = max(ifnull((\(EventIndexes.newestDead)), 0), ?2)"),
            arguments: [installation, waitingIndex.newest(of: installation) ?? 0])
    }
}
