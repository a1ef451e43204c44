import Installations
import Sealing
import Store

/// What is written of storage keys, rotations and API keys.
extension MemoryRows {
    mutating func insert(
        _ id: StorageKeyID, checkValue: [UInt8], _ proof: AuthorityProof, at: Timestamp
    ) throws(StoreError) {
        guard storageKeys[id] == nil else { throw .refused("storage_key.id") }
        storageKeys[id] = StorageKeyRow(
            id: id, state: .prepared, createdAt: at, checkValue: checkValue, proof: proof)
    }

    mutating func set(
        _ state: StorageKeyState, of id: StorageKeyID, _ dates: [StorageKeyDate], _ proof: AuthorityProof
    ) throws(StoreError) {
        guard state != .primary || !storageKeys.values.contains(where: { $0.state == .primary && $0.id != id }) else {
            throw .refused("one primary key")
        }
        storageKeys.update(id) { key in
            (key.state, key.proof) = (state, proof)
            for date in dates {
                switch date {
                case .promoted(let at): key.promotedAt = at
                case .retired(let at): key.retiredAt = at
                case .destroyed(let at): key.destroyedAt = at
                }
            }
        }
    }

    mutating func put(_ rotation: RotationRecord, _ proof: AuthorityProof) throws(StoreError) {
        guard storageKeys[rotation.plan.from] != nil, storageKeys[rotation.plan.to] != nil else {
            throw .refused("the keys of a rotation")
        }
        let others = rotations.values.filter { $0.record.number != rotation.number }
        guard rotation.finishedAt != nil || others.allSatisfy({ $0.record.finishedAt != nil }) else {
            throw .refused("one unfinished rotation")
        }
        rotations[rotation.number] = RotationRow(record: rotation, proof: proof)
    }

    // MARK: API keys

    mutating func insert(_ key: APIKey, hash: Digest, _ proof: AuthorityProof) throws(StoreError) {
        guard apiKeys[key.id] == nil else { throw .refused("api_key.id") }
        apiKeys[key.id] = APIKeyRow(
            id: key.id, name: key.name, grant: key.grant, hash: hash.bytes, createdAt: key.createdAt, proof: proof)
    }

    mutating func revoke(_ id: String, _ proof: AuthorityProof, at: Timestamp) {
        apiKeys.update(id) { key in (key.revokedAt, key.proof) = (at, proof) }
    }

    mutating func noteSession(_ id: String, at: Timestamp) {
        sessions.update(id) { row in
            let session = row.session
            row = StoredSession(
                session: Session(
                    id: id, apiKeyID: session.apiKeyID, createdAt: session.createdAt, seenAt: at,
                    source: session.source), digest: row.digest)
        }
    }

    mutating func noteUse(of id: String, from source: String, at: Timestamp) {
        apiKeys[id]?.lastUse = (at, source)
    }
}
