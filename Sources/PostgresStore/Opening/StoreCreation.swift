package import Installations
package import Sealing
import Store

extension PostgresStore {
    /// Throws when there is a deployment in a database already, or none can be made there.
    package static func checkIsFree(_ address: StoreAddress) throws {
        try PostgresOpenError.inWords { _ = try free(address) }
    }

    private static func free(_ address: StoreAddress) throws -> Link {
        var link = try address.connect()
        guard link.version >= StoreAddress.oldest else { throw PostgresOpenError.tooOld(version: link.version) }
        // Half a copy is as little free as a whole deployment.
        guard try !Migrations.hasDeployment(on: &link), try MoveRow.mark(on: &link) == nil else {
            throw PostgresOpenError.isDeployment
        }
        return link
    }

    /// Makes a new deployment with its first storage key as primary. The key's file must be durable already: from the first
    /// committed row on, the store depends on it.
    package static func create(at address: StoreAddress, storageKey: StorageKey, actor: Actor, at: Timestamp) throws {
        try PostgresOpenError.inWords {
            var link = try free(address)
            try Migrations.current.migrate(on: &link)
            let new = try NewDeployment(under: storageKey, actor: actor, at: at)
            let deployment = Query(
                """
                INSERT INTO innkeeper.deployment (one, wrapped_key, storage_key, form, decided_by, mac)
                VALUES (1, $1, $2, $3, $4, $5)
                """, new.wrapped.bytes, new.storageKey.description, StoreForm.current.rawValue,
                new.proof.decidedBy.value, new.proof.mac.bytes)
            _ = try link.exchange(
                [
                    Query("BEGIN"), AuditRows.insert([new.record]),
                    StorageKeyRows.insert(new.storageKey, .primary, new.checkValue, new.keyProof, at: at), deployment,
                    Query("COMMIT"),
                ], within: Connection.patience)
        }
    }
}
