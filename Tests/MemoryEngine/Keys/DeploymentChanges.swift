import Installations
import Sealing
import Store

/// What is written of the deployment as a whole: its key, its backups, and what of it does not open.
extension MemoryRows {
    mutating func rewrapDeployment(_ wrapped: SealedValue, under key: StorageKeyID) throws(StoreError) {
        guard storageKeys[key] != nil else { throw .refused("deployment.storage_key") }
        (deployment.wrapped, deployment.storageKey) = (wrapped.bytes, key.description)
    }

    /// The newest hundred are kept, and for each storage key that is not destroyed the newest that needs it.
    mutating func keep(_ backup: Backup) {
        backups.append(backup)
        let needed = storageKeys.values.filter { $0.state != .destroyed }
            .compactMap { key in backups.lastIndex { $0.keys.contains(key.id) } }
        let oldest = backups.count - Self.keptBackups
        backups = backups.indices.filter { $0 >= oldest || needed.contains($0) }.map { backups[$0] }
    }

    private static let keptBackups = 100

    mutating func note(_ values: [DamagedValue], at: Timestamp) {
        for value in values {
            damaged[DamagedPlace(item: value.item, place: value.place)] = at
        }
    }

    /// Forgets what was noted of rows that were just looked at, or that are gone.
    mutating func forgetDamaged(_ depth: VerifyDepth, in range: NumberRange) {
        damaged = damaged.filter { place, _ in
            switch (place.item, depth) {
            case (.installation(let number), _), (.installationSecret(let number), .values),
                (.webhookToken(let number), .values):
                return !range.contains(number)
            case (.event(let id), .values):
                guard let event = events[id], event.body != nil else { return false }
                return !range.contains(event.installation)
            default: return true
            }
        }
    }
}
