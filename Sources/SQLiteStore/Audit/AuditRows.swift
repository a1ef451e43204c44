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
