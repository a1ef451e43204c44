import GRDB
package import Installations
import Sealing
import Store

extension SQLiteStore {
    package func forgedRows() async throws(StoreError) -> ForgedRows {
        var (found, end) = try await readQuietly { [authority, keys] db, _ in
            var found = ForgedRows()
            for key in try StorageKeyRows.all(authority, db) where !key.isGenuine {
                found.note("storage_key", 0, place: key.id.description, nil)
            }
            for row in try Row.fetchAll(db, sql: "SELECT * FROM api_key") {
                let key = try APIKeyRows.key(row, authority, db)
                if !key.isGenuine { found.note("api_key", 0, place: key.id, nil) }
            }
            // Of the rotations only the last decides anything.
            if let row = try RotationRows.row(db) {
                do {
                    _ = try RotationRows.rotation(row, authority, db)
                } catch StoreError.forgedRow(let table, let number) {
                    found.note(table, number, place: "", nil)
                }
            }
            do {
                _ = try DeploymentRow.read(authority.seal, least: keys.form, db)
            } catch StoreError.forgedRow(let table, let number) {
                found.note(table, number, place: "", nil)
            }
            let end = try Int64.fetchOne(db, sql: "SELECT max(number) FROM audit") ?? 0
            // A log that was cut off is shorter than what the rows remember of it.
            if found.count == 0 { found.isLogCutOff = try Self.newestDecision(db) > end }
            return (found, end)
        }
        var after: Int64? = 0
        while let last = after {
            let page = try await readQuietly { [tools] db, giveWay in
                try InstallationPage.read(after: last, tools, db, giveWay)
            }
            for row in page.forged { found.note(row.table, row.number, place: "", row.id) }
            if page.newestDecision > end { found.isLogCutOff = true }
            end = max(end, page.newestDecision)
            after = page.last
        }
        try await noteRemovedRows(&found)
        return found
    }
}

extension SQLiteStore {
    /// The largest number of an audit record that a row names, installations left out.
    private static func newestDecision(_ db: Database) throws -> Int64 {
        let tables = ["api_key", "storage_key", "rotation", "deployment"].map {
            "SELECT decided_by AS number FROM \($0)"
        }
        return try Int64.fetchOne(db, sql: "SELECT max(number) FROM (\(tables.joined(separator: " UNION ALL ")))") ?? 0
    }
}

/// Some installations, judged.
private struct InstallationPage {
    private static let size: Int64 = 1000

    var forged: [(table: String, number: Int64, id: InstallationID?)] = []
    /// The largest number of an audit record that an authentic row names.
    var newestDecision: Int64 = 0
    /// After what the next page begins; nil at the end.
    var last: Int64?

    static func read(
        after: Int64, _ tools: StoreTools, _ db: Database, _ giveWay: (Int) -> Void
    ) throws -> InstallationPage {
        let handedOut = HandedOutRows(tools, db)
        let rows = try DirectStatement(
            """
            SELECT \(InstallationRows.claimColumns)
            FROM installation WHERE number > ? ORDER BY number LIMIT ?
            """, db)
        var (page, count): (InstallationPage, Int64) = (InstallationPage(), 0)
        try rows.forEach { values in
            try values.bind(after, at: 1)
            try values.bind(Self.size, at: 2)
        } read: { row in
            giveWay(Int(count))
            count += 1
            let number = row.int64(0)
            page.last = number
            guard let id = row.installationID(from: 1), let status = InstallationStatus(rawValue: row.text(4)) else {
                return page.forged.append(("installation", number, nil))
            }
            let summary = row.bytesIfAny(8).flatMap { Digest(bytes: $0) }
            let claim = AuthorityClaim.installation(
                id, number: number, status: status, apiURL: row.text(5), tokenSet: row.int64(6),
                issuedAt: row.int64IfAny(7), handedOut: summary)
            let proof = row.bytesIfAny(10).flatMap { AuthorityProof(decidedBy: row.int64(9), mac: $0) }
            guard try tools.authority.isGenuine(claim, proof, db) else {
                return page.forged.append(("installation", number, id))
            }
            page.newestDecision = max(page.newestDecision, proof?.decidedBy ?? 0)
            if try !handedOut.areAll(of: number, as: summary) { page.forged.append(("handed_out_token", number, id)) }
        }
        if count < Self.size { page.last = nil }
        return page
    }
}

extension SQLiteStore {
    /// The check of `doctor`. It takes some seconds for a million installations.
    func authenticity() async throws(StoreError) -> Finding {
        let found = try await forgedRows()
        if found.isLogCutOff {
            return Finding(
                "authority", .fail, "rows name audit records that are gone: the end of the audit log was cut off",
                fix: "compare the audit log with a head that you kept: innkeeper audit verify --head; restore a backup")
        }
        if let first = found.named.first {
            let others = found.count > 1 ? " and \(found.count - 1) more" : ""
            let what = first.reason == .removed ? "removed" : "changed"
            return Finding(
                "authority", .fail,
                "\(first.label)\(others) \(what) without the deployment's key, and counts for nothing",
                fix: "see which with: innkeeper keys verify; restore a backup, or revoke, forget or retire what it is")
        }
        guard authority.gate.takesOlder else {
            return Finding("authority", .ok, "every row that decides something is authentic")
        }
        return Finding(
            "authority", .warn, "the store is being brought up to date; rows and values of the older form still count",
            fix: "keep innkeeper serving until the log says that the store is up to date")
    }
}
