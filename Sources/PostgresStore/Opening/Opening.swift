import Installations
import Sealing
import Store

/// What is done once when a store is opened, over a connection of its own.
struct Opening {
    let tools: StoreTools
    let newestEvent: EventID?
    let summary: String
    let kept: KeptChanges
    let lock: ServingLock

    /// - Parameter lock: Keeps others out already, as the store is moved; nil to take the lock, and to use the store.
    init(_ address: StoreAddress, _ keyring: Keyring, moving lock: ServingLock?) throws {
        var link = try Self.connect(address)
        // First, so that nobody else writes what is read below.
        self.lock = try lock ?? Self.lock(address, beside: &link)
        let use: StoreUse = lock == nil ? .service : .moving
        (tools, newestEvent, kept) = try PostgresOpenError.inWords { () throws in
            let ended = try MoveRow.ended(by: use, on: &link)
            try Migrations.run(on: &link)
            let storageKeys = try link.rows(StorageKeyRows.keys(nil)).map(StorageKeyRows.key)
            try keyring.check(for: storageKeys)
            let stored = try StorageKeyRows.deployment(try link.rows(StorageKeyRows.deployment))
            let keys = try DeploymentKeys(stored.sealedKey(), keyring)
            // A deployment over this engine was never of another form than the current one.
            let form = try stored.judged(by: AuthoritySeal(key: keys.authority), least: keys.form)?.form ?? .current
            let tools = try StoreTools(opening: stored, of: form, with: storageKeys, keyring)
            let newest = try link.rows(Query("SELECT max(id) FROM innkeeper.event")).first?.intIfAny(0)
            let kept = try Self.kept(try link.rows(Self.keptEvents))
            if let ended { try MoveRow.remove(ended, on: &link) }
            return (tools, newest.map { EventID(number: $0) }, kept)
        }
        summary = "PostgreSQL \(link.version / 10000).\(link.version % 10000), synchronous_commit=on"
    }

    /// A connection to a server that will do.
    static func connect(_ address: StoreAddress) throws -> Link {
        var link = try PostgresOpenError.inWords { () throws(LinkFailure) in try address.connect() }
        guard link.version >= StoreAddress.oldest else { throw PostgresOpenError.tooOld(version: link.version) }
        let isSynced = try PostgresOpenError.inWords {
            try link.rows(Query("SELECT current_setting('fsync')")).first?.text(0)
        }
        guard isSynced == "on" else { throw PostgresOpenError.notDurable }
        return link
    }

    /// Keeps everybody else out, over a connection of its own.
    static func lock(_ address: StoreAddress, beside link: inout Link) throws -> ServingLock {
        let lock = try ServingLock(address)
        // Two connections that are both idle and one process: each transaction goes to whichever there is, and locks with it.
        let isPooled = try PostgresOpenError.inWords {
            try lock.processID() == link.rows(process).first?.int(0)
        }
        guard !isPooled else { throw PostgresOpenError.pooled }
        return lock
    }

    /// Asks for the process of the server that answers.
    static let process = Query("SELECT pg_backend_pid()")

    /// Counted in the indexes alone.
    private static let keptEvents = Query(
        """
        SELECT installation, count(*), sum(\(EventRows.bytes))::int8, false FROM innkeeper.event
        WHERE \(EventRows.isWaiting) GROUP BY installation
        UNION ALL
        SELECT installation, count(*), sum(\(EventRows.bytes))::int8, true FROM innkeeper.event
        WHERE state = 'dead' GROUP BY installation
        """)

    private static func kept(_ rows: ResultRows) throws -> KeptChanges {
        var kept = KeptChanges()
        rows.forEach { row in
            kept.add(Int(row.int(1)), of: Int(row.int(2)), to: row.installation(0), asDead: row.bool(3))
        }
        return kept
    }
}

extension Link {
    /// Reads what one statement answers, outside of any transaction.
    mutating func rows(_ query: Query) throws(LinkFailure) -> ResultRows {
        try exchange([query], within: Connection.patience)[0]
    }
}
