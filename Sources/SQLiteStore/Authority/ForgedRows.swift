import GRDB
package import Installations
import Sealing
import Store

extension SQLiteStore {
    package func forgedRows() async throws(StoreError) -> ForgedRows {
        var found = try await readQuietly { [authority, keys, keyring] db, _ in
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
                _ = try DeploymentKeys(db, keyring)
            } catch StoreError.forgedRow(let table, let number) {
                found.note(table, number, place: "", nil)
            } catch StoreError.corruptRow(let table, let number) {
                found.note(table, number, place: "wrapped_key", nil)
            }
            // A log that was cut off has less than what the rows remember of it.
            if found.count == 0 { found.isLogCutOff = try !Self.areDecisionsThere(db) }
            return found
        }
        var after: Int64? = 0
        while let last = after {
            let page = try await readQuietly { [tools] db, giveWay in
                try InstallationPage.read(after: last, tools, db, giveWay)
            }
            for row in page.forged { found.note(row.table, row.number, place: "", row.id) }
            if page.isLogCutOff { found.isLogCutOff = true }
            after = page.last
        }
        try await noteRemovedRows(&found)
        return found
    }
}

extension SQLiteStore {
    /// Whether the audit records that rows name are there and decide about them, installations left out. Of the rotations only
    /// the last row counts.
    private static func areDecisionsThere(_ db: Database) throws -> Bool {
        let deployment = AuthoritySubject.deployment.text
        return try Bool.fetchOne(
            db,
            sql: """
                SELECT NOT EXISTS (SELECT 1 FROM (
                        SELECT 'api-key:' || id AS about, decided_by FROM api_key
                        UNION ALL SELECT 'storage-key:' || id, decided_by FROM storage_key
                        UNION ALL SELECT 'rotation:' || number, decided_by FROM rotation
                            WHERE number = (SELECT max(number) FROM rotation)
                        UNION ALL SELECT ?1, decided_by FROM deployment)
                    WHERE decided_by IS NOT NULL AND NOT EXISTS
                        (SELECT 1 FROM audit WHERE audit.number = decided_by AND decides IN (about, ?1)))
                """, arguments: [deployment]) ?? false
    }
}

/// Some installations, judged.
private struct InstallationPage {
    private static let size: Int64 = 1000

    var forged: [(table: String, number: Int64, id: InstallationID?)] = []
    /// Whether an authentic row names an audit record that is gone.
    var isLogCutOff = false
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
            if let proof, try !AuditRows.decides(proof.decidedBy, about: claim.subject, db) { page.isLogCutOff = true }
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
