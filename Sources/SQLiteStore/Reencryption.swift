import GRDB
package import Installations
import Marketplace
package import Sealing

extension SQLiteStore {
    package func reencrypt(
        from old: StorageKeyID, in range: NumberRange, limit: Int, at: Timestamp
    ) async throws(StoreError) -> RewrapBatch {
        let plan = try await planReencryption(from: old, in: range, limit: limit)
        return try await commit(plan, at) { renewal, db in try renewal.perform(db) }
    }

    /// Seals a batch anew outside any transaction.
    func planReencryption(
        from old: StorageKeyID, in range: NumberRange, limit: Int
    ) async throws(StoreError) -> RewrapPlan<Renewal> {
        let (rows, primary) = try await read { db in
            let rows = try RewrapRow.fetch(db, under: old, in: range, limit: limit)
            return (
                try rows.map { (row: $0, secrets: try SealedSecrets(of: $0.number, db)) },
                try StorageKeyRows.primary(db)
            )
        }
        var plan = RewrapPlan<Renewal>(last: rows.last?.row.number)
        for (row, secrets) in rows {
            try plan.add(row) { () throws(StoreError) in
                let outgoing = try row.sealedKey()
                let key = try vault.openKey(outgoing, of: row.id, number: row.number)
                let (fresh, wrapped) = try vault.makeKey(for: row.id, under: primary)
                return Renewal(
                    swap: RewrapRow.Swap(row: row, primary: primary, new: wrapped), fresh: fresh.id,
                    outgoing: outgoing, outgoingID: key.id,
                    secrets: try secrets.resealed(of: row, from: key, to: fresh, vault))
            }
        }
        probe(.batchRead)
        return plan
    }
}

/// The tokens and settings of one installation as they lie in the store. Few: an install lists at most 256 webhooks.
struct SealedSecrets: Sendable {
    /// The installation token or the settings, by name.
    var named: [(name: String, sealed: [UInt8])]
    /// Webhook tokens by their place in the primary key.
    var tokens: [(path: String, ordinal: Int64, sealed: [UInt8])]

    init(of number: Int64, _ db: Database) throws {
        named = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT name, sealed FROM installation_secret WHERE installation = ?"),
            arguments: [number]
        ).map { row in (row["name"], row.bytes("sealed")) }
        tokens = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT path, ordinal, sealed FROM webhook_token WHERE installation = ?"),
            arguments: [number]
        ).map { row in (row["path"], row["ordinal"], row.bytes("sealed")) }
    }

    /// The same secrets under another key. One that does not open leaves the whole installation as it is.
    func resealed(
        of row: RewrapRow, from old: InstallationKey, to new: InstallationKey, _ vault: InstallationVault
    ) throws(StoreError) -> SealedSecrets {
        func reseal(_ bytes: [UInt8], _ place: SealedPlace, _ table: String) throws(StoreError) -> [UInt8] {
            guard let value = try? SealedValue(bytes: bytes) else {  // Too short, or of no known kind.
                throw .corruptRow(table: table, number: row.number)
            }
            return try vault.reseal(
                value, from: old, to: new, in: row.id.context(place), table: table, number: row.number
            ).bytes
        }
        var copy = self
        for (index, secret) in named.enumerated() {
            let place: SealedPlace = secret.name == "settings" ? .settings : .installationToken
            copy.named[index].sealed = try reseal(secret.sealed, place, "installation_secret")
        }
        for (index, token) in tokens.enumerated() {
            guard let path = RoutePath.normalise(token.path) else {
                throw .corruptRow(table: "webhook_token", number: row.number)
            }
            copy.tokens[index].sealed = try reseal(token.sealed, .webhookToken(path), "webhook_token")
        }
        return copy
    }
}

/// An installation under a fresh key, not written yet.
struct Renewal: Sendable {
    let swap: RewrapRow.Swap
    let fresh: InstallationKeyID
    let outgoing: SealedValue
    let outgoingID: InstallationKeyID
    let secrets: SealedSecrets

    /// Puts the fresh key and everything under it in place of the old, unless the row or the primary key changed since:
    /// every write of a secret raises the row's version. Events still wait under the old key, which is kept for them.
    func perform(_ db: Database) throws -> Bool {
        guard try swap.perform(db) else { return false }
        let number = swap.row.number
        try db.cachedStatement(sql: "UPDATE installation SET installation_key = ? WHERE number = ?")
            .execute(arguments: [fresh.bitPattern, number])
        for secret in secrets.named {
            try db.cachedStatement(
                sql: "UPDATE installation_secret SET sealed = ? WHERE installation = ? AND name = ?"
            ).execute(arguments: [secret.sealed.databaseBytes, number, secret.name])
        }
        for token in secrets.tokens {
            try db.cachedStatement(
                sql: "UPDATE webhook_token SET sealed = ? WHERE installation = ? AND path = ? AND ordinal = ?"
            ).execute(arguments: [token.sealed.databaseBytes, number, token.path, token.ordinal])
        }
        try db.cachedStatement(
            sql: """
                INSERT INTO outgoing_key (installation, installation_key, wrapped_key, storage_key)
                SELECT ?, ?, ?, ?
                WHERE EXISTS (SELECT 1 FROM event WHERE installation = ? AND sealed_body IS NOT NULL)
                """
        ).execute(arguments: [
            number, outgoingID.bitPattern, outgoing.bytes.databaseBytes, swap.row.old.description, number,
        ])
        return true
    }
}
