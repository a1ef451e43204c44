import GRDB
import ServiceLifecycle

/// Empties the write-ahead log soon after something secret was erased.
///
/// `secure_delete` overwrites freed pages in the database, but the page images from before the erasure stay in the log
/// until it is truncated. Requests that arrive meanwhile share one checkpoint.
package final class Eraser: Service, CustomStringConvertible {
    private let pool: DatabasePool
    private let requests: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init(pool: DatabasePool) {
        self.pool = pool
        (requests, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    package var description: String { "eraser" }

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

    /// A reader that holds an old snapshot makes a checkpoint incomplete, so it is tried again until the log is empty.
    func truncate() async {
        for _ in 0..<50 {
            do {
                let isBusy = try await pool.writeWithoutTransaction { db in
                    // Without waiting for readers inside SQLite: that would keep the writer, and with it every webhook.
                    try db.execute(sql: "PRAGMA busy_timeout = 0")
                    defer { try? db.execute(sql: "PRAGMA busy_timeout = \(SQLiteStore.busyTimeout)") }
                    return try Int.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)") ?? 1
                }
                if isBusy == 0 { return }
                try await Task.sleep(for: .milliseconds(100))
            } catch {
                return  // Shut down, or an I/O error that the next write reports; the close tries again.
            }
        }
    }
}
