import FoundationEssentials
import GRDB
import Installations
import Sealing

/// The two tables that a backup has and a store has not: what the backup says of itself, and the deployment's files.
/// Written into the copy, read and removed on the way back.
enum BackupContents {
    static let format: Int64 = 1
    /// No deployment has more files, or larger ones.
    static let maxFiles = 1000
    static let maxFileBytes = 4 << 20

    private static let tables = """
        CREATE TABLE backup_manifest (
            one           INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
            format        INTEGER NOT NULL,
            made_at       INTEGER NOT NULL,
            program       TEXT    NOT NULL,
            schema        TEXT    NOT NULL,
            audit_number  INTEGER NOT NULL,
            audit_hash    BLOB    NOT NULL CHECK (length(audit_hash) = 32),
            installations INTEGER NOT NULL,
            keys          TEXT    NOT NULL
        ) STRICT;
        CREATE TABLE backup_file (
            name    TEXT NOT NULL PRIMARY KEY,
            content BLOB NOT NULL
        ) STRICT;
        """

    static func createTables(_ db: Database) throws { try db.execute(sql: tables) }

    /// Adds both tables to a copy.
    static func write(
        _ files: [BackupFile], program: String, at: Timestamp, _ db: Database
    ) throws -> BackupManifest {
        try createTables(db)
        let last = try Row.fetchOne(db, sql: "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")
        let manifest = BackupManifest(
            format: format, madeAt: at, program: program, schema: try schema(db),
            auditNumber: last?["number"] ?? 0, auditHash: last?.bytes("hash") ?? AuditChain.genesis,
            installations: try Int64.fetchOne(
                db, sql: "SELECT count(*) FROM installation INDEXED BY installation_live WHERE ended_at IS NULL") ?? 0,
            keys: try neededKeys(db).map(\.id))
        try db.execute(
            sql: "INSERT INTO backup_manifest VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                manifest.format, at.milliseconds, program, manifest.schema, manifest.auditNumber,
                manifest.auditHash.databaseBytes, manifest.installations, BackupRows.text(manifest.keys),
            ])
        for file in files {
            try db.execute(
                sql: "INSERT INTO backup_file VALUES (?, ?)", arguments: [file.name, file.bytes.databaseBytes])
        }
        return manifest
    }

    /// The manifest of a copy; nil when it is no backup.
    static func manifest(_ db: Database) throws -> BackupManifest? {
        guard try db.tableExists("backup_manifest"), try db.tableExists("backup_file"),
            let row = try Row.fetchOne(db, sql: "SELECT * FROM backup_manifest")
        else { return nil }
        return BackupManifest(
            format: row["format"], madeAt: row.time("made_at"), program: row["program"], schema: row["schema"],
            auditNumber: row["audit_number"], auditHash: row.bytes("audit_hash"),
            installations: row["installations"], keys: BackupRows.keys(row["keys"]))
    }

    /// The files of a copy; nil when there are more, or larger ones, than any deployment has.
    static func files(_ db: Database) throws -> [BackupFile]? {
        let largest = try Int.fetchOne(db, sql: "SELECT max(length(content)) FROM backup_file") ?? 0
        let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM backup_file") ?? 0
        guard count <= maxFiles, largest <= maxFileBytes else { return nil }
        return try Row.fetchAll(db, sql: "SELECT name, content FROM backup_file ORDER BY name").map { row in
            BackupFile(name: row["name"], bytes: row.bytes("content"))
        }
    }

    /// Makes a copy a store again.
    static func remove(_ db: Database) throws {
        try db.execute(sql: "DROP TABLE backup_file; DROP TABLE backup_manifest;")
    }

    /// The keys without which the store does not open, with their check values: what a start asks for, what wraps an
    /// installation key, what wraps the deployment key.
    static func neededKeys(_ db: Database) throws -> [(id: StorageKeyID, checkValue: [UInt8])] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT id, check_value FROM storage_key
                WHERE state IN ('primary', 'retiring')
                    OR EXISTS (SELECT 1 FROM installation WHERE storage_key = storage_key.id)
                    OR EXISTS (SELECT 1 FROM deployment WHERE storage_key = storage_key.id)
                ORDER BY created_at, id
                """)
        return try rows.map { row in
            guard let id = StorageKeyID(row["id"] as String) else {
                throw StoreError.corruptRow(.storageKey)
            }
            return (id, row.bytes("check_value"))
        }
    }

    /// The last migration that ran.
    static func schema(_ db: Database) throws -> String {
        try String.fetchOne(db, sql: "SELECT identifier FROM grdb_migrations ORDER BY identifier DESC LIMIT 1") ?? ""
    }
}
