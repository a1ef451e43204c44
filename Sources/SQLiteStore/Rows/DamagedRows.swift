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
            ).execute(arguments: [value.item.kind, value.item.number, value.place, at.milliseconds])
        }
    }

    /// Forgets what was noted of rows that a verification just opened, or that are gone.
    static func clear(_ depth: VerifyDepth, in range: NumberRange, _ db: Database) throws {
        let tables =
            switch depth {
            case .keys: ["installation"]
            case .values: ["installation", "installation_secret", "webhook_token"]
            }
        for table in tables {
            try db.execute(
                sql: "DELETE FROM damaged_value WHERE source = ? AND number > ? AND number <= ?",
                arguments: [table, range.after, range.through])
        }
        guard depth == .values else { return }
        try db.execute(
            sql: """
                DELETE FROM damaged_value WHERE source = 'event'
                    AND (SELECT installation FROM event WHERE id = number AND sealed_body IS NOT NULL) IS NULL
                """)
        try db.execute(
            sql: """
                DELETE FROM damaged_value WHERE source = 'event'
                    AND (SELECT installation FROM event WHERE id = number) BETWEEN ? + 1 AND ?
                """, arguments: [range.after, range.through])
    }

    static func count(_ db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM damaged_value") ?? 0
    }
}
