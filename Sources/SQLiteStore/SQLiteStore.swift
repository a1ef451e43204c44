import GRDB
import GRDBSQLite
package import Installations
import Schema
package import Sealing
import Synchronization
package import Webhooks

/// The embedded store: one SQLite file in WAL mode, one process, one writing connection that also checkpoints.
package final class SQLiteStore: Sendable {
    let pool: DatabasePool
    /// Opens what is sealed here, as far as it may still be opened.
    package let vault: InstallationVault
    /// Knows tokens again that were handed out.
    package let handedOut: HandedOutTokens
    let keys: DeploymentKeys
    let chain: AuditChain
    /// Judges rows that decide something.
    package let authority: Authority
    let tools: StoreTools
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
    /// Keeps other processes out.
    let lock: ProcessLock
    /// What is open.
    let files: OpenFiles
    /// Whether writes succeed.
    let health = StoreHealth()
    /// Finds that out.
    let writeProbe = WriteProbe()
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
    ///   - now: The clock, for the record of a store that is brought up to date.
    ///   - probe: Told where a rotation stands.
    package init(
        path: String, lock: ProcessLock, keyring: Keyring, minFreeBytes: Int? = nil, now: Now = { .now() },
        probe: @escaping RotationProbe = { _ in }
    ) throws {
        let pool: DatabasePool
        (pool, files) = try Self.openExisting(path)
        self.pool = pool
        self.lock = lock
        self.probe = probe
        do {
            try pool.read { db in try StorageKeyRows.checkFiles(db, keyring) }
            let keys = try pool.read { db in try DeploymentKeys(db, keyring) }
            let chain = AuditChain(key: keys.audit)
            let seal = AuthoritySeal(key: keys.authority)
            let deployment = try pool.write { db in
                try DeploymentRow.read(seal, db) ?? FirstProofs(seal: seal, chain: chain, db: db).make(at: now())
            }
            let authority = Authority(seal: seal, gate: FormGate(deployment.form))
            // From here on no other key opens anything. If the deployment's own was wrapped under one of those, nothing does.
            keyring.permit(only: try pool.read { db in try StorageKeyRows.inForce(authority, db) })
            _ = try pool.read { db in try DeploymentKeys(db, keyring) }
            (self.keys, self.chain, self.authority) = (keys, chain, authority)
            vault = InstallationVault(keyring: keyring, gate: authority.gate)
            handedOut = HandedOutTokens(key: keys.handedOut)
            tools = StoreTools(vault: vault, chain: chain, authority: authority, handedOut: handedOut)
            eraser = Eraser(pool: pool, health: health, files: files)
            space = FreeSpace(of: pool, reserve: minFreeBytes)
            let version = try pool.read { db in try String.fetchOne(db, sql: "SELECT sqlite_version()") ?? "?" }
            summary = "SQLite \(version), WAL, synchronous=FULL, \(Self.oneWriter)"
            backlog = try pool.read { db in try Backlog(db) }
            eventIDs = EventIDGenerator(
                after: try pool.read { db in try Int64.fetchOne(db, sql: "SELECT max(id) FROM event") }
                    .map { EventID(number: $0) })
        } catch let error as DatabaseError {
            throw StoreOpenError(error, file: path)
        }
    }

    /// Why the WAL-reset bug of SQLite 3.7.0 to 3.51.2 cannot bite: it needs two connections that write or checkpoint at
    /// the same instant.
    static let oneWriter = "one process, whose one writing connection also checkpoints"

    /// What is worth a line of log, for one who watches.
    package var notices: AsyncStream<StoreNotice> { health.notices }

    /// Empties the log and closes the file. GRDB closes its writer before its readers, and a reader that closes last
    /// leaves the log as it is: so it is emptied here, or erased secrets would stay in it.
    ///
    /// A file that is not in its place, or that failed, is left as it is, with its log: only the next start may touch it.
    package func close() throws {
        if !health.isLasting, !files.areInPlace { _ = lost() }
        do throws(StoreError) {
            try health.check()
        } catch {
            _ = Unmanaged.passRetained(pool)
            throw error
        }
        do {
            try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        } catch {
            // What was accepted is safe in the log, which the next start reads.
            try? pool.close()
            throw translate(error)
        }
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
            throw StoreOpenError(error, file: path)
        }
    }

    /// As `openPool`, for a file that must be there: nothing is made in place of one that is lost.
    private static func openExisting(_ path: String) throws -> (DatabasePool, OpenFiles) {
        try DatabaseFile.check(path)
        let pool = try openPool(path)
        let files = OpenFiles(path: path)
        // After the look: what it saw is what SQLite holds only if nothing has come there since the opening.
        var hasMoved: CInt = 0
        pool.writeWithoutTransaction { db in
            _ = sqlite3_file_control(db.sqliteConnection, "main", SQLITE_FCNTL_HAS_MOVED, &hasMoved)
        }
        guard let files, hasMoved == 0 else {
            _ = Unmanaged.passRetained(pool)
            throw StoreOpenError.lost(file: path, .missing)
        }
        return (pool, files)
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
        guard traffic.depth < Self.queuedWrites else { throw .unavailable(.busy, code: "queue") }
        let ticket = WriteTicket.current
        return try await WriteTicket.inTime { [self] in
            traffic.begin()
            defer { traffic.end() }
            do {
                let value = try await Task { [self] in
                    try await pool.writeWithoutTransaction { [self] db in
                        try commit(db) {
                            try ticket?.claim()
                            return try body(db)
                        }
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
        do {
            return try pool.writeWithoutTransaction { db in try commit(db) { try body(db) } }
        } catch {
            throw translate(error)
        }
    }

    /// One transaction on the writing connection. Every commit of an open store passes here.
    ///
    /// The files are compared after the commit, before anybody is told: into a file that is not at its place nothing is
    /// acknowledged. And before, as a commit may bring the log into the file: what is there already must stay.
    func commit<T>(_ db: Database, _ body: () throws -> T) throws(StoreError) -> T {
        try health.check()
        guard files.isDatabaseInPlace else { throw lost() }
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
        guard files.areInPlace else {
            _ = lost()
            // Committed, and perhaps found by whoever opens the file that is there now: nobody knows.
            throw .outcomeUnknown
        }
        health.succeeded()
        guard let value else { preconditionFailure("a transaction that was committed has run its body") }
        return value
    }

    /// What lies at the paths is not what is open: from now on nothing is written, and nothing cleaned up.
    func lost() -> StoreError {
        // SQLite's own close would bring the log into the wrong file and delete what has its name: the pool lives as long
        // as the process.
        if !health.isLasting { _ = Unmanaged.passRetained(pool) }
        health.failed(.gone, code: "moved", isLasting: true)
        return .unavailable(.gone, code: "moved")
    }

    /// An error in the domain's words. `writer` is the connection on which a transaction met it.
    func translate(_ error: any Error, of writer: Database? = nil) -> StoreError {
        switch error {
        case let error as StoreError:
            return error
        case let error as DatabaseError:
            let condition = StoreCondition(error, systemError: writer?.systemError ?? 0, at: pool.path)
            if condition == .gone { return lost() }
            // After a failed fsync the kernel may call the same pages clean: a second try could report a success that
            // never reached the disk. Only opening the file afresh tells what is there.
            let isLasting =
                condition == .broken && [.SQLITE_IOERR, .SQLITE_CORRUPT].contains(error.resultCode)
            // What a reader meets says nothing of writing, unless it is damage.
            if writer != nil || isLasting { health.failed(condition, code: error.code, isLasting: isLasting) }
            // The commit is in the log, perhaps on the disk: the next start may find it there.
            if error.extendedResultCode == .SQLITE_IOERR_FSYNC { return .outcomeUnknown }
            return .unavailable(condition, code: error.code)
        default:
            return .unavailable(.failed, code: "unexpected \(type(of: error))")
        }
    }
}

extension WriteTicket {
    /// Takes the write of a request into the transaction under way, as its first step.
    func claim() throws(StoreError) {
        guard begin() else { throw .withdrawn }
    }
}
