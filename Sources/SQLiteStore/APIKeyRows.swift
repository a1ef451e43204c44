import GRDB
package import Installations
package import Sealing

/// API keys in SQL. A secret reads `ik_<id>_<64 hex>`; the id finds the row, the keyed hash of the whole decides.
enum APIKeyRows {
    static func key(_ row: Row) -> APIKey {
        let scopes = (row["scopes"] as String).split(separator: " ").compactMap { Scope(rawValue: String($0)) }
        return APIKey(
            id: row["id"], name: row["name"], scopes: Set(scopes), createdAt: row.time("created_at"),
            lastUsedAt: row.timeIfAny("last_used_at"), revokedAt: row.timeIfAny("revoked_at"))
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
        let key = APIKey(id: id, name: name, scopes: scopes, createdAt: at, lastUsedAt: nil, revokedAt: nil)
        try await write { [chain] db in
            try db.execute(
                sql: "INSERT INTO api_key (id, name, scopes, hash, created_at) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    id, name, scopes.map(\.rawValue).sorted().joined(separator: " "), hash.bytes.databaseBytes,
                    at.milliseconds,
                ])
            let entry = AuditEntry(
                at: at, actor: actor.text, action: AuditAction.createAPIKey.rawValue, subject: id, outcome: "created")
            try AuditRows.append(entry, db, chain)
        }
        return (key, secret)
    }

    package func apiKey(presenting secret: SecretBytes, at: Timestamp) async throws(StoreError) -> APIKey? {
        guard let id = APIKeyRows.id(inside: secret) else { return nil }
        let presented = hash(secret)
        let found: APIKey? = try await read { db in
            let row = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT * FROM api_key WHERE id = ? AND revoked_at IS NULL"), arguments: [id])
            guard let row, let stored = Digest(bytes: row.bytes("hash")), presented.matchesAny([stored]) else {
                return nil
            }
            return APIKeyRows.key(row)
        }
        guard let found else { return nil }
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
        try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM api_key ORDER BY created_at, id LIMIT ?", arguments: [PageRequest.maximum]
            ).map(APIKeyRows.key)
        }
    }

    package func revokeAPIKey(_ id: String, actor: Actor, at: Timestamp) async throws(StoreError) -> Bool {
        try await write { [chain] db in
            try db.execute(
                sql: "UPDATE api_key SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
                arguments: [at.milliseconds, id])
            let isRevoked = db.changesCount == 1
            let entry = AuditEntry(
                at: at, actor: actor.text, action: AuditAction.revokeAPIKey.rawValue, subject: String(id.prefix(64)),
                outcome: isRevoked ? "revoked" : "refused: unknown, or revoked already")
            try AuditRows.append(entry, db, chain)
            return isRevoked
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
