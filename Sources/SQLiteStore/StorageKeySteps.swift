import GRDB
package import Installations
package import Sealing

extension SQLiteStore {
    package func addStorageKey(_ key: StorageKey, actor: Actor, at: Timestamp) async throws(StoreError) {
        let (id, checkValue) = (key.id, key.checkValue)
        try await write { [chain] db in
            try db.execute(
                sql: "INSERT INTO storage_key (id, state, created_at, check_value) VALUES (?, 'prepared', ?, ?)",
                arguments: [id.description, at.milliseconds, checkValue.databaseBytes])
            let entry = AuditEntry(
                at: at, actor: actor.text, action: AuditAction.addStorageKey.rawValue, subject: id.description,
                outcome: StorageKeyState.prepared.rawValue)
            try AuditRows.append(entry, db, chain)
        }
    }

    package func take(
        _ step: StorageKeyStep, of id: StorageKeyID, immediately: Bool, actor: Actor, at: Timestamp
    ) async throws(StoreError) -> Result<StorageKeyRecord, StorageKeyRefusal> {
        try await write { [chain] db in
            guard let key = try StorageKeyRows.record(of: id, db) else { return .failure(.unknown) }
            // Counted in the transaction that keeps writers out: nobody can begin to use the key after the count.
            let dependents = try StorageKeyRows.dependents(on: id, db)
            let next: StorageKeyState?
            do throws(StorageKeyRefusal) {
                next = try StorageKeyLife.next(
                    step, from: key.state, installations: dependents, retiredAt: key.retiredAt, now: at,
                    immediately: immediately)
            } catch {
                return .failure(error)
            }
            if let next {
                try StorageKeyRows.set(next, of: id, at, db)
                let entry = AuditEntry(
                    at: at, actor: actor.text, action: step.auditAction.rawValue, subject: id.description,
                    outcome: next.rawValue)
                try AuditRows.append(entry, db, chain)
            }
            guard let after = try StorageKeyRows.record(of: id, db) else { return .failure(.unknown) }
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
        if state == .primary {
            // In this order: the unique index allows one primary at every moment.
            try db.execute(sql: "UPDATE storage_key SET state = 'retiring' WHERE state = 'primary'")
            try db.execute(
                sql: "UPDATE storage_key SET state = 'primary', promoted_at = ?, retired_at = NULL WHERE id = ?",
                arguments: [at.milliseconds, id.description])
            return
        }
        try db.execute(
            sql: """
                UPDATE storage_key SET state = ?1,
                    retired_at = CASE ?1 WHEN 'disabled' THEN ?2 WHEN 'retiring' THEN NULL ELSE retired_at END,
                    destroyed_at = CASE ?1 WHEN 'destroyed' THEN ?2 ELSE destroyed_at END
                WHERE id = ?3
                """, arguments: [state.rawValue, at.milliseconds, id.description])
    }
}
