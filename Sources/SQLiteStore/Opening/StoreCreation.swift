import GRDB
package import Installations
package import Sealing
import Store

extension SQLiteStore {
    /// Makes a new store with its first storage key as primary. The key's file must be durable already: from the first
    /// committed row on, the store depends on it.
    package static func create(path: String, storageKey: StorageKey, actor: Actor, at: Timestamp) throws {
        let pool = try openPool(path)
        let deployment = DeploymentKey.random()
        let keys = DeploymentKeys(deployment, .current)
        let (chain, seal) = (AuditChain(key: keys.audit), AuthoritySeal(key: keys.authority))
        try pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO storage_key (id, state, created_at, promoted_at, check_value)
                    VALUES (?, 'primary', ?, ?, ?)
                    """,
                arguments: [
                    storageKey.id.description, at.milliseconds, at.milliseconds, storageKey.checkValue.databaseBytes,
                ])
            try db.execute(
                sql: "INSERT INTO deployment (one, wrapped_key, storage_key) VALUES (1, ?, ?)",
                arguments: [
                    storageKey.wrap(deployment, in: DeploymentKeys.context(.current)).bytes.databaseBytes,
                    storageKey.id.description,
                ])
            let decidedBy = try DeploymentRow.write(
                .current, seal, chain, at: at, actor: actor, action: .initialise, subject: storageKey.id.description,
                outcome: "created", db)
            let proof = seal.prove(.storageKey(storageKey.id, state: .primary), decidedBy: decidedBy)
            try db.execute(
                sql: "UPDATE storage_key SET decided_by = ?, mac = ? WHERE id = ?",
                arguments: [proof.decidedBy, proof.mac.bytes.databaseBytes, storageKey.id.description])
        }
        // In the file itself, not only in its log: that is what tells later that the file is ours.
        try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        try pool.close()
    }
}
