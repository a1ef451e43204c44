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

    init(_ address: StoreAddress, _ keyring: Keyring) throws {
        var link = try PostgresOpenError.inWords { () throws(LinkFailure) in try address.connect() }
        let version = link.version
        guard version >= StoreAddress.oldest else { throw PostgresOpenError.tooOld(version: version) }
        let isSynced = try PostgresOpenError.inWords {
            try link.rows(Query("SELECT current_setting('fsync')")).first?.text(0)
        }
        guard isSynced == "on" else { throw PostgresOpenError.notDurable }
        (tools, newestEvent, kept) = try PostgresOpenError.inWords { () throws in
            try Migrations.run(on: &link)
            try Self.checkFiles(try link.rows(Self.neededKeys), keyring)
            let stored = try StorageKeyRows.deployment(try link.rows(StorageKeyRows.deployment))
            let keys = try DeploymentKeys(stored.sealedKey(), keyring)
            let seal = AuthoritySeal(key: keys.authority)
            // A deployment over this engine was never of another form than the current one.
            let form = try stored.judged(by: seal, least: keys.form)?.form ?? .current
            let authority = Authority(seal: seal, gate: FormGate(form))
            let inForce = try link.rows(StorageKeyRows.keys(nil)).map(StorageKeyRows.key).filter {
                $0.isInForce(by: authority)
            }
            keyring.permit(only: Set(inForce.map(\.id)))
            // Read again: if its key was wrapped under one that opens nothing, nothing opens it.
            let tools = StoreTools(keys: try DeploymentKeys(stored.sealedKey(), keyring), keyring: keyring, form: form)
            let newest = try link.rows(Query("SELECT max(id) FROM innkeeper.event")).first?.intIfAny(0)
            return (tools, newest.map { EventID(number: $0) }, try Self.kept(try link.rows(Self.keptEvents)))
        }
        let lock = try ServingLock(address)
        // Two connections that are both idle and one process: each transaction goes to whichever there is, and locks with it.
        let isPooled = try PostgresOpenError.inWords {
            try lock.processID() == link.rows(Self.process).first?.int(0)
        }
        guard !isPooled else { throw PostgresOpenError.pooled }
        self.lock = lock
        summary = "PostgreSQL \(version / 10000).\(version % 10000), synchronous_commit=on"
    }

    /// Asks for the process of the server that answers.
    static let process = Query("SELECT pg_backend_pid()")

    /// Every key the store still needs must be loaded and be the right one, before anything is served.
    private static func checkFiles(_ rows: ResultRows, _ keyring: Keyring) throws {
        try rows.forEach { row in
            guard let id = StorageKeyID(row.text(0)) else { throw StoreError.corruptRow(.storageKey) }
            let key: StorageKey
            do {
                key = try keyring.key(id)
            } catch {
                throw PostgresOpenError.missingKeyFile(id)
            }
            guard key.checkValue == row.bytes(1) else { throw PostgresOpenError.wrongKeyFile(id) }
        }
    }

    private static let neededKeys = Query(
        "SELECT id, check_value FROM innkeeper.storage_key WHERE state IN ('primary', 'retiring')")

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
