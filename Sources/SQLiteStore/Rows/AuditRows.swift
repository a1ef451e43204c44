import GRDB
package import Installations
import Marketplace
import Store

/// The audit log in SQL: only ever appended to, in the transaction of what it records.
enum AuditRows {
    /// Appends a record and returns its number.
    @discardableResult
    static func append(_ entry: AuditEntry, _ db: Database, _ chain: AuditChain) throws -> Int64 {
        var tail = try tail(db, chain)
        let record = try tail.append(entry)
        try insert(record, db)
        return record.number
    }

    /// The end of the log, for appending to it in this transaction.
    static func tail(_ db: Database, _ chain: AuditChain) throws -> AuditTail {
        let newest = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1"))
        return AuditTail(after: newest.map { AuditHead(number: $0[0], hash: $0.bytes(at: 1)) }, chain)
    }

    /// Writes down a record that was chained.
    static func insert(_ record: AuditRecord, _ db: Database) throws {
        let entry = record.entry
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO audit (number, at, actor, action, addon_key, workspace_id, addon_id, subject, outcome,
                    detail, hash, decides)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            record.number, entry.at.milliseconds, entry.actor, entry.action, entry.installation?.addonKey.text ?? "",
            entry.installation?.workspaceID.text ?? "", entry.installation?.addonID.text ?? "", entry.subject,
            entry.outcome, entry.detail, record.hash.databaseBytes, entry.decides,
        ])
    }

    /// The number of the newest record that decides about a subject; 0 when there is none.
    static func latest(about subject: AuthoritySubject, _ db: Database) throws -> Int64 {
        let newest = try DirectStatement(
            """
            SELECT number FROM audit INDEXED BY audit_by_subject
            WHERE decides = ? AND decides <> '' ORDER BY number DESC LIMIT 1
            """, db)
        var number: Int64 = 0
        try newest.forEach {
            try $0.bind(subject.text, at: 1)
        } read: { row in
            number = row.int64(0)
        }
        return number
    }

    /// Whether a record is there and decides about a subject, or about the store as a whole, as the one does that vouched for
    /// what was there before any did. One that was cut off may have given its number to another.
    static func decides(_ number: Int64, about subject: AuthoritySubject, _ db: Database) throws -> Bool {
        let record = try DirectStatement("SELECT 1 FROM audit WHERE number = ? AND decides IN (?, ?)", db)
        return try record.run { values in
            try values.bind(number, at: 1)
            try values.bind(subject.text, at: 2)
            try values.bind(AuthoritySubject.deployment.text, at: 3)
        }
    }

    /// The same about many subjects, in their order.
    static func latest(about subjects: [AuthoritySubject], _ db: Database) throws -> [Int64] {
        let newest = try DirectStatement(
            """
            SELECT ifnull((SELECT number FROM audit INDEXED BY audit_by_subject
                WHERE decides = value AND decides <> '' ORDER BY number DESC LIMIT 1), 0)
            FROM json_each(?) ORDER BY key
            """, db)
        var numbers: [Int64] = []
        try newest.forEach {
            let texts = JSONValue.array(subjects.map { .string($0.text) })
            try $0.bind(String(decoding: texts.utf8, as: UTF8.self), at: 1)
        } read: { row in
            numbers.append(row.int64(0))
        }
        return numbers
    }

    static let columns = """
        number, at, actor, action, addon_key, workspace_id, addon_id, subject, outcome, detail, hash, decides
        """

    static func record(_ row: Row) throws -> AuditRecord {
        AuditRecord(
            number: row["number"],
            entry: AuditEntry(
                at: row.time("at"), actor: row["actor"], action: row["action"],
                installation: try InstallationRows.idIfAny(row), subject: row["subject"], outcome: row["outcome"],
                detail: row["detail"], decides: row["decides"] as String),
            hash: row.bytes("hash"))
    }
}

extension SQLiteStore: AuditStore {
    package func append(_ entry: AuditEntry) async throws(StoreError) {
        try await write { [chain] db in _ = try AuditRows.append(entry, db, chain) }
    }

    package func auditRecords(
        since: Timestamp?, of installation: InstallationID?, page: PageRequest
    ) async throws(StoreError) -> Page<AuditRecord> {
        var query = Query("SELECT \(AuditRows.columns) FROM audit")
        if let id = installation {
            query.require("workspace_id = ?", id.workspaceID.text)
            query.require("addon_key = ?", id.addonKey.text)
            query.require("addon_id = ?", id.addonID.text)
        }
        if let since { query.require("at >= ?", since.milliseconds) }
        if let cursor = page.cursor { query.require("number < ?", cursor.position) }
        query.end("ORDER BY number DESC LIMIT ?", page.limit + 1)
        return try await read { [query] db in
            let records = try query.fetchAll(db).map(AuditRows.record)
            return Page(surplus: records, limit: page.limit, position: \.number)
        }
    }

    package func verifyAudit(against kept: AuditHead?) async throws(StoreError) -> AuditVerdict {
        let verdict = try await verifyChain(against: kept)
        guard case .intact(let records, _) = verdict else { return verdict }
        let rows = try await forgedRows()
        if rows.isLogCutOff { return .truncated(records: records) }
        return rows.count == 0 ? verdict : .forged(records: records, rows: rows)
    }

    /// The walk alone.
    func verifyChain(against kept: AuditHead?) async throws(StoreError) -> AuditVerdict {
        try await read { [chain] db in
            try AuditRows.walk(after: AuditHead(number: 0, hash: AuditChain.genesis), against: kept, chain, db)
        }
    }

    /// Walks the newest records only, in bounded time; what stands before them is taken as it is.
    func verifyNewestAudit(_ limit: Int64) async throws(StoreError) -> AuditVerdict {
        try await read { [chain] db in try AuditRows.walkNewest(limit, chain, db) }
    }
}

extension AuditRows {
    /// Walks the newest records only; what stands before them is taken as it is.
    static func walkNewest(_ count: Int64, _ chain: AuditChain, _ db: Database) throws -> AuditVerdict {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT number, hash FROM audit WHERE number <= (SELECT max(number) FROM audit) - ?
                ORDER BY number DESC LIMIT 1
                """, arguments: [count])
        let start = AuditHead(number: row?["number"] ?? 0, hash: row?.bytes("hash") ?? AuditChain.genesis)
        return try walk(after: start, against: nil, chain, db)
    }

    fileprivate static func walk(
        after start: AuditHead, against kept: AuditHead?, _ chain: AuditChain, _ db: Database
    ) throws -> AuditVerdict {
        // A record in front of the first one is none of the log's either.
        let behind: Int64 = start.number == 0 ? .min : start.number
        let cursor = try Row.fetchCursor(
            db, sql: "SELECT \(columns) FROM audit WHERE number > ? ORDER BY number", arguments: [behind])
        let index = try SubjectIndex(db)
        var walk = AuditWalk(after: start, against: kept, chain)
        while let row = try cursor.next() {
            // What does not read is the walk's to judge, nothing to throw.
            if let verdict = try walk.follow(try? record(row), isIndexed: index.knows) { return verdict }
        }
        return walk.end()
    }
}

/// The index by which the newest record about a subject is found. Who can write the file can empty it and leave the log whole.
private struct SubjectIndex {
    private let entry: DirectStatement

    init(_ db: Database) throws {
        entry = try DirectStatement(
            """
            SELECT 1 FROM audit INDEXED BY audit_by_subject WHERE decides = ? AND decides <> '' AND number = ?
            """, db)
    }

    func knows(_ record: AuditRecord) throws -> Bool {
        try entry.run { values in
            try values.bind(record.entry.decides, at: 1)
            try values.bind(record.number, at: 2)
        }
    }
}
