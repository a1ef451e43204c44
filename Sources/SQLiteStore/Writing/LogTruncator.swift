import GRDB
import GRDBSQLite
import Installations
import ServiceLifecycle
import Store
import Synchronization

/// Empties the write-ahead log soon after something secret was erased.
///
/// `secure_delete` overwrites freed pages in the database, but the page images from before the erasure stay in the log
/// until it is truncated. Requests that arrive meanwhile share one checkpoint.
package final class LogTruncator: Service, CustomStringConvertible {
    /// How it waits for readers.
    struct Pace {
        /// Between the first tries.
        var shortest = Duration.milliseconds(100)
        /// Between later ones: a long reading takes minutes.
        var longest = Duration.seconds(1)
        /// After which it says that somebody holds the log.
        var patience = Duration.seconds(60)
    }

    private let pool: DatabasePool
    private let health: StoreHealth
    private let files: OpenFiles
    private let pace: Pace
    private let requests: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let heldSince = Mutex<ContinuousClock.Instant?>(nil)
    private let attempts = Atomic(0)

    init(pool: DatabasePool, health: StoreHealth, files: OpenFiles, pace: Pace = Pace()) {
        self.pool = pool
        self.health = health
        self.files = files
        self.pace = pace
        (requests, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    package var description: String { "log truncator" }

    /// For how long what was erased has stayed in the log, once that is longer than usual; else nil.
    var overdue: Duration? {
        guard let since = heldSince.withLock({ $0 }), .now - since >= pace.patience else { return nil }
        return .now - since
    }

    /// How often it has tried.
    var tries: Int { attempts.load(ordering: .relaxed) }

    /// Asks for a checkpoint; returns at once.
    func request() {
        continuation.yield()
    }

    /// Serves requests until shut down. Closing the store empties what is left.
    package func run() async throws {
        await withGracefulShutdownHandler {
            for await _ in requests { await truncate() }
        } onGracefulShutdown: { [continuation] in
            continuation.finish()
        }
    }

    /// A reader that holds an old snapshot makes a checkpoint incomplete, so it is tried again until the log is empty,
    /// however long that takes. Only a shutdown ends it before.
    func truncate() async {
        var pause = pace.shortest
        var isTold = false
        heldSince.withLock { $0 = .now }
        defer { heldSince.withLock { $0 = nil } }
        while await !isEmptied() {
            // Nothing will empty the log of such a store but its next start.
            if health.isLasting || Task.isShuttingDownGracefully || Task.isCancelled { return }
            if overdue != nil, !isTold {
                health.tell(.logHeld)
                isTold = true
            }
            try? await cancelWhenGracefulShutdown { [pause] in try await Task.sleep(for: pause) }
            pause = min(pause * 2, pace.longest)
        }
        if isTold { health.tell(.logEmptied) }
    }

    /// Tries once. An error is for the next write to report; the next try may do better.
    private func isEmptied() async -> Bool {
        attempts.add(1, ordering: .relaxed)
        do {
            return try await pool.writeWithoutTransaction { [files] db in
                // Never a log into another file than the one it belongs to.
                guard files.areInPlace else { return false }
                // Without waiting for readers inside SQLite: that would keep the writer, and with it every webhook.
                sqlite3_busy_timeout(db.sqliteConnection, 0)
                defer { sqlite3_busy_timeout(db.sqliteConnection, CInt(SQLiteStore.busyTimeout)) }
                return try Int.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)") == 0
            }
        } catch {
            return false
        }
    }
}
