import Installations
import Store
import Webhooks

/// A copy of the rows, which becomes what is committed. Who has it is the only one who writes, so what it reads stands.
final class MemoryTransaction: MemorySnapshot, StoreWrites {
    func apply(_ changes: ChangeSet) throws {
        count()
        // Before another takes its place: one lives.
        for case .endForged(let number, let at) in changes.rows { try rows.endForged(number, at: at) }
        if changes.isRecorded {
            let newest = rows.audit.last.map { AuditHead(number: $0.number, hash: $0.hash) }
            let chained = try changes.chained(after: newest)
            for record in chained.records {
                guard record.number > rows.audit.last?.number ?? 0 else { throw StoreError.refused("audit.number") }
                rows.audit.append(record)
            }
            for (decision, proof) in chained.decisions { try rows.write(decision, proof) }
        }
        for change in changes.rows { try rows.write(change) }
    }
}

extension MemoryRows {
    fileprivate mutating func write(_ decision: Decision, _ proof: AuthorityProof) throws(StoreError) {
        switch decision {
        case .installation(let change, let standing, let at): try write(change, of: standing, proof, at: at)
        case .newAPIKey(let key, let hash): try insert(key, hash: hash, proof)
        case .revokedAPIKey(let id, _, let at): revoke(id, proof, at: at)
        case .newStorageKey(let id, let checkValue, let at): try insert(id, checkValue: checkValue, proof, at: at)
        case .storageKey(let id, let state, let dates): try set(state, of: id, dates, proof)
        case .rotation(let record): try put(record, proof)
        }
    }

    fileprivate mutating func write(_ change: Change) throws(StoreError) {
        switch change {
        case .endForged: break
        case .decide, .record: preconditionFailure("a set has none of these among its rows")
        case .touch(let number, let at): try touch(number, at: at)
        case .replaceKey(let number, let key): try replaceKey(of: number, with: key)
        case .eraseSecrets(let number, let keepingSettings): eraseSecrets(of: number, keepingSettings: keepingSettings)
        case .putSecret(let number, let name, let sealed): try put(sealed, as: name, of: number)
        case .putWebhookTokens(let number, let tokens): try put(tokens, of: number)
        case .keepHandedOut(let number, let digests): try keep(digests, of: number)
        case .append(let event): try append(event)
        case .noteEnd(let number, let at): try noteEnd(of: number, at: at)
        case .event(let change): try write(change)
        case .clock(let change): write(change)
        case .noteDamaged(let values, let at): note(values, at: at)
        case .forgetDamaged(let depth, let range): forgetDamaged(depth, in: range)
        case .rewrapDeployment(let wrapped, let key): try rewrapDeployment(wrapped, under: key)
        case .keepBackup(let backup): keep(backup)
        case .beginSession(let stored): sessions[stored.session.id] = stored
        case .noteSession(let id, let at): noteSession(id, at: at)
        case .endSessions(let ids): for id in ids { sessions[id] = nil }
        case .history(let change): write(change)
        case .pause(let pause): pauses[pause.target] = pause
        case .resume(let target): pauses[target] = nil
        case .noteUse(let id, let source, let at): noteUse(of: id, from: source, at: at)
        }
    }
}
