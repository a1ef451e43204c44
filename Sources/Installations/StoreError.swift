package import Sealing

/// Why a store did not do what it was asked. Safe to print: no case carries a tenant's data.
package enum StoreError: Error, CustomStringConvertible {
    /// The database failed or refuses writes; nothing was committed. The code is SQLite's extended result code or
    /// PostgreSQL's SQLSTATE.
    case unavailable(StoreCondition, code: String)
    /// A row names a storage key whose file is not loaded. Retrying helps only after the file is back.
    case unknownStorageKey(StorageKeyID)
    /// A row names a storage key that the store does not know, or knows as disabled or destroyed: somebody changed it.
    case storageKeyNotInForce(StorageKeyID)
    /// What a row decides was changed, or put back, by somebody without the deployment's key. It counts for nothing.
    case forgedRow(StoredItem)
    /// A sealed value of one row does not open with the key it names: altered or damaged.
    case corruptRow(StoredItem)
    /// The store has no primary storage key.
    case noPrimaryKey
    /// What was asked for contradicts what is there.
    case conflict(String)
    /// It waited until its deadline and was taken back: nothing was committed and nothing will be.
    case withdrawn
    /// It may have been committed or may yet be: neither can be told.
    case outcomeUnknown

    /// Whether other writes would meet the same now.
    package var isOfStorage: Bool {
        if case .outcomeUnknown = self { return true }
        if case .unavailable(let condition, _) = self { return condition.isOfStorage }
        return false
    }

    package var description: String {
        switch self {
        case .unavailable(let condition, let code):
            return "\(condition.problem) (\(code)); nothing was committed; \(condition.remedy)"
        case .unknownStorageKey(let id):
            return "the store needs storage key \(id), but keys.dir has no file \(id).key; put it back"
        case .storageKeyNotInForce(let id):
            return "a value names storage key \(id), which is not in force and opens nothing; run: innkeeper doctor"
        case .forgedRow(let item):
            return
                "row \(item.number) of table \(item.kind) was changed without the deployment's key; run: innkeeper doctor"
        case .corruptRow(let item):
            return "row \(item.number) of table \(item.kind) does not open with the key it names; run: innkeeper doctor"
        case .noPrimaryKey:
            return "the store has no primary storage key; run: innkeeper keys list"
        case .conflict(let what):
            return what
        case .withdrawn:
            return "the write waited too long and was withdrawn; nothing was committed"
        case .outcomeUnknown:
            return "whether the write was committed is not known"
        }
    }
}
