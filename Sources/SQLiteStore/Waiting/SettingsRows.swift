import GRDB
import Installations
import Store
import Webhooks

/// Whose settings are to be erased, and how far that has come.
enum SettingsRows {
    /// Notes that an installation has ended.
    static func note(_ installation: InstallationNumber, endedAt: Timestamp, _ db: Database) throws {
        try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO settings_to_erase (installation, ended_at) VALUES (?, ?)"
        ).execute(arguments: [installation, endedAt.milliseconds])
    }

    /// Notes how far an installation is looked through; all of it for nil.
    static func erased(_ installation: InstallationNumber, through event: EventID?, _ db: Database) throws {
        if let event {
            try db.execute(
                sql: "UPDATE settings_to_erase SET through = ? WHERE installation = ?",
                arguments: [event.number, installation])
        } else {
            try db.execute(sql: "DELETE FROM settings_to_erase WHERE installation = ?", arguments: [installation])
        }
    }

    /// What is due, with so many events looked at as are asked for, and whether there may be more.
    static func due(
        _ question: SweepQuestion, _ waitingIndex: WaitingIndex, _ db: Database
    ) throws -> (due: [SettingsToErase], hasMore: Bool) {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: "SELECT installation, through FROM settings_to_erase WHERE ended_at < ? ORDER BY ended_at"),
            arguments: [question.endedBefore.milliseconds])
        let sealed = try SealedEvents(waitingIndex, db)
        var (due, left): ([SettingsToErase], Int) = ([], question.limit)
        while left > 0 {
            guard let row = try rows.next() else { return (due, false) }
            let (installation, through): (InstallationNumber, Int64) = (row[0], row[1])
            let ids = try sealed.ids(of: installation, after: through, limit: left)
            let isAll = ids.count < left
            due.append(
                SettingsToErase(
                    stream: installation,
                    events: try ids.compactMap { try settings($0, of: installation, question.settingsType, db) },
                    through: isAll ? nil : ids.last.map { EventID(number: $0) }))
            left -= max(1, ids.count)
        }
        return (due, true)
    }

    private static func settings(
        _ event: Int64, of installation: InstallationNumber, _ type: String?, _ db: Database
    ) throws -> SettingsEvent? {
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT state, length(sealed_body),
                        EXISTS (SELECT 1 FROM stream_hold WHERE stream_hold.installation = ?3 AND stream_hold.event = ?1)
                    FROM event WHERE id = ?1 AND type = ?2 AND sealed_body IS NOT NULL
                    """), arguments: [event, type, installation])
        guard let row, let state = EventState(rawValue: row[0]) else { return nil }
        let kept = KeptEvent(id: EventID(number: event), stream: installation, bytes: row[1])
        return SettingsEvent(event: kept, state: state, isHeld: row[2])
    }
}
