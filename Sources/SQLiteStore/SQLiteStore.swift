import GRDB
package import Installations
package import Sealing
package import Store
import Synchronization
package import Webhooks

/// The embedded store: one SQLite file in WAL mode, one process, one writing connection that also checkpoints.
package final class SQLiteStore: Sendable {
    let pool: DatabasePool
    /// Opens what is sealed here, as far as it may still be opened.
    package let vault: InstallationVault
    /// Knows tokens again that were handed out.
    package let handedOut: HandedOutTokens
    let keyring: Keyring
    let keys: DeploymentKeys
    let chain: AuditChain
    /// Judges rows that decide something.
    package let authority: Authority
    let tools: StoreTools
    /// Ids of inbox events, shared with whoever appends webhooks.
    package let eventIDs: EventIDGenerator
    /// Empties the log after an erasure; part of the service group.
    package let logTruncator: LogTruncator
    /// Events that wait, kept beside the rows because one process is the only writer.
    let waitingIndex: WaitingIndex
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
    /// What this process saw of the clock.
    let clockWatch = ClockWatch()
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
        DraftFile.removeLeftovers(besides: path)
        self.pool = pool
        self.lock = lock
        self.probe = probe
        do {
            try pool.read { db in try StorageKeyRows.checkFiles(db, keyring) }
            let keys = try pool.read { db in try DeploymentKeys(db, keyring) }
            let chain = AuditChain(key: keys.audit)
            let seal = AuthoritySeal(key: keys.authority)
            let deployment = try pool.write { db in
                let row =
                    try DeploymentRow.read(seal, least: keys.form, db)
                    ?? FirstProofs(seal: seal, chain: chain, db: db).make(at: now())
                if row.form != keys.form { try DeploymentKeys.rewrap(for: row.form, keyring, db) }
                return row
            }
            let authority = Authority(seal: seal, gate: FormGate(deployment.form))
            // From here on no other key opens anything. If the deployment's own was wrapped under one of those, nothing does.
            keyring.permit(only: try pool.read { db in try StorageKeyRows.inForce(authority, db) })
            // Read again also for the form that its key is wrapped for by now.
            self.keys = try pool.read { db in try DeploymentKeys(db, keyring) }
            (self.chain, self.authority) = (chain, authority)
            vault = InstallationVault(keyring: keyring, gate: authority.gate)
            handedOut = HandedOutTokens(key: keys.handedOut)
            tools = StoreTools(vault: vault, chain: chain, authority: authority, handedOut: handedOut)
            logTruncator = LogTruncator(pool: pool, health: health, files: files)
            space = FreeSpace(of: pool, reserve: minFreeBytes)
            self.keyring = keyring
            let version = try pool.read { db in try String.fetchOne(db, sql: "SELECT sqlite_version()") ?? "?" }
            summary = "SQLite \(version), WAL, synchronous=FULL, \(Self.oneWriter)"
            waitingIndex = try pool.read { db in try WaitingIndex(db) }
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
