import GRDB
import Installations
import Marketplace
import Store

/// The audit log in SQL: only ever appended to, in the transaction of what it records.
enum AuditRows {
    /// Appends a record and returns its number.
    @discardableResult
    static func append(_ entry: AuditEntry, _ db: Database, _ chain: AuditChain) throws -> RecordNumber {
        var tail = AuditTail(after: try AuditTable(db: db).head(), chain)
        let record = try tail.append(entry)
        try insert(record, db)
        return record.number
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
    static func latest(about subject: AuthoritySubject, _ db: Database) throws -> RecordNumber {
        let newest = try DirectStatement(
            """
            SELECT number FROM audit INDEXED BY audit_by_subject
            WHERE decides = ? AND decides <> '' ORDER BY number DESC LIMIT 1
            """, db)
        var number: RecordNumber = 0
        try newest.forEach {
            try $0.bind(subject.text, at: 1)
        } read: { row in
            number = RecordNumber(row.int64(0))
        }
        return number
    }

    /// Whether a record is there and decides about a subject, or about the store as a whole, as the one does that vouched for
    /// what was there before any did. One that was cut off may have given its number to another.
    static func decides(_ number: RecordNumber, about subject: AuthoritySubject, _ db: Database) throws -> Bool {
        let record = try DirectStatement("SELECT 1 FROM audit WHERE number = ? AND decides IN (?, ?)", db)
        return try record.run { values in
            try values.bind(number, at: 1)
            try values.bind(subject.text, at: 2)
            try values.bind(AuthoritySubject.deployment.text, at: 3)
        }
    }

    /// The same about many subjects, in their order.
    static func latest(about subjects: [AuthoritySubject], _ db: Database) throws -> [RecordNumber] {
        let newest = try DirectStatement(
            """
            SELECT ifnull((SELECT number FROM audit INDEXED BY audit_by_subject
                WHERE decides = value AND decides <> '' ORDER BY number DESC LIMIT 1), 0)
            FROM json_each(?) ORDER BY key
            """, db)
        var numbers: [RecordNumber] = []
        try newest.forEach {
            let texts = JSONValue.array(subjects.map { .string($0.text) })
            try $0.bind(String(decoding: texts.utf8, as: UTF8.self), at: 1)
        } read: { row in
            numbers.append(RecordNumber(row.int64(0)))
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

/// The audit log as a connection sees it.
struct AuditTable: AuditReads {
    let db: Database

    /// The end of the log, for appending to it in this transaction; nil while it is empty.
    func head() throws -> AuditHead? {
        try Row.fetchOne(db.cachedStatement(sql: "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1"))
            .map { AuditHead(number: $0[0], hash: $0.bytes(at: 1)) }
    }

    func auditRecords(
        since: Timestamp?, of installation: InstallationID?, page: PageRequest
    ) throws -> Page<AuditRecord> {
        var query = Query("SELECT \(AuditRows.columns) FROM audit")
        if let id = installation {
            query.require("workspace_id = ?", id.workspaceID.text)
            query.require("addon_key = ?", id.addonKey.text)
            query.require("addon_id = ?", id.addonID.text)
        }
        if let since { query.require("at >= ?", since.milliseconds) }
        if let cursor = page.cursor { query.require("number < ?", cursor.position) }
        query.end("ORDER BY number DESC LIMIT ?", page.limit + 1)
        return Page(surplus: try query.fetchAll(db).map(AuditRows.record), limit: page.limit, position: \.number.value)
    }

    func auditRecords(after number: RecordNumber, visit: (AuditRecord?, _ isIndexed: Bool) throws -> Bool) throws {
        let cursor = try Row.fetchCursor(
            db, sql: "SELECT \(AuditRows.columns) FROM audit WHERE number > ? ORDER BY number", arguments: [number])
        let index = try SubjectIndex(db)
        while let row = try cursor.next() {
            // What does not read is the walk's to judge, nothing to throw.
            let record = try? AuditRows.record(row)
            let isIndexed = try record.map { try $0.entry.decides.isEmpty || index.knows($0) } ?? false
            guard try visit(record, isIndexed) else { return }
        }
    }

    func auditHead(behind count: Int64) throws -> AuditHead? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT number, hash FROM audit WHERE number <= (SELECT max(number) FROM audit) - ?
                ORDER BY number DESC LIMIT 1
                """, arguments: [count]
        ).map { AuditHead(number: $0["number"], hash: $0.bytes("hash")) }
    }
}

extension SQLiteRows: AuditReads {
    func auditRecords(
        since: Timestamp?, of installation: InstallationID?, page: PageRequest
    ) throws -> Page<AuditRecord> {
        try AuditTable(db: db).auditRecords(since: since, of: installation, page: page)
    }

    func auditRecords(after number: RecordNumber, visit: (AuditRecord?, _ isIndexed: Bool) throws -> Bool) throws {
        try AuditTable(db: db).auditRecords(after: number, visit: visit)
    }

    func auditHead(behind count: Int64) throws -> AuditHead? { try AuditTable(db: db).auditHead(behind: count) }
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
