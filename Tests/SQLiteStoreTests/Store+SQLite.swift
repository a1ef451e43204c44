@testable import SQLiteStore
@testable import Store

extension Store {
    /// What keeps it, in tests of the embedded store.
    var sqlite: SQLiteStore {
        guard let engine = engine as? SQLiteStore else { preconditionFailure("another engine") }
        return engine
    }
}
