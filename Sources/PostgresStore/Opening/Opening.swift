import Glibc
import Installations
import Sealing
import Store

/// What is done once when a store is opened, over a connection of its own.
struct Opening {
    let tools: StoreTools
    let newestEvent: EventID?
    let summary: String
    let kept: KeptChanges
    let presence: Presence
    /// Names this process.
    let epoch: Epoch

    /// - Parameter presence: Has the store alone already, as it is moved; nil to be there beside others, and to use the store.
    init(_ address: StoreAddress, _ keyring: Keyring, _ clock: ServerClock, moving presence: Presence?) throws {
        var link = try Self.connect(address)
        // First, so that nobody moves what is read below.
        self.presence = try presence ?? Self.presence(at: address, beside: &link)
        let use: StoreUse = presence == nil ? .service : .moving
        (tools, newestEvent, kept, epoch) = try PostgresOpenError.inWords { () throws in
            let ended = try MoveRow.ended(by: use, on: &link)
            try Migrations.current.run(on: &link)
            try clock.measure { () throws(LinkFailure) in
                try link.rows(Query("SELECT \(ServerClock.shown)")).first?.time(0)
            }
            let storageKeys = try link.rows(StorageKeyRows.keys(nil)).map(StorageKeyRows.key)
            try keyring.check(for: storageKeys)
            let stored = try StorageKeyRows.deployment(try link.rows(StorageKeyRows.deployment))
            let keys = try DeploymentKeys(stored.sealedKey(), keyring)
            // A deployment over this engine was never of another form than the current one.
            let form = try stored.judged(by: AuthoritySeal(key: keys.authority), least: keys.form)?.form ?? .current
            let tools = try StoreTools(opening: stored, of: form, with: storageKeys, keyring)
            let newest = try link.rows(Query("SELECT max(id) FROM innkeeper.event")).first?.intIfAny(0)
            let kept = try Self.kept(try link.rows(Query(KeptRows.each)))
            if let ended { try MoveRow.remove(ended, on: &link) }
            return (tools, newest.map { EventID(number: $0) }, kept, try Self.epoch(on: &link))
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

    /// This process is there, over a connection of its own; beside others, or alone.
    static func presence(
        at address: StoreAddress, alone isAlone: Bool = false, beside link: inout Link
    ) throws -> Presence {
        let presence = try Presence(address, alone: isAlone)
        // Two connections that are both idle and one process: each transaction goes to whichever there is, and locks with it.
        let isPooled = try PostgresOpenError.inWords {
            try presence.processID() == link.rows(process).first?.int(0)
        }
        guard !isPooled else { throw PostgresOpenError.pooled }
        if isAlone { try waitForOthers(besides: presence, &link) }
        return presence
    }

    /// Whoever lost that lock with the server's last start writes on until it looks again, a second later: so their connections must
    /// be gone as well.
    private static func waitForOthers(besides presence: Presence, _ link: inout Link) throws {
        let own = try PostgresOpenError.inWords { try presence.processID() }
        for _ in 0..<100 {
            let others = try PostgresOpenError.inWords {
                try link.rows(
                    Query(
                        """
                        SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                            AND application_name = 'innkeeper' AND pid NOT IN (pg_backend_pid(), $1)
                        """, own ?? 0)
                ).first?.int(0)
            }
            if others == 0 { return }
            usleep(50_000)
        }
        throw PostgresOpenError.inUse(.served)
    }

    /// Asks for the process of the server that answers.
    static let process = Query("SELECT pg_backend_pid()")

    /// One whose lowest bits, which are part of each id, are nobody's who serves.
    private static func epoch(on link: inout Link) throws(LinkFailure) -> Epoch {
        while true {
            let answer = try link.rows(
                Query(
                    """
                    SELECT number, EXISTS (SELECT FROM innkeeper.instance WHERE epoch & 1023 = number & 1023)
                    FROM (SELECT nextval('innkeeper.epoch') AS number) AS next
                    """))
            guard let row = answer.first else { throw .refused(code: "epoch") }
            if !row.bool(1) { return Epoch(row.int(0)) }
        }
    }

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
