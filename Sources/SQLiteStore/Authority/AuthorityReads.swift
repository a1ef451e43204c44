import GRDB
import Installations
import Sealing
import Store

extension SQLiteRows: AuthorityReads {
    func apiKeys(after id: String, limit: Int) throws -> [StoredAPIKey] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM api_key WHERE id > ? ORDER BY id LIMIT ?", arguments: [id, limit]
        ).map { try APIKeyRows.key($0, db) }
    }

    func claims(after number: InstallationNumber, limit: Int, visit: (StoredClaim) throws -> Void) throws {
        let handedOut = HandedOutRows(db)
        let rows = try DirectStatement(
            "SELECT \(InstallationRows.claimColumns), \(InstallationRows.hasSuccessor) FROM installation WHERE number > ? ORDER BY number LIMIT ?",
            db)
        try rows.forEach { values in
            try values.bind(number, at: 1)
            try values.bind(Int64(limit), at: 2)
        } read: { row in
            let number = row.installation(0)
            let subject = AuthoritySubject.installation(number)
            let proof = row.bytesIfAny(10).flatMap { AuthorityProof(decidedBy: RecordNumber(row.int64(9)), mac: $0) }
            try visit(
                StoredClaim(
                    number: number, standing: Self.standing(row, number, proof),
                    vouched: Vouched(proof: proof, latest: try AuditRows.latest(about: subject, db)),
                    isDecisionThere: try proof.map {
                        try AuditRows.decides($0.decidedBy, about: subject, db)
                    } ?? true, handedOut: try handedOut.setIfAny(of: number)))
        }
    }

    private static func standing(_ row: DirectRow, _ number: InstallationNumber, _ proof: AuthorityProof?) -> Standing?
    {
        guard let id = row.installationID(from: 1), let status = InstallationStatus(rawValue: row.text(4)) else {
            return nil
        }
        return Standing(
            id: id, number: number, status: status, apiURL: row.text(5), tokenSet: TokenSet(row.int64(6)),
            issuedAt: row.int64IfAny(7), handedOut: row.bytesIfAny(8).flatMap { Digest(bytes: $0) },
            wrappedKey: nil, proof: proof, hasSuccessor: row.int64(11) != 0)
    }

    func areDecisionsThere() throws -> Bool {
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

    func subjects(after text: String, limit: Int, visit: (String, _ isThere: Bool) throws -> Void) throws {
        let next = try DirectStatement(
            """
            SELECT decides FROM audit INDEXED BY audit_by_subject
            WHERE decides > ? AND decides <> '' ORDER BY decides LIMIT 1
            """, db)
        var last = text
        for _ in 0..<limit {
            var found: String?
            try next.forEach {
                try $0.bind(last, at: 1)
            } read: {
                found = $0.text(0)
            }
            guard let text = found else { return }
            last = text
            try visit(text, AuthoritySubject(text: text).map(isThere) ?? true)
        }
    }

    private func isThere(_ subject: AuthoritySubject) throws -> Bool {
        switch subject {
        case .deployment: return true
        case .installation(let number): return try isThere("installation", "number", number)
        case .rotation(let number): return try isThere("rotation", "number", number)
        case .apiKey(let id): return try isThere("api_key", "id", id)
        case .storageKey(let id): return try isThere("storage_key", "id", id.description)
        }
    }

    private func isThere(_ table: String, _ column: String, _ key: some DatabaseValueConvertible) throws -> Bool {
        let row = try db.cachedStatement(sql: "SELECT 1 FROM \(table) WHERE \(column) = ?")
        return try Int64.fetchOne(row, arguments: [key]) != nil
    }
}
