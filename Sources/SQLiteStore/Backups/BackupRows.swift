import GRDB
import Installations
import Sealing

/// Backups on record.
enum BackupRows {
    /// The newest this many are kept, and besides for each key the newest that needs it: the question before a key is
    /// destroyed must not lose its answer to a backup every minute.
    static let kept = 100

    static func record(_ backup: Backup, _ db: Database) throws {
        try db.execute(
            sql: "INSERT INTO backup (at, path, bytes, keys) VALUES (?, ?, ?, ?)",
            arguments: [backup.madeAt.milliseconds, backup.path, backup.bytes, text(backup.keys)])
        try db.execute(
            sql: """
                DELETE FROM backup WHERE number <= (SELECT max(number) FROM backup) - ?
                    AND NOT EXISTS (
                        SELECT 1 FROM storage_key WHERE state <> 'destroyed' AND backup.number = (
                            SELECT max(other.number) FROM backup AS other
                            WHERE instr(other.keys, storage_key.id) > 0))
                """, arguments: [kept])
    }

    static func newest(needing key: StorageKeyID, _ db: Database) throws -> Backup? {
        // Ids have one length and spaces between them, so an equal part of the text is an id.
        try Row.fetchOne(
            db, sql: "SELECT at, path, bytes, keys FROM backup WHERE instr(keys, ?) > 0 ORDER BY number DESC LIMIT 1",
            arguments: [key.description]
        ).map(backup)
    }

    static func newest(_ db: Database) throws -> Backup? {
        try Row.fetchOne(db, sql: "SELECT at, path, bytes, keys FROM backup ORDER BY number DESC LIMIT 1").map(backup)
    }

    static func text(_ keys: [StorageKeyID]) -> String {
        keys.map(\.description).joined(separator: " ")
    }

    static func keys(_ text: String) -> [StorageKeyID] {
        text.split(separator: " ").compactMap { StorageKeyID($0) }
    }

    private static func backup(_ row: Row) -> Backup {
        Backup(madeAt: row.time("at"), path: row["path"], bytes: row["bytes"], keys: keys(row["keys"]))
    }
}
