import GRDB
package import Installations
package import Sealing
import Store

extension SQLiteStore {
    /// Makes a new store with its first storage key as primary. The key's file must be durable already: from the first
    /// committed row on, the store depends on it.
    package static func create(path: String, storageKey: StorageKey, actor: Actor, at: Timestamp) throws {
        let pool = try openPool(path)
        let new = try NewDeployment(under: storageKey, actor: actor, at: at)
        try pool.write { db in
            try AuditRows.insert(new.record, db)
            try db.execute(
                sql: """
                    INSERT INTO storage_key (id, state, created_at, promoted_at, check_value, decided_by, mac)
                    VALUES (?, 'primary', ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    new.storageKey.description, at.milliseconds, at.milliseconds, new.checkValue.databaseBytes,
                    new.keyProof.decidedBy, new.keyProof.mac.bytes.databaseBytes,
                ])
            try db.execute(
                sql: """
                    INSERT INTO deployment (one, wrapped_key, storage_key, form, decided_by, mac) VALUES (1, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    new.wrapped.bytes.databaseBytes, new.storageKey.description, StoreForm.current.rawValue,
                    new.proof.decidedBy, new.proof.mac.bytes.databaseBytes,
                ])
        }
        // In the file itself, not only in its log: that is what tells later that the file is ours.
        try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        try pool.close()
    }
}
