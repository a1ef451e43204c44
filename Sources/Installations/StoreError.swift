package import Sealing

/// Why a store did not do what it was asked. Safe to print: no case carries a tenant's data.
package enum StoreError: Error, CustomStringConvertible {
    /// The database failed or refuses writes; nothing was committed. The code is SQLite's extended result code or
    /// PostgreSQL's SQLSTATE.
    case unavailable(code: String)
    /// A row names a storage key whose file is not loaded. Retrying helps only after the file is back.
    case unknownStorageKey(StorageKeyID)
    /// A sealed value of one row does not open with the key it names: altered or damaged.
    case corruptRow(table: String, number: Int64)
    /// The store has no primary storage key.
    case noPrimaryKey
    /// What was asked for contradicts what is there.
    case conflict(String)
    /// It waited until its deadline and was taken back: nothing was committed and nothing will be.
    case withdrawn
    /// It may have been committed or may yet be: neither can be told.
    case outcomeUnknown

    package var description: String {
        switch self {
        case .unavailable(let code):
            return "the store is unavailable (\(code)); nothing was committed"
        case .unknownStorageKey(let id):
            return "the store needs storage key \(id), but keys.dir has no file \(id).key; put it back"
        case .corruptRow(let table, let number):
            return "row \(number) of table \(table) does not open with the key it names; run: innkeeper doctor"
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
