import GRDB
import Installations
import Webhooks

/// The settings in events that nobody took while their installation lived. They are erased some days after its end, whatever
/// is retried, leased or replayed; all else of its events stays as long as any event does.
enum SettingsToErase {
    private static let type = LifecycleDecision.storeSettings.eventType

    /// Notes that an installation has ended.
    static func note(_ installation: Int64, endedAt: Int64, _ db: Database) throws {
        try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO settings_to_erase (installation, ended_at) VALUES (?, ?)"
        ).execute(arguments: [installation, endedAt])
    }

    /// Erases what is due, looking at `limit` events at most. Returns whether there may be more.
    static func erase(
        endedBefore moment: Timestamp, at now: Timestamp, limit: Int, _ waitingIndex: WaitingIndex,
        _ batch: inout SettlingBatch,
        _ db: Database
    ) throws -> Bool {
        var left = limit
        while left > 0 {
            let row = try Row.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT installation, through FROM settings_to_erase WHERE ended_at < ? ORDER BY ended_at LIMIT 1
                        """), arguments: [moment.milliseconds])
            guard let row else { return false }
            let (installation, through): (Int64, Int64) = (row[0], row[1])
            let events = try SealedEvents(waitingIndex, db).ids(of: installation, after: through, limit: left)
            for event in events where try isSettings(event, db) {
                try batch.eraseBody(EventID(number: event), installation, .settingsErased, at: now, db)
            }
            if events.count < left {
                try db.execute(sql: "DELETE FROM settings_to_erase WHERE installation = ?", arguments: [installation])
            } else {
                try db.execute(
                    sql: "UPDATE settings_to_erase SET through = ? WHERE installation = ?",
                    arguments: [events.last, installation])
            }
            left -= max(1, events.count)
        }
        return true
    }

    private static func isSettings(_ event: Int64, _ db: Database) throws -> Bool {
        try Bool.fetchOne(
            db.cachedStatement(
                sql: "SELECT EXISTS (SELECT 1 FROM event WHERE id = ? AND type = ? AND sealed_body IS NOT NULL)"),
            arguments: [event, type]) ?? false
    }
}
