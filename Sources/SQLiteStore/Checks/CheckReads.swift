import GRDB
import Installations
import Sealing
import Store

extension SQLiteRows: CheckReads {
    func newestTimes() throws -> SeenTimes {
        let id = try Int64.fetchOne(db, sql: "SELECT id FROM event ORDER BY id DESC LIMIT 1")
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT (SELECT at FROM audit ORDER BY number DESC LIMIT 1) AS recorded,
                    CAST((SELECT max(until - length) FROM stream_hold) AS INTEGER) AS held
                """)
        return SeenTimes(
            event: id.map { EventID(number: $0) }, recorded: row?.timeIfAny("recorded"), held: row?.timeIfAny("held"))
    }

    func firstRecord() throws -> Timestamp? {
        try Int64.fetchOne(db, sql: "SELECT at FROM audit ORDER BY number LIMIT 1")
            .map { Timestamp(milliseconds: $0) }
    }

    func newestBackup(needing key: StorageKeyID?) throws -> Backup? {
        try key.map { try BackupRows.newest(needing: $0, db) } ?? BackupRows.newest(db)
    }

    /// Counted for each installation in the index, so that an add-on is looked up once for each of them and no event is read.
    func deadLetters() throws -> [(addonKey: String, count: Int)] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT addon_key, sum(count) AS count FROM
                    (SELECT installation, count(*) AS count FROM event INDEXED BY event_dead
                     WHERE state = 'dead' GROUP BY installation)
                JOIN installation ON number = installation GROUP BY addon_key ORDER BY count DESC, addon_key
                """
        ).map { ($0["addon_key"], $0["count"]) }
    }

    func failing(since: Timestamp, now: Timestamp, among limit: Int) throws -> (failing: [FailingEvents], isAll: Bool) {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT addon_key, failure, count(*) AS count, min(coalesce(replayed_at, received_at)) AS since FROM
                    (SELECT event AS held FROM stream_hold WHERE lease IS NULL LIMIT ?)
                CROSS JOIN event ON id = held JOIN installation ON number = event.installation
                WHERE state = 'pending' AND failure IS NOT NULL
                    AND coalesce(replayed_at, received_at) NOT BETWEEN ? AND ?
                GROUP BY addon_key, failure
                """, arguments: [limit, since.milliseconds + 1, now.milliseconds])
        let holds = try Int.fetchOne(
            db, sql: "SELECT count(*) FROM (SELECT 1 FROM stream_hold WHERE lease IS NULL LIMIT ?)",
            arguments: [limit + 1])
        let failing = rows.map { row in
            FailingEvents(
                addonKey: row["addon_key"], failure: row["failure"], count: row["count"], since: row.time("since"))
        }
        return (failing, (holds ?? 0) <= limit)
    }

    /// Counted in the index on the status, never in the table.
    func installationCounts() throws -> [InstallationStatus: Int64] {
        let rows = try Row.fetchAll(db, sql: "SELECT status, count(*) FROM installation GROUP BY status")
        return Dictionary(
            rows.compactMap { row in InstallationStatus(rawValue: row[0]).map { ($0, row[1] as Int64) } },
            uniquingKeysWith: +)
    }

    func oldestWaiting() throws -> EventDates? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT id, received_at FROM event INDEXED BY event_waiting
                WHERE \(StreamRows.isWaiting) ORDER BY id LIMIT 1
                """
        ).map { row in
            EventDates(id: EventID(number: row["id"]), receivedAt: row.time("received_at"), replayedAt: nil, step: 0)
        }
    }

    func deadCount() throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT count(*) FROM event WHERE state = 'dead'") ?? 0
    }
}
