import Installations
import Sealing

/// Backups on record.
enum BackupRows {
    /// The newest this many are kept, and besides for each key the newest that needs it.
    private static let kept: Int64 = 100

    static func record(_ backup: Backup) -> [Query] {
        [
            Query(
                "INSERT INTO innkeeper.backup (at, path, bytes, keys) VALUES ($1, $2, $3, $4)",
                backup.madeAt.milliseconds, backup.path, backup.bytes,
                backup.keys.map(\.description).joined(separator: " ")),
            Query(
                """
                DELETE FROM innkeeper.backup WHERE number <= (SELECT max(number) FROM innkeeper.backup) - $1
                    AND NOT EXISTS (
                        SELECT 1 FROM innkeeper.storage_key WHERE state <> 'destroyed' AND backup.number = (
                            SELECT max(other.number) FROM innkeeper.backup AS other
                            WHERE strpos(other.keys, storage_key.id) > 0))
                """, kept),
        ]
    }

    /// The newest, or the newest that needs a key. Ids have one length and spaces between them, so an equal part of the text is
    /// an id.
    static func newest(needing key: StorageKeyID?) -> Query {
        Query(
            """
            SELECT at, path, bytes, keys FROM innkeeper.backup WHERE strpos(keys, $1) > 0 ORDER BY number DESC LIMIT 1
            """, key?.description ?? "")
    }

    static func newest(_ rows: ResultRows) throws -> Backup? {
        rows.first.map { row in
            Backup(
                madeAt: row.time(0), path: row.text(1), bytes: row.int(2),
                keys: row.text(3).split(separator: " ").compactMap { StorageKeyID($0) })
        }
    }
}
