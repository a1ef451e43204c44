import Installations
import Logging
import PostgresStore
import SQLiteStore
import ServiceLifecycle
import Store

/// What an engine needs while it is open, beside its own work.
struct StoreCare: Sendable {
    /// Whom to ask how it is.
    let engine: any WatchedEngine
    /// What the start-up log says of it.
    let summary: String
    /// The clock that all who have it open go by; nil for this process's own.
    let clock: Now?
    /// What runs while it is open, also for a command alone.
    let services: [any Service]
    /// What runs only while it serves.
    let work: @Sendable (Logger) -> [any Service]
    /// Keeps a second process from the data directory.
    private let lock: ProcessLock?

    /// The embedded store's: its log is emptied after erasures, and an older one is brought up to date.
    init(of engine: SQLiteStore) {
        self.engine = engine
        summary = engine.summary
        services = [engine.logTruncator]
        work = { logger in [StoreUpgrade(of: engine, logger: logger, now: { .now() })] }
        lock = nil
        clock = nil
    }

    /// A server's, which cares for itself.
    init(of engine: PostgresStore, in lock: ProcessLock) {
        self.engine = engine
        summary = engine.summary
        services = []
        work = { _ in [] }
        self.lock = lock
        clock = { [clock = engine.clock] in clock.now }
    }
}
