import Installations
import Marketplace
import Sealing
import Store

/// API keys in SQL.
enum APIKeyRows {
    static let select = """
        SELECT id, name, scopes, addons, expires_at, hash, created_at, last_used_at, last_used_from, revoked_at,
            decided_by, mac, \(AuditRows.latest(about: "'api-key:' || id"))
        FROM innkeeper.api_key
        """

    static func key(_ row: ResultRow) -> StoredAPIKey {
        StoredAPIKey(
            id: row.text(0), name: row.text(1), grant: grant(row), hash: row.bytes(5), createdAt: row.time(6),
            lastUse: row.timeIfAny(7).map { ($0, row.textIfAny(8) ?? "") }, revokedAt: row.timeIfAny(9),
            vouched: row.vouched(10))
    }

    /// A list that holds no key of an add-on is of none and not of all.
    private static func grant(_ row: ResultRow) -> APIKeyGrant {
        let (scopes, addons) = (row.text(2), row.text(3))
        return APIKeyGrant(
            scopes: Set(scopes.split(separator: " ").compactMap { Scope(rawValue: String($0)) }),
            addons: addons.isEmpty ? nil : Set(addons.split(separator: "\n").compactMap { AddonKey($0) }),
            expiresAt: row.timeIfAny(4))
    }

    static func insert(_ key: APIKey, _ hash: Digest, _ proof: AuthorityProof) -> Query {
        Query(
            """
            INSERT INTO innkeeper.api_key (id, name, scopes, addons, expires_at, hash, created_at, decided_by, mac)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """, key.id, key.name, key.grant.scopes.map(\.rawValue).sorted().joined(separator: " "),
            key.grant.addonList, key.grant.expiresAt?.milliseconds, hash.bytes, key.createdAt.milliseconds,
            proof.decidedBy.value, proof.mac.bytes)
    }

    static func revoke(_ id: String, _ proof: AuthorityProof, at: Timestamp) -> Query {
        Query(
            "UPDATE innkeeper.api_key SET revoked_at = $1, decided_by = $2, mac = $3 WHERE id = $4", at.milliseconds,
            proof.decidedBy.value, proof.mac.bytes, id)
    }

    static func noteUse(of id: String, from source: String, at: Timestamp) -> Query {
        Query(
            "UPDATE innkeeper.api_key SET last_used_at = $1, last_used_from = $2 WHERE id = $3", at.milliseconds,
            source,
            id)
    }
}
