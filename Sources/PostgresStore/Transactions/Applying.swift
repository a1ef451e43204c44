import Installations
import Sealing
import Store

/// Writes what was decided.
extension PostgresTransaction {
    func apply(_ changes: ChangeSet) throws {
        var (rows, ofInstallations): ([Query], [Query]) = ([], [])
        var (events, appended) = (EventChanges(of: store.epoch), [LifecycleEvent]())
        for change in changes.rows {
            switch change {
            case .event(.destroyKey(let number, let at)):
                ofInstallations += InstallationWrites.destroyKey(of: number, at: at)
            case .event(let change): events.add(change, &counts)
            case .append(let event): appended.append(event)
            case .touch(let number, let at): ofInstallations.append(InstallationWrites.touch(number, at: at))
            case .replaceKey(let number, let key):
                ofInstallations.append(InstallationWrites.replaceKey(of: number, with: key))
            default: rows += Self.queries(of: change)
            }
        }
        events.end()
        for query in rows + events.queries { later(query) }
        if !appended.isEmpty { later(EventRows.append(appended)) }
        for event in appended { counts.add(1, of: event.body.bytes.count, to: event.installation) }
        // The end of the log last, so that others wait for it as shortly as can be.
        if changes.isRecorded { try record(changes) }
        // What changes the row of an installation, behind what decides about it.
        for query in ofInstallations { later(query) }
    }

    private func record(_ changes: ChangeSet) throws {
        lock(Locks.auditLog)
        let chained = try changes.chained(after: AuditRows.head(try ask(AuditRows.head)[0]))
        later(AuditRows.insert(chained.records))
        for (decision, proof) in chained.decisions { for query in Self.queries(of: decision, proof) { later(query) } }
    }

    private static func queries(of change: Change) -> [Query] {
        switch change {
        case .decide, .record, .event, .append, .touch, .replaceKey:
            preconditionFailure("written together, or behind what is decided")
        case .clock(let change): ClockRows.apply(change)
        case .noteDamaged(let values, let at): [DamagedRows.note(values, at: at)]
        case .forgetDamaged(let depth, let range): DamagedRows.clear(depth, in: range)
        case .rewrapDeployment(let wrapped, let key):
            [
                Query(
                    "UPDATE innkeeper.deployment SET wrapped_key = $1, storage_key = $2", wrapped.bytes, key.description
                )
            ]
        case .keepBackup(let backup): BackupRows.record(backup)
        case .noteUse(let key, let source, let at): [APIKeyRows.noteUse(of: key, from: source, at: at)]
        case .beginSession(let session): [SessionRows.insert(session)]
        case .noteSession(let id, let at): [SessionRows.note(id, at: at)]
        case .endSessions(let ids): [SessionRows.delete(ids)]
        case .history(let change): HistoryRows.write(change)
        case .pause(let pause): [TargetRows.insert(pause)]
        case .resume(let target): [TargetRows.delete(target)]
        case .eraseSecrets(let number, let keepingSettings):
            SecretRows.erase(number, keepingSettings: keepingSettings)
        case .putSecret(let number, let name, let sealed): [SecretRows.put(sealed, as: name, of: number)]
        case .putWebhookTokens(let number, let tokens): [SecretRows.put(tokens, of: number)]
        case .endForged(let number, let at): [InstallationWrites.endForged(number, at: at)]
        case .keepHandedOut(let number, let digests): [SecretRows.keepHandedOut(digests, of: number)]
        case .noteEnd(let number, let at): [SettingsRows.note(number, endedAt: at)]
        }
    }

    private static func queries(of decision: Decision, _ proof: AuthorityProof) -> [Query] {
        switch decision {
        case .installation(let change, let standing, let at):
            [InstallationWrites.write(change, standing, proof, at: at)]
        case .newAPIKey(let key, let hash): [APIKeyRows.insert(key, hash, proof)]
        case .revokedAPIKey(let id, _, let at): [APIKeyRows.revoke(id, proof, at: at)]
        case .newStorageKey(let id, let checkValue, let at):
            [StorageKeyRows.insert(id, .prepared, checkValue, proof, at: at)]
        case .storageKey(let id, let state, let dates): StorageKeyRows.set(state, dates, of: id, proof)
        case .rotation(let rotation): [StorageKeyRows.write(rotation, proof)]
        }
    }
}
