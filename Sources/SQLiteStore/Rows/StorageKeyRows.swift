import GRDB
import Installations
import Sealing
import Store

/// Storage keys in SQL.
enum StorageKeyRows {
    /// The row of the primary key, not judged yet.
    static func primaryIfAny(_ db: Database) throws -> PrimaryKey? {
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: "SELECT id, \(AuthorityProof.columns) FROM storage_key WHERE state = 'primary'"))
        guard let row, let id = StorageKeyID(row["id"] as String) else { return nil }
        return PrimaryKey(
            id: id, proof: AuthorityProof(row), latest: try AuditRows.latest(about: .storageKey(id), db))
    }

    /// The census is counted per key from the index on storage_key, never by a walk over the table; that takes
    /// milliseconds for each 100,000 installations all the same.
    private static let select = """
        SELECT id, state, created_at, promoted_at, retired_at, check_value, \(AuthorityProof.columns),
            (SELECT count(*) FROM installation WHERE storage_key = storage_key.id) AS census
        FROM storage_key
        """

    /// These keys, or all, oldest first.
    static func keys(_ ids: [StorageKeyID]?, _ db: Database) throws -> [StoredStorageKey] {
        guard let ids else {
            return try Row.fetchAll(db, sql: "\(select) ORDER BY created_at, id").map { try key($0, db) }
        }
        return try ids.compactMap { id in
            try Row.fetchOne(db, sql: "\(select) WHERE id = ?", arguments: [id.description]).map { try key($0, db) }
        }
    }

    private static func key(_ row: Row, _ db: Database) throws -> StoredStorageKey {
        guard let id = StorageKeyID(row["id"] as String), let state = StorageKeyState(rawValue: row["state"])
        else { throw StoreError.corruptRow(.storageKey) }
        return StoredStorageKey(
            id: id, state: state, createdAt: row.time("created_at"), promotedAt: row.timeIfAny("promoted_at"),
            retiredAt: row.timeIfAny("retired_at"), checkValue: row.bytes("check_value"),
            installations: row["census"],
            vouched: Vouched(proof: AuthorityProof(row), latest: try AuditRows.latest(about: .storageKey(id), db)))
    }

    /// What still needs a key: installations, keys that a re-encryption replaced, and the deployment key.
    static func dependents(on id: StorageKeyID, _ db: Database) throws -> Int64 {
        try Int64.fetchOne(
            db,
            sql: """
                SELECT (SELECT count(*) FROM installation WHERE storage_key = ?1)
                    + (SELECT count(*) FROM outgoing_key JOIN installation ON number = installation
                       WHERE outgoing_key.storage_key = ?1)
                    + (SELECT count(*) FROM deployment WHERE storage_key = ?1)
                """, arguments: [id.description]) ?? 0
    }

    /// Keys that are wrapped under a storage key though their rows say another. Here the headers of the sealed values are read,
    /// which nobody can change.
    static func hidden(under id: StorageKeyID, _ db: Database) throws -> Int64 {
        try Int64.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM (
                    SELECT wrapped_key, storage_key FROM installation
                    UNION ALL SELECT wrapped_key, storage_key FROM outgoing_key
                    UNION ALL SELECT wrapped_key, storage_key FROM deployment)
                WHERE lower(hex(substr(wrapped_key, 3, 8))) = ?1 AND storage_key IS NOT ?1
                """, arguments: [id.description]) ?? 0
    }

    // MARK: Writing

    static func insert(
        _ id: StorageKeyID, _ checkValue: [UInt8], _ proof: AuthorityProof, at: Timestamp, _ db: Database
    ) throws {
        try db.execute(
            sql: """
                INSERT INTO storage_key (id, state, created_at, check_value, decided_by, mac)
                VALUES (?, 'prepared', ?, ?, ?, ?)
                """,
            arguments: [
                id.description, at.milliseconds, checkValue.databaseBytes, proof.decidedBy,
                proof.mac.bytes.databaseBytes,
            ])
    }

    static func set(
        _ state: StorageKeyState, _ dates: [StorageKeyDate], of id: StorageKeyID, _ proof: AuthorityProof,
        _ db: Database
    ) throws {
        try db.execute(
            sql: "UPDATE storage_key SET state = ?, decided_by = ?, mac = ? WHERE id = ?",
            arguments: [state.rawValue, proof.decidedBy, proof.mac.bytes.databaseBytes, id.description])
        for date in dates {
            let (column, value): (String, Timestamp?) =
                switch date {
                case .promoted(let at): ("promoted_at", at)
                case .retired(let at): ("retired_at", at)
                case .destroyed(let at): ("destroyed_at", at)
                }
            try db.execute(
                sql: "UPDATE storage_key SET \(column) = ? WHERE id = ?",
                arguments: [value?.milliseconds, id.description])
        }
    }
}
