import Installations
import Sealing
import Store

/// Storage keys, rotations and the row of the deployment in SQL.
enum StorageKeyRows {
    /// The row of the primary key.
    static let primary = Query(
        """
        SELECT id, decided_by, mac, \(AuditRows.latest(about: "'storage-key:' || id"))
        FROM innkeeper.storage_key WHERE state = 'primary'
        """)

    static func primary(_ rows: ResultRows) -> PrimaryKey? {
        guard let row = rows.first, let id = StorageKeyID(row.text(0)) else { return nil }
        return PrimaryKey(id: id, proof: row.proof(1), latest: RecordNumber(row.int(3)))
    }

    /// These keys, or every one, oldest first. Counted for each in an index.
    static func keys(_ ids: [StorageKeyID]?) -> Query {
        let filter = ids == nil ? "ORDER BY created_at, id" : "WHERE id = ANY($1) ORDER BY created_at, id"
        return Query(
            """
            SELECT id, state, created_at, promoted_at, retired_at, check_value,
                (SELECT count(*) FROM innkeeper.installation WHERE installation.storage_key = storage_key.id),
                decided_by, mac, \(AuditRows.latest(about: "'storage-key:' || id"))
            FROM innkeeper.storage_key \(filter)
            """, (ids.map { [Column($0.map(\.description))] } ?? []) as [any PostgresValue])
    }

    static func key(_ row: ResultRow) throws(StoreError) -> StoredStorageKey {
        guard let id = StorageKeyID(row.text(0)), let state = StorageKeyState(rawValue: row.text(1)) else {
            throw .corruptRow(.storageKey)
        }
        return StoredStorageKey(
            id: id, state: state, createdAt: row.time(2), promotedAt: row.timeIfAny(3), retiredAt: row.timeIfAny(4),
            checkValue: row.bytes(5), installations: row.int(6), vouched: row.vouched(7))
    }

    static func insert(
        _ id: StorageKeyID, _ state: StorageKeyState, _ checkValue: [UInt8], _ proof: AuthorityProof, at: Timestamp
    ) -> Query {
        Query(
            """
            INSERT INTO innkeeper.storage_key (id, state, created_at, promoted_at, check_value, decided_by, mac)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """, id.description, state.rawValue, at.milliseconds, state == .primary ? at.milliseconds : nil, checkValue,
            proof.decidedBy.value, proof.mac.bytes)
    }

    static func set(
        _ state: StorageKeyState, _ dates: [StorageKeyDate], of id: StorageKeyID, _ proof: AuthorityProof
    ) -> [Query] {
        let state = Query(
            "UPDATE innkeeper.storage_key SET state = $1, decided_by = $2, mac = $3 WHERE id = $4", state.rawValue,
            proof.decidedBy.value, proof.mac.bytes, id.description)
        return [state]
            + dates.map { date in
                let (column, value): (String, Timestamp?) =
                    switch date {
                    case .promoted(let at): ("promoted_at", at)
                    case .retired(let at): ("retired_at", at)
                    case .destroyed(let at): ("destroyed_at", at)
                    }
                return Query(
                    "UPDATE innkeeper.storage_key SET \(column) = $1 WHERE id = $2", value?.milliseconds, id.description
                )
            }
    }

    // MARK: Rotations

    static func write(_ record: RotationRecord, _ proof: AuthorityProof) -> Query {
        Query(
            """
            INSERT INTO innkeeper.rotation (number, from_key, to_key, reencrypt, started_at, finished_at, decided_by, mac)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (number) DO UPDATE SET from_key = excluded.from_key, to_key = excluded.to_key,
                reencrypt = excluded.reencrypt, started_at = excluded.started_at, finished_at = excluded.finished_at,
                decided_by = excluded.decided_by, mac = excluded.mac
            """, record.number, record.plan.from.description, record.plan.to.description, record.plan.reencrypt,
            record.startedAt.milliseconds, record.finishedAt?.milliseconds, proof.decidedBy.value, proof.mac.bytes)
    }

    // MARK: The deployment

    static let deployment = Query(
        """
        SELECT form, wrapped_key, storage_key, decided_by, mac, \(AuditRows.latest(about: "'deployment'"))
        FROM innkeeper.deployment
        """)

    static func deployment(_ rows: ResultRows) throws(StoreError) -> StoredDeployment {
        guard let row = rows.first, let form = StoreForm(rawValue: Int64(row.int(0))) else { throw .noPrimaryKey }
        return StoredDeployment(
            form: form, wrapped: row.bytes(1), storageKey: row.text(2), vouched: row.vouched(3))
    }
}

extension PostgresTransaction: KeyReads {
    func clock() throws -> ClockFacts { try ClockRows.facts(try ask(ClockRows.facts, ClockRows.steps)) }

    func storageKeys(_ ids: [StorageKeyID]?) throws -> [StoredStorageKey] {
        if isWriting { lock(Locks.keySteps) }
        return try ask(StorageKeyRows.keys(ids))[0].map(StorageKeyRows.key)
    }

    func primaryKey() throws -> PrimaryKey? {
        if isWriting { lock(Locks.wrapping) }
        return StorageKeyRows.primary(try ask(StorageKeyRows.primary)[0])
    }

    func dependents(on id: StorageKeyID) throws -> Int64 {
        try rows(
            """
            SELECT (SELECT count(*) FROM innkeeper.installation WHERE storage_key = $1)
                + (SELECT count(*) FROM innkeeper.outgoing_key JOIN innkeeper.installation ON number = installation
                   WHERE outgoing_key.storage_key = $1)
                + (SELECT count(*) FROM innkeeper.deployment WHERE storage_key = $1)
            """, id.description
        ).first?.int(0) ?? 0
    }

    /// The id of the key is bytes 2 to 9 of a sealed value.
    func hidden(under id: StorageKeyID) throws -> Int64 {
        try rows(
            """
            SELECT count(*) FROM (
                SELECT wrapped_key, storage_key FROM innkeeper.installation
                UNION ALL SELECT wrapped_key, storage_key FROM innkeeper.outgoing_key
                UNION ALL SELECT wrapped_key, storage_key FROM innkeeper.deployment) AS kept
            WHERE encode(substr(wrapped_key, 3, 8), 'hex') = $1 AND storage_key IS DISTINCT FROM $1
            """, id.description
        ).first?.int(0) ?? 0
    }

    func latestRotation() throws -> StoredRotation? {
        if isWriting { lock(Locks.rotations) }
        let rows = try rows(
            """
            SELECT number, from_key, to_key, reencrypt, started_at, finished_at, decided_by, mac,
                \(AuditRows.latest(about: "'rotation:' || rotation.number"))
            FROM innkeeper.rotation ORDER BY number DESC LIMIT 1
            """)
        guard let row = rows.first else { return nil }
        var record: RotationRecord?
        if let from = StorageKeyID(row.text(1)), let to = StorageKeyID(row.text(2)) {
            record = RotationRecord(
                number: row.int(0), plan: RotationPlan(from: from, to: to, reencrypt: row.bool(3)),
                startedAt: row.time(4), finishedAt: row.timeIfAny(5))
        }
        return StoredRotation(record: record, number: row.int(0), vouched: row.vouched(6))
    }

    func sessions(_ selection: SessionSelection) throws -> [StoredSession] {
        try ask([SessionRows.select(selection)])[0].map(SessionRows.session)
    }

    func apiKeys(_ ids: [String]?) throws -> [StoredAPIKey] {
        guard let ids else {
            return try rows(
                "\(APIKeyRows.select) ORDER BY created_at, id LIMIT $1", Int64(PageRequest.maximum)
            ).map(APIKeyRows.key)
        }
        // Two that revoke one key do so one after the other.
        let lock = isWriting ? "FOR NO KEY UPDATE OF api_key" : ""
        return try rows("\(APIKeyRows.select) WHERE id = ANY($1) ORDER BY id \(lock)", Column(ids)).map(APIKeyRows.key)
    }
}
