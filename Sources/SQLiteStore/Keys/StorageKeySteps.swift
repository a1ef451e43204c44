import GRDB
package import Installations
package import Sealing
import Store

extension SQLiteStore {
    package func addStorageKey(_ key: StorageKey, actor: Actor, at: Timestamp) async throws(StoreError) {
        let (id, checkValue) = (key.id, key.checkValue)
        try await write { [chain, authority] db in
            try db.execute(
                sql: "INSERT INTO storage_key (id, state, created_at, check_value) VALUES (?, 'prepared', ?, ?)",
                arguments: [id.description, at.milliseconds, checkValue.databaseBytes])
            try StorageKeyRows.vouch(for: StorageKeyPlanner.add(id, actor: actor, at: at), chain, authority, db)
        }
    }

    package func advance(
        _ id: StorageKeyID, by step: StorageKeyStep, immediately: Bool, actor: Actor, at: Timestamp
    ) async throws(StoreError) -> Result<StorageKeyRecord, StorageKeyRefusal> {
        // A walk over all rows, so before the writer is held.
        let hidden =
            step == .retire || step == .destroy ? try await read { try StorageKeyRows.hidden(under: id, $0) } : 0
        return try await write { [chain, authority] db in
            guard let key = try StorageKeyRows.record(of: id, authority, db) else { return .failure(.unknown) }
            let plan = try StorageKeyPlanner.advance(
                key, by: step, immediately: immediately,
                dependents: try StorageKeyRows.dependents(on: id, db) + hidden,
                actor: actor, at: at,
                primary: step == .promote ? try StorageKeyRows.primary(authority, db) : nil)
            switch plan {
            case .failure(let refusal): return .failure(refusal)
            case .success(let writes):
                for write in writes {
                    try StorageKeyRows.set(write.state, of: write.id, at, db)
                    try StorageKeyRows.vouch(for: write, chain, authority, db)
                }
            }
            guard let after = try StorageKeyRows.record(of: id, authority, db) else { return .failure(.unknown) }
            return .success(after)
        }
    }
}

extension StorageKeyRows {
    /// What still needs the key: installations, keys that a re-encryption replaced, and the deployment key.
    static func dependents(on id: StorageKeyID, _ db: Database) throws -> Int64 {
        try Int64.fetchOne(
            db,
            sql: """
                SELECT (SELECT count(*) FROM installation WHERE storage_key = ?1)
                    + (SELECT count(*) FROM outgoing_key WHERE storage_key = ?1)
                    + (SELECT count(*) FROM deployment WHERE storage_key = ?1)
                """, arguments: [id.description]) ?? 0
    }

    /// Installations whose key is wrapped under a storage key though their rows say another: somebody changed the column by which
    /// they are found. Here the header of the sealed value is read, which nobody can change.
    static func hidden(under id: StorageKeyID, _ db: Database) throws -> Int64 {
        try Int64.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM installation
                WHERE lower(hex(substr(wrapped_key, 3, 8))) = ?1 AND storage_key IS NOT ?1
                """, arguments: [id.description]) ?? 0
    }

    static func set(_ state: StorageKeyState, of id: StorageKeyID, _ at: Timestamp, _ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE storage_key SET state = ?1,
                    promoted_at = CASE ?1 WHEN 'primary' THEN ?2 ELSE promoted_at END,
                    retired_at = CASE ?1 WHEN 'disabled' THEN ?2 WHEN 'destroyed' THEN retired_at ELSE NULL END,
                    destroyed_at = CASE ?1 WHEN 'destroyed' THEN ?2 ELSE destroyed_at END
                WHERE id = ?3
                """, arguments: [state.rawValue, at.milliseconds, id.description])
    }

    /// Vouches for a state, by the audit record that decides it.
    static func vouch(
        for write: StorageKeyPlanner.Write, _ chain: AuditChain, _ authority: Authority, _ db: Database
    ) throws {
        try prove(write.claim, of: write.id, decidedBy: AuditRows.append(write.entry, db, chain), authority, db)
    }

    /// Writes the proof of what a row says.
    static func prove(
        _ claim: AuthorityClaim, of id: StorageKeyID, decidedBy number: Int64, _ authority: Authority, _ db: Database
    ) throws {
        let proof = authority.seal.prove(claim, decidedBy: number)
        try db.execute(
            sql: "UPDATE storage_key SET decided_by = ?, mac = ? WHERE id = ?",
            arguments: [proof.decidedBy, proof.mac.bytes.databaseBytes, id.description])
    }
}
