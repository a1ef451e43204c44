import Installations
import Sealing
import Store
import Webhooks

extension PostgresTransaction: CheckReads {
    func newestTimes() throws -> SeenTimes {
        let row = try rows(
            """
            SELECT (SELECT max(id) FROM innkeeper.event),
                (SELECT at FROM innkeeper.audit ORDER BY number DESC LIMIT 1),
                (SELECT max(until - length) FROM innkeeper.stream_hold)
            """
        ).first
        return SeenTimes(
            event: row?.intIfAny(0).map { EventID(number: $0) }, recorded: row?.timeIfAny(1), held: row?.timeIfAny(2))
    }

    func firstRecord() throws -> Timestamp? {
        try rows("SELECT at FROM innkeeper.audit ORDER BY number LIMIT 1").first?.time(0)
    }

    func newestBackup(needing key: StorageKeyID?) throws -> Backup? {
        try BackupRows.newest(try ask(BackupRows.newest(needing: key))[0])
    }

    func deadLetters() throws -> [(addonKey: String, count: Int)] {
        try rows(
            """
            SELECT addon_key, sum(dead)::int8 FROM
                (SELECT installation, count(*) AS dead FROM innkeeper.event WHERE state = 'dead' GROUP BY installation)
                AS counted
            JOIN innkeeper.installation ON number = installation
            GROUP BY addon_key ORDER BY 2 DESC, addon_key
            """
        ).map { ($0.text(0), Int($0.int(1))) }
    }

    func failing(since: Timestamp, now: Timestamp, among limit: Int) throws -> (failing: [FailingEvents], isAll: Bool) {
        let answers = try ask(
            Query(
                """
                SELECT addon_key, failure, count(*), min(coalesce(replayed_at, received_at)) FROM
                    (SELECT event AS held FROM innkeeper.stream_hold WHERE lease IS NULL LIMIT $1) AS holds
                JOIN innkeeper.event ON id = held JOIN innkeeper.installation ON number = event.installation
                WHERE state = 'pending' AND failure IS NOT NULL
                    AND coalesce(replayed_at, received_at) NOT BETWEEN $2 AND $3
                GROUP BY addon_key, failure
                """, Int64(limit), since.milliseconds + 1, now.milliseconds),
            Query(
                """
                SELECT count(*) FROM (SELECT 1 FROM innkeeper.stream_hold WHERE lease IS NULL LIMIT $1) AS holds
                """, Int64(limit + 1)))
        let failing = answers[0].map { row in
            FailingEvents(addonKey: row.text(0), failure: row.text(1), count: Int(row.int(2)), since: row.time(3))
        }
        return (failing, (answers[1].first?.int(0) ?? 0) <= limit)
    }

    func installationCounts() throws -> [InstallationStatus: Int64] {
        let rows = try rows("SELECT status, count(*) FROM innkeeper.installation GROUP BY status")
        return Dictionary(
            rows.compactMap { row in InstallationStatus(rawValue: row.text(0)).map { ($0, row.int(1)) } },
            uniquingKeysWith: +)
    }

    func oldestWaiting() throws -> EventDates? {
        try rows(
            "SELECT id, received_at FROM innkeeper.event WHERE \(EventRows.isWaiting) ORDER BY id LIMIT 1"
        ).first.map { row in EventDates(id: row.event(0), receivedAt: row.time(1), replayedAt: nil, step: 0) }
    }

    func deadCount() throws -> Int64 {
        try rows("SELECT count(*) FROM innkeeper.event WHERE state = 'dead'").first?.int(0) ?? 0
    }
}
