import GRDB
import GRDBSQLite
import Installations
import Store

/// How everything else reads and writes: one snapshot, or one transaction on the one writing connection.
extension SQLiteStore {
    /// Reads in a snapshot of its own.
    func readRows<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws(StoreError) -> T {
        do {
            return try await pool.read(body)
        } catch {
            throw translate(error)
        }
    }

    /// Writes in one transaction and returns after its commit reached the disk.
    ///
    /// The transaction runs in a task of its own: GRDB rolls back when its task is cancelled, and a client that hangs up
    /// must not undo an install that the platform sends only once.
    func writeRows<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws(StoreError) -> T {
        guard traffic.depth < Self.queuedWrites else { throw .unavailable(.busy, code: "queue") }
        traffic.begin()
        defer { traffic.end() }
        do {
            return try await Task { [self] in
                try await pool.writeWithoutTransaction { [self] db in try commit(db) { try body(db) } }
            }.value
        } catch {
            throw translate(error)
        }
    }

    /// As `writeRows`; while it waits for the writer, its request may withdraw it.
    func write<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws(StoreError) -> T {
        let ticket = WriteTicket.current
        return try await WriteTicket.inTime { [self] in
            do throws(StoreError) {
                return .success(
                    try await writeRows { db in
                        guard ticket?.begin() ?? true else { throw StoreError.withdrawn }
                        return try body(db)
                    })
            } catch {
                return .failure(error)
            }
        }
    }

    /// As `writeRows`, blocking the calling thread: two hops between threads fewer for each commit. It waits its turn in the
    /// queue of the one writing connection like every other write. For webhooks.
    func writeBlocking<T>(_ body: (Database) throws -> T) throws(StoreError) -> T {
        traffic.begin(byPlatform: true)
        defer { traffic.end() }
        do {
            return try pool.writeWithoutTransaction { db in try commit(db) { try body(db) } }
        } catch {
            throw translate(error)
        }
    }

    /// One transaction on the writing connection. Every commit of an open store passes here.
    ///
    /// The files are compared after the commit, before anybody is told: into a file that is not at its place nothing is
    /// acknowledged. And before, as a commit may bring the log into the file: what is there already must stay. The lock is one of
    /// them: with another in its place a second process may be writing.
    func commit<T>(_ db: Database, _ body: () throws -> T) throws(StoreError) -> T {
        try health.check()
        guard files.isDatabaseInPlace, lock.isInPlace else { throw lost() }
        // Each would wait for a lock that is known to be held, and everybody behind it.
        let isLocked = health.condition == .locked
        if isLocked { sqlite3_busy_timeout(db.sqliteConnection, 0) }
        defer { if isLocked { sqlite3_busy_timeout(db.sqliteConnection, CInt(Self.busyTimeout)) } }
        health.asks()
        defer { health.ends() }
        var value: T?
        do {
            try db.inTransaction(.immediate) {
                health.begins()
                value = try body()
                return .commit
            }
        } catch {
            throw translate(error, of: db)
        }
        guard files.areInPlace, lock.isInPlace else {
            _ = lost()
            // Committed, and perhaps found by whoever opens the file that is there now: nobody knows.
            throw .outcomeUnknown
        }
        health.succeeded()
        guard let value else { preconditionFailure("a transaction that was committed has run its body") }
        return value
    }
}
