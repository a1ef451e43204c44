import GRDB
import Installations
import Sealing
import Store

/// The row of the deployment.
enum DeploymentRow {
    static func stored(_ db: Database) throws -> StoredDeployment {
        let row = try Row.fetchOne(
            db, sql: "SELECT form, wrapped_key, storage_key, \(AuthorityProof.columns) FROM deployment")
        guard let row, let form = StoreForm(rawValue: row["form"]) else { throw StoreError.noPrimaryKey }
        return StoredDeployment(
            form: form, wrapped: row.bytes("wrapped_key"), storageKey: row["storage_key"],
            vouched: Vouched(proof: AuthorityProof(row), latest: try AuditRows.latest(about: .deployment, db)))
    }

    /// Puts the deployment key under another storage key.
    static func rewrap(_ wrapped: SealedValue, under key: StorageKeyID, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE deployment SET wrapped_key = ?, storage_key = ?",
            arguments: [wrapped.bytes.databaseBytes, key.description])
    }

    /// Wraps the deployment key for another form of the store, under the same storage key.
    static func rewrap(for form: StoreForm, _ keyring: Keyring, _ db: Database) throws {
        let new = try DeploymentKeys.rewrap(stored(db).sealedKey(), for: form, keyring)
        try db.execute(sql: "UPDATE deployment SET wrapped_key = ?", arguments: [new.bytes.databaseBytes])
    }

    /// Records that the store has this form from now on. Returns the number of the record that decides it.
    @discardableResult
    static func write(
        _ form: StoreForm, _ seal: AuthoritySeal, _ chain: AuditChain, at: Timestamp, outcome: String, _ db: Database
    ) throws -> RecordNumber {
        let number = try AuditRows.append(
            AuditEntry(
                at: at, actor: Actor.system.text, action: AuditAction.bringUpToDate.rawValue, outcome: outcome,
                decides: .deployment), db, chain)
        let proof = seal.prove(.deployment(form), decidedBy: number)
        try db.execute(
            sql: "UPDATE deployment SET form = ?, decided_by = ?, mac = ?",
            arguments: [form.rawValue, proof.decidedBy, proof.mac.bytes.databaseBytes])
        return number
    }
}
