import Installations
import Sealing
import Store

extension MemorySnapshot: KeyReads {
    func clock() -> ClockFacts {
        count()
        return rows.clockFacts
    }

    func storageKeys(_ ids: [StorageKeyID]?) -> [StoredStorageKey] {
        count()
        return rows.storageKeys.values
            .filter { ids?.contains($0.id) ?? true }
            .sorted { ($0.createdAt, $0.id.description) < ($1.createdAt, $1.id.description) }
            .map { key in
                StoredStorageKey(
                    id: key.id, state: key.state, createdAt: key.createdAt, promotedAt: key.promotedAt,
                    retiredAt: key.retiredAt, checkValue: key.checkValue,
                    installations: rows.installations(under: key.id),
                    vouched: rows.vouched(key.proof, for: .storageKey(key.id)))
            }
    }

    func primaryKey() -> PrimaryKey? {
        count()
        return rows.primary
    }

    func dependents(on id: StorageKeyID) -> Int64 {
        count()
        let outgoing = rows.outgoingKeys.count { rows.installations[$0] != nil && $1.key.storageKey == id }
        return rows.installations(under: id) + Int64(outgoing) + (rows.deployment.storageKey == id.description ? 1 : 0)
    }

    func hidden(under id: StorageKeyID) -> Int64 {
        count()
        let keys = rows.installations.values.compactMap(\.key) + rows.outgoingKeys.values.map(\.key)
        let wrapped =
            keys.map { ($0.wrapped, $0.storageKey.description) }
            + [(rows.deployment.wrapped, rows.deployment.storageKey)]
        // By the header of the sealed value, which nobody can change.
        let hidden = wrapped.count { wrapped, column in
            column != id.description && wrapped.dropFirst(2).prefix(8).elementsEqual(id.bytes)
        }
        return Int64(hidden)
    }

    func latestRotation() -> StoredRotation? {
        count()
        return rows.rotations.max { $0.key < $1.key }
            .map { number, row in
                StoredRotation(
                    record: row.record, number: number, vouched: rows.vouched(row.proof, for: .rotation(number)))
            }
    }

    func sessions(_ selection: SessionSelection) -> [StoredSession] {
        count()
        let all = rows.sessions.values.sorted {
            ($0.session.createdAt, $0.session.id) < ($1.session.createdAt, $1.session.id)
        }
        return switch selection {
        case .one(let id): rows.sessions[id].map { [$0] } ?? []
        case .of(let key): all.filter { $0.session.apiKeyID == key }
        case .newest: Array(all.reversed().prefix(PageRequest.maximum))
        }
    }

    func apiKeys(_ ids: [String]?) -> [StoredAPIKey] {
        count()
        return rows.apiKeys.values
            .filter { ids?.contains($0.id) ?? true }
            .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
            .prefix(PageRequest.maximum)
            .map(rows.stored)
    }
}

extension MemoryRows {
    /// The row of the primary key.
    var primary: PrimaryKey? {
        storageKeys.values.first { $0.state == .primary }
            .map { PrimaryKey(id: $0.id, proof: $0.proof, latest: latest(about: .storageKey($0.id))) }
    }

    /// Installations whose rows say that their key is wrapped under this one.
    fileprivate func installations(under id: StorageKeyID) -> Int64 {
        Int64(installations.values.count { $0.key?.storageKey == id })
    }

    /// An API key as it lies in its row.
    func stored(_ key: APIKeyRow) -> StoredAPIKey {
        StoredAPIKey(
            id: key.id, name: key.name, grant: key.grant, hash: key.hash, createdAt: key.createdAt,
            lastUse: key.lastUse, revokedAt: key.revokedAt, vouched: vouched(key.proof, for: .apiKey(key.id)))
    }

    fileprivate func vouched(_ proof: AuthorityProof?, for subject: AuthoritySubject) -> Vouched {
        Vouched(proof: proof, latest: latest(about: subject))
    }
}
