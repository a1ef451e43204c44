import GRDB
package import Installations
import Marketplace
package import Sealing
import Store

/// API keys in SQL.
enum APIKeyRows {
    static func key(_ row: Row, _ authority: Authority, _ db: Database) throws -> APIKey {
        let revokedAt = row.timeIfAny("revoked_at")
        let claim = claim(row, isRevoked: revokedAt != nil)
        return APIKey(
            id: row["id"], name: row["name"], grant: grant(row), createdAt: row.time("created_at"),
            lastUse: row.timeIfAny("last_used_at").map { ($0, row["last_used_from"] as String? ?? "") },
            revokedAt: revokedAt, isGenuine: try authority.isGenuine(claim, AuthorityProof(row), db))
    }

    /// When a key ends; nil for never. One that was made while the clock was ahead lives, from when that was put right, as long as
    /// it was meant to.
    static func end(_ row: Row, _ db: Database) throws -> Timestamp? {
        guard let end = row.timeIfAny("expires_at") else { return nil }
        let made = row.time("created_at")
        let madeAtTheLatest = try ClockSteps(db).date(made, recordedAs: row["decided_by"] as Int64? ?? 0)
        return Timestamp(milliseconds: end.milliseconds - (made.milliseconds - madeAtTheLatest.milliseconds))
    }

    static func claim(_ row: Row, isRevoked: Bool) -> AuthorityClaim {
        .apiKey(row["id"], grant(row), hash: row.bytes("hash"), isRevoked: isRevoked)
    }

    /// A list that holds no key of an add-on is of none and not of all.
    private static func grant(_ row: Row) -> APIKeyGrant {
        let (scopes, addons): (String, String) = (row["scopes"], row["addons"])
        return APIKeyGrant(
            scopes: Set(scopes.split(separator: " ").compactMap { Scope(rawValue: String($0)) }),
            addons: addons.isEmpty ? nil : Set(addons.split(separator: "\n").compactMap { AddonKey($0) }),
            expiresAt: row.timeIfAny("expires_at"))
    }
}

extension SQLiteStore: APIKeyStore {
    package func createAPIKey(
        name: String, _ grant: APIKeyGrant, actor: Actor, at: Timestamp
    ) async throws(StoreError) -> (key: APIKey, secret: SecretBytes) {
        let (id, secret) = APIKeySecret.random()
        let hash = hash(secret)
        let key = APIKey(
            id: id, name: name, grant: grant, createdAt: at, lastUse: nil, revokedAt: nil, isGenuine: true)
        try await write { [chain, authority] db in
            let proof = authority.seal.prove(
                .apiKey(id, grant, hash: hash.bytes, isRevoked: false),
                decidedBy: try AuditRows.append(APIKeyPlanner.creation(key, actor: actor), db, chain))
            try db.execute(
                sql: """
                    INSERT INTO api_key (id, name, scopes, addons, expires_at, hash, created_at, decided_by, mac)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, name, grant.scopes.map(\.rawValue).sorted().joined(separator: " "), grant.addonList,
                    grant.expiresAt?.milliseconds, hash.bytes.databaseBytes, at.milliseconds, proof.decidedBy,
                    proof.mac.bytes.databaseBytes,
                ])
        }
        return (key, secret)
    }

    package func judge(
        presenting secret: SecretBytes, from source: String, at: Timestamp
    ) async throws(StoreError) -> APIKeyJudgement {
        guard let id = APIKeySecret.id(inside: secret) else { return .unknown }
        let presented = hash(secret)
        let found: (key: APIKey, end: Timestamp?)? = try await read { [authority] db in
            let row = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT * FROM api_key WHERE id = ?"), arguments: [id])
            guard let row, let stored = Digest(bytes: row.bytes("hash")), presented.matchesAny([stored]) else {
                return nil
            }
            return (try APIKeyRows.key(row, authority, db), try APIKeyRows.end(row, db))
        }
        guard let (key, end) = found else { return .unknown }
        let judgement = APIKeyPlanner.judge(key, end: end, at: at)
        if case .valid = judgement, APIKeyPlanner.notesUse(of: key, at: at) {
            try await write { db in
                try db.execute(
                    sql: "UPDATE api_key SET last_used_at = ?, last_used_from = ? WHERE id = ?",
                    arguments: [at.milliseconds, source, id])
            }
            // Not what the request asks for: that may still be withdrawn.
            _ = WriteTicket.current?.release()
        }
        return judgement
    }

    package func apiKeys() async throws(StoreError) -> [APIKey] {
        try await read { [authority] db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM api_key ORDER BY created_at, id LIMIT ?", arguments: [PageRequest.maximum]
            ).map { try APIKeyRows.key($0, authority, db) }
        }
    }

    package func revokeAPIKey(_ id: String, actor: Actor, at: Timestamp) async throws(StoreError) -> Bool {
        try await write { [chain, authority] db in
            let row = try Row.fetchOne(
                db, sql: "SELECT * FROM api_key WHERE id = ? AND revoked_at IS NULL", arguments: [id])
            let key = try row.map { try APIKeyRows.key($0, authority, db) }
            let number = try AuditRows.append(
                APIKeyPlanner.revocation(of: id, key, actor: actor, at: at), db, chain)
            guard let row else { return false }
            let proof = authority.seal.prove(APIKeyRows.claim(row, isRevoked: true), decidedBy: number)
            try db.execute(
                sql: "UPDATE api_key SET revoked_at = ?, decided_by = ?, mac = ? WHERE id = ?",
                arguments: [at.milliseconds, proof.decidedBy, proof.mac.bytes.databaseBytes, id])
            return true
        }
    }

    private func hash(_ secret: SecretBytes) -> Digest {
        keys.apiKeys.digest(of: secret)
    }
}
