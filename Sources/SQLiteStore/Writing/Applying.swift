import GRDB
import Installations
import Store

/// Writes what was decided.
extension SQLiteRows {
    func apply(_ changes: ChangeSet) throws {
        if changes.isRecorded {
            let chained = try changes.chained(after: AuditTable(db: db).head())
            for record in chained.records { try AuditRows.insert(record, db) }
            for (decision, proof) in chained.decisions { try write(decision, proof) }
        }
        var events = EventChanges(waitingIndex, db)
        for change in changes.rows {
            if case .event(let change) = change { try events.apply(change) } else { try write(change) }
        }
    }

    private func write(_ change: Change) throws {
        switch change {
        case .decide, .record, .event: preconditionFailure("a set has none of these among its rows")
        case .clock(let change): try ClockRows.apply(change, db)
        case .noteDamaged(let values, let at): try DamagedRows.note(values, at, db)
        case .forgetDamaged(let depth, let range): try DamagedRows.clear(depth, in: range, db)
        case .rewrapDeployment(let wrapped, let key): try DeploymentRow.rewrap(wrapped, under: key, db)
        case .keepBackup(let backup): try BackupRows.record(backup, db)
        case .noteUse(let key, let source, let at): try APIKeyRows.noteUse(of: key, from: source, at: at, db)
        case .beginSession(let session): try SessionRows.insert(session, db)
        case .noteSession(let id, let at): try SessionRows.note(id, at: at, db)
        case .endSessions(let ids): try SessionRows.delete(ids, db)
        case .history(let change): try HistoryRows.apply(change, db)
        case .pause(let pause): try TargetRows.insert(pause, db)
        case .resume(let target): try TargetRows.delete(target, db)
        case .touch(let number, let at): try InstallationRowWrites(db: db).touch(number, at: at)
        case .endForged(let number, let at): try InstallationRowWrites(db: db).endForged(number, at: at)
        case .replaceKey(let number, let key): try InstallationRowWrites(db: db).replaceKey(of: number, with: key)
        case .eraseSecrets(let number, let keepingSettings):
            try InstallationSecrets(db: db).erase(number, keepingSettings: keepingSettings)
        case .putSecret(let number, let name, let sealed):
            try InstallationSecrets(db: db).put(sealed, as: name, of: number)
        case .putWebhookTokens(let number, let tokens): try InstallationSecrets(db: db).put(tokens, of: number)
        case .keepHandedOut(let number, let digests): try HandedOutRows(db).insert(digests, of: number)
        case .append(let event):
            try EventAppending(waitingIndex, db).append(
                event.id, installation: event.installation, type: event.type, receivedAt: event.receivedAt,
                body: event.body)
        case .noteEnd(let number, let at): try SettingsRows.note(number, endedAt: at, db)
        }
    }

    private func write(_ decision: Decision, _ proof: AuthorityProof) throws {
        switch decision {
        case .installation(let change, let standing, let at):
            let rows = InstallationRowWrites(db: db)
            switch change {
            case .insert(let profile, let key): try rows.insert(standing, profile, proof, key: key, at: at)
            case .insertTombstone: try rows.insertTombstone(standing, proof, at: at)
            case .replaceTokens(let profile): try rows.replaceTokens(standing, profile, proof, at: at)
            case .setStatus: try rows.setStatus(standing, proof, at: at)
            case .end: try rows.end(standing, proof, at: at)
            }
        case .newAPIKey(let key, let hash): try APIKeyRows.insert(key, hash, proof, db)
        case .revokedAPIKey(let id, _, let at): try APIKeyRows.revoke(id, proof, at: at, db)
        case .newStorageKey(let id, let checkValue, let at):
            try StorageKeyRows.insert(id, checkValue, proof, at: at, db)
        case .storageKey(let id, let state, let dates): try StorageKeyRows.set(state, dates, of: id, proof, db)
        case .rotation(let rotation): try RotationRows.write(rotation, proof, db)
        }
    }
}
