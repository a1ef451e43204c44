import GRDB
import Installations

/// Sealed values that did not open, remembered for `doctor`.
enum DamagedRows {
    static func note(_ values: [DamagedValue], _ at: Timestamp, _ db: Database) throws {
        for value in values {
            try db.cachedStatement(
                sql: """
                    INSERT INTO damaged_value (source, number, place, found_at) VALUES (?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET found_at = excluded.found_at
                    """
            ).execute(arguments: [value.table, value.number, value.place, at.milliseconds])
        }
    }

    /// Forgets what was noted of rows that a verification just opened, or that are gone.
    static func clear(_ table: String, from first: Int64, through last: Int64, _ db: Database) throws {
        try db.execute(
            sql: "DELETE FROM damaged_value WHERE source = ? AND number BETWEEN ? AND ?",
            arguments: [table, first, last])
    }

    /// As `clear`, for the events of a range of installations, and for events that are gone.
    static func clearEvents(from first: Int64, through last: Int64, _ db: Database) throws {
        try db.execute(
            sql: """
                DELETE FROM damaged_value WHERE source = 'event'
                    AND (SELECT installation FROM event WHERE id = number AND sealed_body IS NOT NULL) IS NULL
                """)
        try db.execute(
            sql: """
                DELETE FROM damaged_value WHERE source = 'event'
                    AND (SELECT installation FROM event WHERE id = number) BETWEEN ? AND ?
                """, arguments: [first, last])
    }

    static func count(_ db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM damaged_value") ?? 0
    }
}
