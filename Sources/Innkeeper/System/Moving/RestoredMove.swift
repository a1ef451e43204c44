import Installations
import SQLiteStore
import Store

/// The last step of a restore into a database: every backup becomes an embedded store, whose rows then go where the settings say.
struct RestoredMove {
    let settings: Settings

    /// Moves what was restored, and removes what it was moved from. Does nothing where the embedded store is the one.
    func run() async throws {
        guard case .postgres = settings.store else { return }
        try await run(with: try ProcessLock(path: settings.dataDirectory.lockFile))
    }

    /// The same, for who has the data directory's lock.
    func run(with lock: ProcessLock) async throws {
        guard case .postgres = settings.store else { return }
        let move = StoreMove(settings: settings, source: .sqlite, target: settings.store)
        _ = try await move.run(with: lock) { _ in }
        try PendingRestore.removeStore(settings.dataDirectory.databaseFile)
    }
}
