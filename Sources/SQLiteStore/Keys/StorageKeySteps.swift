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
            let entry = AuditEntry(
                at: at, actor: actor.text, action: AuditAction.addStorageKey.rawValue, subject: id.description,
                outcome: StorageKeyState.prepared.rawValue, decides: .storageKey(id))
            let number = try AuditRows.append(entry, db, chain)
            try StorageKeyRows.prove(.prepared, of: id, decidedBy: number, authority, db)
        }
    }

    package func advance(
        _ id: StorageKeyID, by step: StorageKeyStep, immediately: Bool, actor: Actor, at: Timestamp
    ) async throws(StoreError) -> Result<StorageKeyRecord, StorageKeyRefusal> {
        try await write { [chain, authority] db in
            guard let key = try StorageKeyRows.record(of: id, authority, db) else { return .failure(.unknown) }
            // A state that somebody wrote into the file is no reason to go on from there. The way out takes authority away.
            guard key.isGenuine || (step == .retire && key.state != .primary) else {
                throw StoreError.forgedRow(table: "storage_key", number: 0)
            }
            // Counted in the transaction that keeps writers out: nobody can begin to use the key after the count.
            let dependents = try StorageKeyRows.dependents(on: id, db)
            let next: StorageKeyState?
            do throws(StorageKeyRefusal) {
                next = try StorageKeyLife.next(
                    step, from: key.isGenuine ? key.state : .retiring, installations: dependents,
                    retiredAt: key.retiredAt, now: at,
                    immediately: immediately)
            } catch {
                return .failure(error)
            }
            if let next {
                func decide(_ state: StorageKeyState, of id: StorageKeyID) throws {
                    let entry = AuditEntry(
                        at: at, actor: actor.text, action: step.auditAction.rawValue, subject: id.description,
                        outcome: state.rawValue, decides: .storageKey(id))
                    let number = try AuditRows.append(entry, db, chain)
                    try StorageKeyRows.set(state, of: id, at, db)
                    try StorageKeyRows.prove(state, of: id, decidedBy: number, authority, db)
                }
                // In this order: the unique index allows one primary at every moment.
                if next == .primary { try decide(.retiring, of: StorageKeyRows.primary(authority, db)) }
                try decide(next, of: id)
            }
            guard let after = try StorageKeyRows.record(of: id, authority, db) else { return .failure(.unknown) }
            return .success(after)
        }
    }
}

extension StorageKeyStep {
    var auditAction: AuditAction {
        switch self {
        case .promote: return .promoteStorageKey
        case .retire: return .retireStorageKey
        case .enable: return .enableStorageKey
        case .destroy: return .destroyStorageKey
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

    /// Vouches for a state, by the audit record that decided it.
    static func prove(
        _ state: StorageKeyState, of id: StorageKeyID, decidedBy number: Int64, _ authority: Authority, _ db: Database
    ) throws {
        let proof = authority.seal.prove(.storageKey(id, state: state), decidedBy: number)
        try db.execute(
            sql: "UPDATE storage_key SET decided_by = ?, mac = ? WHERE id = ?",
            arguments: [proof.decidedBy, proof.mac.bytes.databaseBytes, id.description])
    }
}
