import GRDB
package import Installations
import Marketplace
package import Sealing
import Store

extension SQLiteStore {
    package func reencrypt(
        from old: StorageKeyID, in range: NumberRange, limit: Int, at: Timestamp
    ) async throws(StoreError) -> RewrapBatch {
        try await takingTurns { () async throws(StoreError) in
            let plan = try await planReencryption(from: old, in: range, limit: limit)
            return try await commit(plan, at) { [waitingIndex] renewal, swapping in
                try renewal.perform(swapping, waitingIndex)
            }
        }
    }

    /// Seals a batch anew outside any write.
    func planReencryption(
        from old: StorageKeyID, in range: NumberRange, limit: Int
    ) async throws(StoreError) -> RewrapPlan<Renewal> {
        let plan = try await readQuietly { [vault, authority, waitingIndex] db, giveWay in
            let found = try RewrapRow.fetch(db, under: old, in: range, limit: limit)
            let primary = try StorageKeyRows.primary(authority, db)
            var plan = RewrapPlan<Renewal>(of: found)
            let events = try SealedEvents(waitingIndex, db)
            for (index, row) in found.rows.enumerated() {
                giveWay(index)
                let secrets = try SealedSecrets(of: row.number, events, db)
                try plan.add(row) { () throws(StoreError) in
                    let outgoing = try row.sealedKey()
                    let key = try vault.openKey(outgoing, of: row.id, number: row.number)
                    let (fresh, wrapped) = try vault.makeKey(for: row.id, under: primary)
                    return Renewal(
                        swap: RewrapRow.Swap(row: row, primary: primary, new: wrapped), fresh: fresh.id,
                        outgoing: outgoing, outgoingID: key.id,
                        secrets: try secrets.resealed(
                            of: row.id, number: row.number, tokenSet: row.tokenSet, from: key, to: fresh, vault))
                }
            }
            return plan
        }
        probe(.batchRead)
        return plan
    }
}

/// What is sealed for one installation, as it lies in the store: its tokens and settings, few because an install lists at
/// most 256 webhooks, and its first waiting events, mostly all there are.
struct SealedSecrets: Sendable {
    /// Events that are sealed anew together with the rest; more of them are `reseal`'s to do.
    private static let eventLimit = 16
    /// Bytes of bodies, more or less, that are.
    private static let eventByteLimit = 64 << 10

    /// The installation token or the settings, by name.
    var named: [(name: String, sealed: [UInt8])]
    /// Webhook tokens by their place in the primary key.
    var tokens: [(path: String, ordinal: Int64, sealed: [UInt8])]
    /// Bodies of waiting events by their ids.
    var events: [(id: Int64, body: SealedBody)]

    /// What there is for the installation with this number; of its events nothing without `sealed`.
    init(of number: Int64, _ sealed: SealedEvents?, _ db: Database) throws {
        named = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT name, sealed FROM installation_secret WHERE installation = ?"),
            arguments: [number]
        ).map { row in (row["name"], row.bytes("sealed")) }
        tokens = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT path, ordinal, sealed FROM webhook_token WHERE installation = ?"),
            arguments: [number]
        ).map { row in (row["path"], row["ordinal"], row.bytes("sealed")) }
        var (events, bytes): ([(id: Int64, body: SealedBody)], Int) = ([], 0)
        try sealed?.forEach(of: number) { id, body in
            events.append((id, body))
            bytes += body.sealed.count
            return events.count < Self.eventLimit && bytes < Self.eventByteLimit
        }
        self.events = events
    }

    /// The same secrets under another key. A secret that does not open leaves the whole installation as it is; an event that
    /// does not is left out.
    func resealed(
        of id: InstallationID, number: Int64, tokenSet: Int64, from old: InstallationKey, to new: InstallationKey,
        _ vault: InstallationVault
    ) throws(StoreError) -> SealedSecrets {
        func reseal(_ bytes: [UInt8], _ place: SealedPlace, _ table: String) throws(StoreError) -> [UInt8] {
            let value = try SealedValue(stored: bytes, table: table, number: number)
            return try vault.reseal(value, from: old, to: new, of: id, at: place, table: table, number: number).bytes
        }
        var copy = self
        for (index, secret) in named.enumerated() {
            let place: SealedPlace = secret.name == "settings" ? .settings : .installationToken(set: tokenSet)
            copy.named[index].sealed = try reseal(secret.sealed, place, "installation_secret")
        }
        for (index, token) in tokens.enumerated() {
            guard let path = RoutePath.normalise(token.path) else {
                throw .corruptRow(table: "webhook_token", number: number)
            }
            copy.tokens[index].sealed = try reseal(
                token.sealed, .webhookToken(path, set: tokenSet), "webhook_token")
        }
        copy.events = []
        for event in events {
            do {
                let place = SealedPlace.event(EventID(number: event.id), type: event.body.type)
                let sealed = try reseal(event.body.sealed, place, "event")
                copy.events.append((event.id, SealedBody(type: event.body.type, sealed: sealed)))
            } catch .corruptRow {
                continue  // It stays under the old key, where `reseal` finds and names it.
            } catch {
                throw error
            }
        }
        return copy
    }

    /// Puts them in place of what lies there. The caller knows that nobody has changed it since.
    func write(_ number: Int64, _ db: Database) throws {
        for secret in named {
            try db.cachedStatement(
                sql: "UPDATE installation_secret SET sealed = ? WHERE installation = ? AND name = ?"
            ).execute(arguments: [secret.sealed.databaseBytes, number, secret.name])
        }
        for token in tokens {
            try db.cachedStatement(
                sql: "UPDATE webhook_token SET sealed = ? WHERE installation = ? AND path = ? AND ordinal = ?"
            ).execute(arguments: [token.sealed.databaseBytes, number, token.path, token.ordinal])
        }
        for event in events {
            try db.cachedStatement(sql: "UPDATE event SET sealed_body = ? WHERE id = ? AND sealed_body IS NOT NULL")
                .execute(arguments: [event.body.sealed.databaseBytes, event.id])
        }
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
    /// every write of a secret raises the row's version. While events still wait under the old key, it is kept for them.
    func perform(_ swapping: Swapping, _ waitingIndex: WaitingIndex) throws -> Bool {
        guard try swapping.swap(swap) else { return false }
        let db = swapping.db
        let number = swap.row.number
        try db.cachedStatement(sql: "UPDATE installation SET installation_key = ? WHERE number = ?")
            .execute(arguments: [fresh.bitPattern, number])
        try secrets.write(number, db)
        guard try SealedEvents(waitingIndex, db).isAny(of: number, under: outgoingID) else { return true }
        try db.cachedStatement(
            sql:
                "INSERT INTO outgoing_key (installation, installation_key, wrapped_key, storage_key) VALUES (?, ?, ?, ?)"
        ).execute(arguments: [
            number, outgoingID.bitPattern, outgoing.bytes.databaseBytes, swap.row.old.description,
        ])
        return true
    }
}
