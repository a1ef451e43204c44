import GRDB
import GRDBSQLite
package import Installations
import Store
import Synchronization

/// Finds out by writing whether the store writes: one at a time, for all who ask meanwhile.
final class WriteProbe: Sendable {
    private struct State {
        var isRunning = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// How old a write may be that tells.
    static let freshness = Duration.seconds(1)
    /// How long the answer is waited for: whoever asks asks because he is to be told soon.
    static let patience = Duration.seconds(1)

    private let state = Mutex(State())

    /// Waits for a probe, its own or one under way. `start` begins one and calls back at its end.
    func wait(_ start: (_ end: @escaping @Sendable () -> Void) -> Void) async {
        await withCheckedContinuation { continuation in
            let isFirst = state.withLock { state in
                state.waiting.append(continuation)
                defer { state.isRunning = true }
                return !state.isRunning
            }
            // Whoever joins an overdue one waits as long as any.
            Task { [self] in
                try? await Task.sleep(for: Self.patience)  // Cancelled by nobody.
                release()
            }
            guard isFirst else { return }
            start { [self] in
                state.withLock { $0.isRunning = false }
                release()
            }
        }
    }

    private func release() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

extension SQLiteStore {
    /// What keeps the store from committing now; nil when a write would be committed. A write of the last second tells;
    /// without one a page is written that changes nothing, as no question to the file system knows of quotas, failing
    /// disks and locks alike.
    package func condition() async -> StoreCondition? {
        if !health.isJudged(within: WriteProbe.freshness) {
            await writeProbe.wait { end in
                pool.asyncWriteWithoutTransaction { [self] db in
                    tryToWrite(db)
                    end()
                }
            }
        }
        return health.condition
    }

    /// Whether writes are still taken, as the last of them showed; costs nothing.
    package var takesWrites: Bool { !health.isLasting }

    package func lookAgain() async {
        if health.condition != nil {
            _ = await condition()
        } else if !health.isLasting, !files.areInPlace {
            _ = lost()
        }
    }

    private func tryToWrite(_ db: Database) {
        // Nobody else may write this file: a lock is a finding, and not to be waited for with the writer in hand.
        sqlite3_busy_timeout(db.sqliteConnection, 0)
        defer { sqlite3_busy_timeout(db.sqliteConnection, CInt(Self.busyTimeout)) }
        do throws(StoreError) {
            try commit(db) {
                let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
                try db.execute(sql: "PRAGMA user_version = \(version)")
            }
        } catch {
            // The health has it.
        }
    }
}
