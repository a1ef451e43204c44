import GRDB
package import Installations
package import Sealing

/// Storage keys in SQL.
enum StorageKeyRows {
    /// The id of the key that new installation keys are wrapped under, read in the transaction that will use it.
    static func primary(_ db: Database) throws -> StorageKeyID {
        let text = try String.fetchOne(
            db.cachedStatement(sql: "SELECT id FROM storage_key WHERE state = 'primary'"))
        guard let id = text.flatMap({ StorageKeyID($0) }) else { throw StoreError.noPrimaryKey }
        return id
    }

    /// Every key the store still needs must be loaded and be the right one, before anything is served.
    static func checkFiles(_ db: Database, _ keyring: Keyring) throws {
        let rows = try Row.fetchAll(
            db, sql: "SELECT id, check_value FROM storage_key WHERE state IN ('primary', 'retiring')")
        for row in rows {
            guard let id = StorageKeyID(row[0] as String) else {
                throw StoreError.corruptRow(table: "storage_key", number: 0)
            }
            let key: StorageKey
            do {
                key = try keyring.key(id)
            } catch {
                throw StoreOpenError.missingKeyFile(id)
            }
            guard key.checkValue == row.bytes("check_value") else { throw StoreOpenError.wrongKeyFile(id) }
        }
    }

    /// The census is counted per key from the index on storage_key, never by a walk over the table; that takes
    /// milliseconds for each 100,000 installations all the same.
    private static let select = """
        SELECT id, state, created_at, promoted_at, retired_at, check_value,
            (SELECT count(*) FROM installation WHERE storage_key = storage_key.id) AS census
        FROM storage_key
        """

    /// Every key, oldest first.
    static func all(_ db: Database) throws -> [StorageKeyRecord] {
        try Row.fetchAll(db, sql: "\(select) ORDER BY created_at, id").map(record)
    }

    /// One key, without counting what is under the others; nil when it is unknown.
    static func record(of id: StorageKeyID, _ db: Database) throws -> StorageKeyRecord? {
        try Row.fetchOne(db, sql: "\(select) WHERE id = ?", arguments: [id.description]).map(record)
    }

    private static func record(_ row: Row) throws -> StorageKeyRecord {
        guard let id = StorageKeyID(row["id"] as String), let state = StorageKeyState(rawValue: row["state"])
        else { throw StoreError.corruptRow(table: "storage_key", number: 0) }
        return StorageKeyRecord(
            id: id, state: state, createdAt: row.time("created_at"), promotedAt: row.timeIfAny("promoted_at"),
            retiredAt: row.timeIfAny("retired_at"), checkValue: row.bytes("check_value"),
            installations: row["census"])
    }
}

extension SQLiteStore: StorageKeyStore {
    package func storageKeys() async throws(StoreError) -> [StorageKeyRecord] {
        try await read { db in try StorageKeyRows.all(db) }
    }

    package func storageKey(_ id: StorageKeyID) async throws(StoreError) -> StorageKeyRecord? {
        try await read { db in try StorageKeyRows.record(of: id, db) }
    }
}
