import GRDB
package import Installations
package import Sealing

/// API keys in SQL. A secret reads `ik_<id>_<64 hex>`; the id finds the row, the keyed hash of the whole decides.
enum APIKeyRows {
    static func key(_ row: Row, _ authority: Authority, _ db: Database) throws -> APIKey {
        let (id, revokedAt): (String, Timestamp?) = (row["id"], row.timeIfAny("revoked_at"))
        let claim = AuthorityClaim.apiKey(
            id, scopes: scopes(row), hash: row.bytes("hash"), isRevoked: revokedAt != nil)
        return APIKey(
            id: id, name: row["name"], scopes: scopes(row), createdAt: row.time("created_at"),
            lastUsedAt: row.timeIfAny("last_used_at"), revokedAt: revokedAt,
            isGenuine: try authority.isGenuine(claim, AuthorityProof(row), db))
    }

    static func scopes(_ row: Row) -> Set<Scope> {
        Set((row["scopes"] as String).split(separator: " ").compactMap { Scope(rawValue: String($0)) })
    }

    /// The id inside a presented secret; nil when it does not look like one of ours.
    static func id(inside secret: SecretBytes) -> String? {
        secret.expose("find the API key's id") { bytes in
            let parts = String(decoding: bytes, as: UTF8.self).split(separator: "_")
            guard parts.count == 3, parts[0] == "ik", parts[1].utf8.count == 8 else { return nil }
            return String(parts[1])
        }
    }
}

extension SQLiteStore: APIKeyStore {
    package func createAPIKey(
        name: String, scopes: Set<Scope>, actor: Actor, at: Timestamp
    ) async throws(StoreError) -> (key: APIKey, secret: SecretBytes) {
        let id = (0..<4).map { _ in hex(.random(in: .min ... .max)) }.joined()
        let random = KeyMaterial.random().expose("a new API key's secret") { bytes in [UInt8](bytes) }
        let secret = SecretBytes(utf8: "ik_\(id)_\(random.map { hex($0) }.joined())")
        let hash = hash(secret)
        let key = APIKey(
            id: id, name: name, scopes: scopes, createdAt: at, lastUsedAt: nil, revokedAt: nil, isGenuine: true)
        try await write { [chain, authority] db in
            let entry = AuditEntry(
                at: at, actor: actor.text, action: AuditAction.createAPIKey.rawValue, subject: id, outcome: "created",
                decides: .apiKey(id))
            let proof = authority.seal.prove(
                .apiKey(id, scopes: scopes, hash: hash.bytes, isRevoked: false),
                decidedBy: try AuditRows.append(entry, db, chain))
            try db.execute(
                sql: """
                    INSERT INTO api_key (id, name, scopes, hash, created_at, decided_by, mac)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, name, scopes.map(\.rawValue).sorted().joined(separator: " "), hash.bytes.databaseBytes,
                    at.milliseconds, proof.decidedBy, proof.mac.bytes.databaseBytes,
                ])
        }
        return (key, secret)
    }

    package func apiKey(presenting secret: SecretBytes, at: Timestamp) async throws(StoreError) -> APIKey? {
        guard let id = APIKeyRows.id(inside: secret) else { return nil }
        let presented = hash(secret)
        let found: APIKey? = try await read { [authority] db in
            let row = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT * FROM api_key WHERE id = ? AND revoked_at IS NULL"), arguments: [id])
            guard let row, let stored = Digest(bytes: row.bytes("hash")), presented.matchesAny([stored]) else {
                return nil
            }
            return try APIKeyRows.key(row, authority, db)
        }
        // Scopes or a revocation that somebody changed in the file: whatever the key may say, nobody gave it that.
        guard let found, found.isGenuine else { return nil }
        // To the minute: a busy client must not turn every read into a write.
        if at.milliseconds - (found.lastUsedAt?.milliseconds ?? 0) >= 60_000 {
            try await write { db in
                try db.execute(
                    sql: "UPDATE api_key SET last_used_at = ? WHERE id = ?", arguments: [at.milliseconds, id])
            }
            // Not what the request asks for: that may still be withdrawn.
            _ = WriteTicket.current?.release()
        }
        return found
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
            func record(_ outcome: String, decides: AuthoritySubject?) throws -> Int64 {
                let entry = AuditEntry(
                    at: at, actor: actor.text, action: AuditAction.revokeAPIKey.rawValue,
                    subject: String(id.prefix(64)), outcome: outcome, decides: decides)
                return try AuditRows.append(entry, db, chain)
            }
            let row = try Row.fetchOne(
                db, sql: "SELECT * FROM api_key WHERE id = ? AND revoked_at IS NULL", arguments: [id])
            guard let row else {
                _ = try record("refused: unknown, or revoked already", decides: nil)
                return false
            }
            // Also of a row that is not authentic: a revocation takes authority away and gives none.
            let claim = AuthorityClaim.apiKey(
                id, scopes: APIKeyRows.scopes(row), hash: row.bytes("hash"), isRevoked: true)
            let proof = authority.seal.prove(claim, decidedBy: try record("revoked", decides: .apiKey(id)))
            try db.execute(
                sql: "UPDATE api_key SET revoked_at = ?, decided_by = ?, mac = ? WHERE id = ?",
                arguments: [at.milliseconds, proof.decidedBy, proof.mac.bytes.databaseBytes, id])
            return true
        }
    }

    private func hash(_ secret: SecretBytes) -> Digest {
        keys.apiKeys.digest(of: secret)
    }

    private func hex(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16)
        return text.count == 1 ? "0" + text : text
    }
}
