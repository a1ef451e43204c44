import GRDB
package import Installations
package import Sealing
package import Store
import Webhooks

/// The embedded store: one SQLite file in WAL mode, one process, one writing connection that also checkpoints.
package final class SQLiteStore: Sendable {
    let pool: DatabasePool
    /// What the deployment's keys open and vouch for.
    package let tools: StoreTools
    /// The newest event there was when it was opened.
    package let newestEvent: EventID?
    /// Empties the log after an erasure; part of the service group.
    package let logTruncator: LogTruncator
    /// Events that wait, kept beside the rows because one process is the only writer.
    let waitingIndex: WaitingIndex
    /// What the start-up log says of the store.
    package let summary: String
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
    /// What is left of the file system.
    let space: FreeSpace

    /// Opens an existing store, brings its schema up to date and checks that the loaded keys are its keys.
    ///
    /// - Parameters:
    ///   - path: The database file.
    ///   - lock: The lock that makes this process the only one.
    ///   - keyring: The loaded storage keys.
    ///   - minFreeBytes: With less space free, webhooks are refused; nil for the default.
    ///   - use: What it is opened for.
    ///   - now: The clock, for the record of a store that is brought up to date.
    package init(
        path: String, lock: ProcessLock, keyring: Keyring, minFreeBytes: Int? = nil, for use: StoreUse = .service,
        now: Now = { .now() }
    ) throws {
        let pool: DatabasePool
        (pool, files) = try Self.openExisting(path)
        DraftFile.removeLeftovers(besides: path)
        self.pool = pool
        self.lock = lock
        do {
            let isMoveEnded = try MoveRow.isEnded(by: use, pool)
            func storageKeys() throws -> [StoredStorageKey] { try pool.read { db in try StorageKeyRows.keys(nil, db) } }
            func deployment() throws -> StoredDeployment { try pool.read { db in try DeploymentRow.stored(db) } }
            try keyring.check(for: storageKeys())
            let found = try DeploymentKeys(deployment().sealedKey(), keyring)
            let seal = AuthoritySeal(key: found.authority)
            let form = try pool.write { db in
                let judged = try DeploymentRow.stored(db).judged(by: seal, least: found.form)
                if judged == nil {
                    try FirstProofs(seal: seal, chain: AuditChain(key: found.audit), db: db).make(at: now())
                }
                let form = judged?.form ?? .mixed
                if form != found.form { try DeploymentRow.rewrap(for: form, keyring, db) }
                return form
            }
            // Both read again: they may have been brought up to date just now.
            tools = try StoreTools(opening: deployment(), of: form, with: storageKeys(), keyring)
            logTruncator = LogTruncator(pool: pool, health: health, files: files)
            space = FreeSpace(of: pool, reserve: minFreeBytes)
            let version = try pool.read { db in try String.fetchOne(db, sql: "SELECT sqlite_version()") ?? "?" }
            summary = "SQLite \(version), WAL, synchronous=FULL, \(Self.oneWriter)"
            waitingIndex = try pool.read { db in try WaitingIndex(db) }
            newestEvent = try pool.read { db in try Int64.fetchOne(db, sql: "SELECT max(id) FROM event") }
                .map { EventID(number: $0) }
            if isMoveEnded { try MoveRow.remove(pool) }
        } catch let error as DatabaseError {
            throw StoreOpenError(error, file: path)
        }
    }

    var keys: DeploymentKeys { tools.keys }
    var keyring: Keyring { tools.keyring }
    var chain: AuditChain { tools.chain }
    var authority: Authority { tools.authority }

    /// Why the WAL-reset bug of SQLite 3.7.0 to 3.51.2 cannot bite: it needs two connections that write or checkpoint at
    /// the same instant.
    static let oneWriter = "one process, whose one writing connection also checkpoints"

    package var notices: AsyncStream<StoreNotice> { health.notices }

    /// Empties the log and closes the file. GRDB closes its writer before its readers, and a reader that closes last
    /// leaves the log as it is: so it is emptied here, or erased secrets would stay in it.
    ///
    /// A file that is not in its place, or that failed, is left as it is, with its log: only the next start may touch it.
    package func close() throws {
        if !health.isLasting, !(files.areInPlace && lock.isInPlace) { _ = lost() }
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
}
