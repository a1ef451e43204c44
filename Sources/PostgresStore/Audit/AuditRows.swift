import Installations
import Marketplace
import Store

/// The audit log in SQL: only ever appended to, in the transaction of what it records.
enum AuditRows {
    /// Writes down records that were chained.
    static func insert(_ records: [AuditRecord]) -> Query {
        let entries = records.map(\.entry)
        let ids = entries.map(\.installation)
        return Query(
            """
            INSERT INTO innkeeper.audit (number, at, actor, action, addon_key, workspace_id, addon_id, subject, outcome,
                detail, hash, decides)
            SELECT * FROM unnest($1::int8[], $2::int8[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                $8::text[], $9::text[], $10::text[], $11::bytea[], $12::text[])
            """, Column(records.map(\.number.value)), Column(entries.map(\.at.milliseconds)),
            Column(entries.map(\.actor)), Column(entries.map(\.action)), Column(ids.map { $0?.addonKey.text ?? "" }),
            Column(ids.map { $0?.workspaceID.text ?? "" }), Column(ids.map { $0?.addonID.text ?? "" }),
            Column(entries.map(\.subject)), Column(entries.map(\.outcome)), Column(entries.map(\.detail)),
            Column(records.map(\.hash)), Column(entries.map(\.decides)))
    }

    /// The end of the log, as it stands when nobody else can append.
    static let head = Query("SELECT number, hash FROM innkeeper.audit ORDER BY number DESC LIMIT 1")

    /// The record at the end.
    static func head(_ rows: ResultRows) -> AuditHead? {
        rows.first.map { AuditHead(number: RecordNumber($0.int(0)), hash: $0.bytes(1)) }
    }

    static let columns = """
        number, at, actor, action, addon_key, workspace_id, addon_id, subject, outcome, detail, hash, decides
        """

    static func record(_ row: ResultRow) throws(StoreError) -> AuditRecord {
        var installation: InstallationID?
        if !row.text(5).isEmpty {
            installation = InstallationRows.id(row, from: 4)
            guard installation != nil else { throw .corruptRow(.installation(row.installation(0))) }
        }
        return AuditRecord(
            number: RecordNumber(row.int(0)),
            entry: AuditEntry(
                at: row.time(1), actor: row.text(2), action: row.text(3), installation: installation,
                subject: row.text(7), outcome: row.text(8), detail: row.text(9), decides: row.text(11)),
            hash: row.bytes(10))
    }

    /// The newest record that decides about the subject whose text is this expression.
    static func latest(about subject: String) -> String {
        """
        coalesce((SELECT max(audit.number) FROM innkeeper.audit WHERE decides = \(subject) AND decides <> ''), 0)
        """
    }
}

extension PostgresTransaction: AuditReads {
    /// Records that are read in one round trip of a walk over all.
    private static let page = 1000

    func auditRecords(
        since: Timestamp?, of installation: InstallationID?, page: PageRequest
    ) throws -> Page<AuditRecord> {
        var select = Select("SELECT \(AuditRows.columns) FROM innkeeper.audit")
        if let id = installation {
            select.require("workspace_id =", id.workspaceID.text)
            select.require("addon_key =", id.addonKey.text)
            select.require("addon_id =", id.addonID.text)
            select.require("workspace_id <> ''")
        }
        if let since { select.require("at >=", since.milliseconds) }
        if let cursor = page.cursor { select.require("number <", cursor.position) }
        let rows = try ask(select.query(end: "ORDER BY number DESC LIMIT", Int64(page.limit + 1)))[0]
        return Page(surplus: try rows.map(AuditRows.record), limit: page.limit, position: \.number.value)
    }

    /// The index cannot say anything else than the log does: whoever writes rows writes both.
    func auditRecords(after number: RecordNumber, visit: (AuditRecord?, _ isIndexed: Bool) throws -> Bool) throws {
        var last = number.value
        while true {
            let rows = try rows(
                "SELECT \(AuditRows.columns) FROM innkeeper.audit WHERE number > $1 ORDER BY number LIMIT $2", last,
                Int64(Self.page))
            // What does not read is the walk's to judge, nothing to throw.
            for row in rows.map({ $0 }) where try !visit(try? AuditRows.record(row), true) { return }
            guard rows.count == Self.page, let end = rows.map({ $0.int(0) }).last else { return }
            last = end
        }
    }

    func auditHead(behind count: Int64) throws -> AuditHead? {
        AuditRows.head(
            try rows(
                """
                SELECT number, hash FROM innkeeper.audit WHERE number <= (SELECT max(number) FROM innkeeper.audit) - $1
                ORDER BY number DESC LIMIT 1
                """, count))
    }
}
