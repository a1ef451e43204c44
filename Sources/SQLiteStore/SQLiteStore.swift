import GRDB
package import Installations
import Schema
package import Sealing
import Synchronization
package import Webhooks

/// The embedded store: one SQLite file in WAL mode, one process, one writing connection that also checkpoints.
package final class SQLiteStore: Sendable {
    let pool: DatabasePool
    let vault: InstallationVault
    let keys: DeploymentKeys
    let chain: AuditChain
    /// Ids of inbox events, shared with whoever appends webhooks.
    package let eventIDs: EventIDGenerator
    /// Empties the log after an erasure; part of the service group.
    package let eraser: Eraser
    /// Events that wait, kept beside the rows because one process is the only writer.
    let backlog: Backlog
    /// Told of every stream that gets an event.
    package let arrivals = Arrivals()
    /// Whether bodies went since the log was emptied last.
    let hasSettled = Atomic(false)
    /// What the start-up log says of the store.
    package let summary: String
    /// Told where a rotation stands.
    let probe: RotationProbe
    /// Lifecycle calls on their way into a transaction.
    let group = GroupCommit()
    private let lock: ProcessLock
    private let isFailed = Mutex(false)
    /// Writes on their way, those that give way left out.
    let traffic = WriteTraffic()
    /// Where rotations and their like wait.
    let longWork = LongWork()
    /// Lifecycle calls that changed nothing.
    let quietCalls = QuietCalls()
    /// What is left of the file system.
    let space: FreeSpace

    /// Opens an existing store, brings its schema up to date and checks that the loaded keys are its keys.
    ///
    /// - Parameters:
    ///   - path: The database file.
    ///   - lock: The lock that makes this process the only one.
    ///   - keyring: The loaded storage keys.
    ///   - minFreeBytes: With less space free, webhooks are refused; nil for the default.
    ///   - probe: Told where a rotation stands.
    package init(
        path: String, lock: ProcessLock, keyring: Keyring, minFreeBytes: Int? = nil,
        probe: @escaping RotationProbe = { _ in }
    ) throws {
        let pool = try Self.openPool(path)
        self.pool = pool
        self.lock = lock
        self.probe = probe
        vault = InstallationVault(keyring: keyring)
        try pool.read { db in try StorageKeyRows.checkFiles(db, keyring) }
        keys = try pool.read { db in try DeploymentKeys(db, keyring) }
        chain = AuditChain(key: keys.audit)
        eraser = Eraser(pool: pool)
        space = FreeSpace(of: pool, reserve: minFreeBytes)
        let version = try pool.read { db in try String.fetchOne(db, sql: "SELECT sqlite_version()") ?? "?" }
        summary = "SQLite \(version), WAL, synchronous=FULL, \(Self.oneWriter)"
        backlog = try pool.read { db in try Backlog(db) }
        eventIDs = EventIDGenerator(
            after: try pool.read { db in try Int64.fetchOne(db, sql: "SELECT max(id) FROM event") }
                .map { EventID(number: $0) })
    }

    /// Why the WAL-reset bug of SQLite 3.7.0 to 3.51.2 cannot bite: it needs two connections that write or checkpoint at
    /// the same instant.
    static let oneWriter = "one process, whose one writing connection also checkpoints"

    /// Empties the log and closes the file. GRDB closes its writer before its readers, and a reader that closes last
    /// leaves the log as it is: so it is emptied here, or erased secrets would stay in it.
    package func close() throws {
        try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        try pool.close()
    }

    // MARK: Opening

    /// How long SQLite waits for a lock, in milliseconds.
    static let busyTimeout = 10_000

    /// Pages in the log before a commit brings them into the file, 8 MiB: a page that each commit changes is brought
    /// there once in the while, not each time. It bounds what a start after a crash reads, and what a commit waits for.
    static let logPages: CInt = 2048

    /// Writes that wait for the writer; one more is refused. Those that were withdrawn are among them until it sees them.
    static let queuedWrites = 4 * GroupCommit.queued

    /// What the writing connection remembers of the file, in KiB: the places in the indexes that events go to, which a
    /// commit otherwise reads anew.
    static let writerCache = 8 << 10

    static func openPool(_ path: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.label = "store"
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(Double(busyTimeout) / 1000)
        configuration.prepareDatabase { db in
            // Freed pages are overwritten, so that an erased token does not stay behind in the file.
            try db.execute(sql: "PRAGMA secure_delete = ON")
            // A mapped file would turn an I/O error into a signal.
            try db.execute(sql: "PRAGMA mmap_size = 0")
        }
        do {
            let pool = try DatabasePool(path: path, configuration: configuration)
            // The pool sets NORMAL by itself, which may lose the last commits at a power cut.
            let synchronous = try pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                try db.execute(sql: "PRAGMA wal_autocheckpoint = \(Self.logPages)")
                try db.execute(sql: "PRAGMA cache_size = -\(Self.writerCache)")
                return try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? -1
            }
            guard synchronous == 2 else { throw StoreOpenError.notDurable(synchronous: synchronous) }
            // What a newer program expects of the rows, this one would not keep.
            guard try !pool.read(migrator().hasBeenSuperseded) else { throw StoreOpenError.newer(file: path) }
            try migrator().migrate(pool)
            return pool
        } catch let error as DatabaseError {
            throw StoreOpenError.cannotOpen(file: path, code: error.code)
        }
    }

    static func migrator() -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for step in Schema.sqlite {
            migrator.registerMigration(step.name) { db in try db.execute(sql: step.sql) }
        }
        return migrator
    }

    // MARK: Reading and writing

    /// Reads in a snapshot of its own.
    func read<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws(StoreError) -> T {
        do {
            return try await pool.read(body)
        } catch {
            throw translate(error)
        }
    }

    /// Writes in one transaction and returns after its commit reached the disk.
    ///
    /// The transaction runs in a task of its own: GRDB rolls back when its task is cancelled, and a client that hangs up
    /// must not undo an install that the platform sends only once. While it waits for the writer, its request may withdraw it.
    ///
    /// - Parameter committed: What must follow the commit, also when nobody waits for it any more.
    func write<T: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> T,
        committed: @escaping @Sendable (T) -> Void = { _ in }
    ) async throws(StoreError) -> T {
        guard traffic.depth < Self.queuedWrites else { throw .unavailable(code: "too many writes wait") }
        guard !isFailed.withLock({ $0 }) else { throw .unavailable(code: "stopped after an I/O error") }
        let ticket = WriteTicket.current
        return try await WriteTicket.inTime { [self] in
            traffic.begin()
            defer { traffic.end() }
            do {
                let value = try await Task { [pool] in
                    try await pool.write { db in
                        try ticket?.claim()
                        return try body(db)
                    }
                }.value
                committed(value)
                return .success(value)
            } catch {
                return .failure(translate(error))
            }
        }
    }

    /// As `write`, blocking the calling thread: two hops between threads fewer for each commit. It waits its turn in the
    /// queue of the one writing connection like every other write. For webhooks.
    func writeBlocking<T>(_ body: (Database) throws -> T) throws(StoreError) -> T {
        traffic.begin(byPlatform: true)
        defer { traffic.end() }
        return try guarded { try pool.write(body) }
    }

    /// Runs one transaction while writes are taken.
    func guarded<T>(_ transaction: () throws -> T) throws(StoreError) -> T {
        guard !isFailed.withLock({ $0 }) else { throw .unavailable(code: "stopped after an I/O error") }
        do {
            return try transaction()
        } catch {
            throw translate(error)
        }
    }

    /// Whether writes are still taken.
    package var takesWrites: Bool { !isFailed.withLock { $0 } }

    func translate(_ error: any Error) -> StoreError {
        switch error {
        case let error as StoreError:
            return error
        case let error as DatabaseError:
            // After a failed fsync the kernel may call the same pages clean: a second try could report a success that
            // never reached the disk. Only opening the file afresh tells what is there.
            if error.resultCode == .SQLITE_IOERR || error.resultCode == .SQLITE_CORRUPT {
                isFailed.withLock { $0 = true }
            }
            // The commit is in the log, perhaps on the disk: the next start may find it there.
            if error.extendedResultCode == .SQLITE_IOERR_FSYNC { return .outcomeUnknown }
            return .unavailable(code: error.code)
        default:
            return .unavailable(code: "unexpected \(type(of: error))")
        }
    }
}

extension WriteTicket {
    /// Takes the write of a request into the transaction under way, as its first step.
    func claim() throws(StoreError) {
        guard begin() else { throw .withdrawn }
    }
}

extension DatabaseError {
    /// SQLite's extended result code by number; the message may quote a value and is never shown.
    var code: String { "SQLite \(extendedResultCode.rawValue)" }
}
