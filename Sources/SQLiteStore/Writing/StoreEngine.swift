import GRDB
import GRDBSQLite
package import Installations
import Sealing
package import Store
package import Webhooks

/// One snapshot, or one transaction on the writing connection. Each room of this target has one part of what is read and written
/// through it.
struct SQLiteRows {
    let db: Database
    let store: SQLiteStore

    var waitingIndex: WaitingIndex { store.waitingIndex }
}

extension SQLiteRows: StoreWrites {}

extension SQLiteStore: WatchedEngine {}

extension SQLiteStore: StoreEngine {
    package var waitingEvents: Int { waitingIndex.count }
    package var kept: KeptEvents { waitingIndex.kept }
    package var hasSpace: Bool { space.isEnough }

    package func kept(of installation: InstallationNumber) -> KeptEvents { waitingIndex.kept(of: installation) }

    package func read<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReads) throws -> T
    ) async throws(StoreError) -> T {
        try await readRows { [self] db in try body(SQLiteRows(db: db, store: self)) }
    }

    package func readQuietly<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReads, _ giveWay: (Int) -> Void) throws -> T
    ) async throws(StoreError) -> T {
        try await readRowsQuietly { [self] db, giveWay in try body(SQLiteRows(db: db, store: self), giveWay) }
    }

    package func transact<T: Sendable>(
        _ body: @escaping @Sendable (any StoreWrites) throws -> T, committed: @escaping @Sendable (T) -> Void
    ) async throws(StoreError) -> T {
        let value = try await writeRows { [self] db in try body(SQLiteRows(db: db, store: self)) }
        committed(value)
        return value
    }

    package func transactGivingWay<T: Sendable>(
        _ body: @escaping @Sendable (any StoreWrites, _ isAwaited: () -> Bool) throws -> T
    ) async throws(StoreError) -> T {
        try await writeGivingWay { [self] db, isAwaited in try body(SQLiteRows(db: db, store: self), isAwaited) }
    }

    package func transactBlocking<T>(_ body: (any StoreWrites) throws -> T) throws(StoreError) -> T {
        try writeBlocking { db in try body(SQLiteRows(db: db, store: self)) }
    }

    package func schedule(_ turn: @escaping @Sendable (any StoreWriter) -> Void) {
        pool.asyncWriteWithoutTransaction { [self] db in
            // With little space left the log is used again soon instead of growing: what is reserved is for these calls.
            let isLow = space.isLow
            if isLow { sqlite3_wal_autocheckpoint(db.sqliteConnection, LongWork.logPages) }
            defer { if isLow { sqlite3_wal_autocheckpoint(db.sqliteConnection, Self.logPages) } }
            turn(Writer(db: db, store: self))
        }
    }

    package func expectWrite() { traffic.begin(byPlatform: true) }
    package func endWrite() { traffic.end() }

    // secure_delete cleans pages, not the log they were first written to.
    package func eraseTraces() { logTruncator.request() }
    package func eraseTracesNow() async { await logTruncator.truncate() }
}

/// The writing connection, while it is held.
private struct Writer: StoreWriter {
    let db: Database
    let store: SQLiteStore

    func transact<T>(_ body: (any StoreWrites) throws -> T) throws(StoreError) -> T {
        try store.commit(db) { try body(SQLiteRows(db: db, store: store)) }
    }
}
