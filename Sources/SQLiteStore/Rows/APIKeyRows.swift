import GRDB
import Installations
import Marketplace
import Sealing
import Store

/// API keys in SQL.
enum APIKeyRows {
    /// These keys, or the oldest of all, not judged yet.
    static func keys(_ ids: [String]?, _ db: Database) throws -> [StoredAPIKey] {
        guard let ids else {
            return try Row.fetchAll(
                db, sql: "SELECT * FROM api_key ORDER BY created_at, id LIMIT ?", arguments: [PageRequest.maximum]
            ).map { try key($0, db) }
        }
        let statement = try db.cachedStatement(sql: "SELECT * FROM api_key WHERE id = ?")
        return try ids.compactMap { id in try Row.fetchOne(statement, arguments: [id]).map { try key($0, db) } }
    }

    static func key(_ row: Row, _ db: Database) throws -> StoredAPIKey {
        let id: String = row["id"]
        return StoredAPIKey(
            id: id, name: row["name"], grant: grant(row), hash: row.bytes("hash"), createdAt: row.time("created_at"),
            lastUse: row.timeIfAny("last_used_at").map { ($0, row["last_used_from"] as String? ?? "") },
            revokedAt: row.timeIfAny("revoked_at"),
            vouched: Vouched(proof: AuthorityProof(row), latest: try AuditRows.latest(about: .apiKey(id), db)))
    }

    /// A list that holds no key of an add-on is of none and not of all.
    private static func grant(_ row: Row) -> APIKeyGrant {
        let (scopes, addons): (String, String) = (row["scopes"], row["addons"])
        return APIKeyGrant(
            scopes: Set(scopes.split(separator: " ").compactMap { Scope(rawValue: String($0)) }),
            addons: addons.isEmpty ? nil : Set(addons.split(separator: "\n").compactMap { AddonKey($0) }),
            expiresAt: row.timeIfAny("expires_at"))
    }

    static func insert(_ key: APIKey, _ hash: Digest, _ proof: AuthorityProof, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO api_key (id, name, scopes, addons, expires_at, hash, created_at, decided_by, mac)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                key.id, key.name, key.grant.scopes.map(\.rawValue).sorted().joined(separator: " "),
                key.grant.addonList, key.grant.expiresAt?.milliseconds, hash.bytes.databaseBytes,
                key.createdAt.milliseconds, proof.decidedBy, proof.mac.bytes.databaseBytes,
            ])
    }

    static func revoke(_ id: String, _ proof: AuthorityProof, at: Timestamp, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE api_key SET revoked_at = ?, decided_by = ?, mac = ? WHERE id = ?",
            arguments: [at.milliseconds, proof.decidedBy, proof.mac.bytes.databaseBytes, id])
    }

    static func noteUse(of id: String, from source: String, at: Timestamp, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE api_key SET last_used_at = ?, last_used_from = ? WHERE id = ?",
            arguments: [at.milliseconds, source, id])
    }
}
