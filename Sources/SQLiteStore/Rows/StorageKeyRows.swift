import GRDB
package import Installations
package import Sealing
import Store

/// Storage keys in SQL.
enum StorageKeyRows {
    /// The id of the key that new installation keys are wrapped under, read in the transaction that will use it.
    ///
    /// - Throws: `.forgedRow` when somebody without the deployment's key made it the primary one.
    static func primary(_ authority: Authority, _ db: Database) throws -> StorageKeyID {
        guard let primary = try primaryIfAny(db) else { throw StoreError.noPrimaryKey }
        return try primary.id(by: authority)
    }

    /// The row of the primary key, not judged yet.
    static func primaryIfAny(_ db: Database) throws -> PrimaryKey? {
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: "SELECT id, \(AuthorityProof.columns) FROM storage_key WHERE state = 'primary'"))
        guard let row, let id = StorageKeyID(row["id"] as String) else { return nil }
        return PrimaryKey(
            id: id, proof: AuthorityProof(row), latest: try AuditRows.latest(about: .storageKey(id), db))
    }

    /// The keys that may open something: nobody retired or destroyed them, and their rows are authentic.
    static func inForce(_ authority: Authority, _ db: Database) throws -> Set<StorageKeyID> {
        Set(try all(authority, db).filter { $0.state.isInForce && $0.isGenuine }.map(\.id))
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
        SELECT id, state, created_at, promoted_at, retired_at, check_value, \(AuthorityProof.columns),
            (SELECT count(*) FROM installation WHERE storage_key = storage_key.id) AS census
        FROM storage_key
        """

    /// Every key, oldest first.
    static func all(_ authority: Authority, _ db: Database) throws -> [StorageKeyRecord] {
        try Row.fetchAll(db, sql: "\(select) ORDER BY created_at, id").map { try record($0, authority, db) }
    }

    /// One key, without counting what is under the others; nil when it is unknown.
    static func record(
        of id: StorageKeyID, _ authority: Authority, _ db: Database
    ) throws -> StorageKeyRecord? {
        try Row.fetchOne(db, sql: "\(select) WHERE id = ?", arguments: [id.description])
            .map { try record($0, authority, db) }
    }

    private static func record(_ row: Row, _ authority: Authority, _ db: Database) throws -> StorageKeyRecord {
        guard let id = StorageKeyID(row["id"] as String), let state = StorageKeyState(rawValue: row["state"])
        else { throw StoreError.corruptRow(table: "storage_key", number: 0) }
        let steps = try ClockSteps(db)
        /// A date no later than the clock was put back since: the grace of a retired key and the age of a primary count by it.
        func date(_ column: String) -> Timestamp? {
            row.timeIfAny(column).map { steps.date($0, recordedAs: row["decided_by"] as Int64? ?? 0) }
        }
        return StorageKeyRecord(
            id: id, state: state, createdAt: row.time("created_at"), promotedAt: date("promoted_at"),
            retiredAt: date("retired_at"), checkValue: row.bytes("check_value"),
            installations: row["census"],
            isGenuine: try authority.isGenuine(.storageKey(id, state: state), AuthorityProof(row), db))
    }
}

extension SQLiteStore: StorageKeyStore {
    package func storageKeys() async throws(StoreError) -> [StorageKeyRecord] {
        try await read { [authority] db in try StorageKeyRows.all(authority, db) }
    }

    package func storageKey(_ id: StorageKeyID) async throws(StoreError) -> StorageKeyRecord? {
        try await read { [authority] db in try StorageKeyRows.record(of: id, authority, db) }
    }
}
