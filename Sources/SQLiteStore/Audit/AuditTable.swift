import GRDB
import Installations
import Marketplace
import Store

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
