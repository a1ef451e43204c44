import GRDB
package import Installations
import Marketplace
import Sealing

extension SQLiteStore {
    package func verify(after: Int64, limit: Int, at: Timestamp) async throws(StoreError) -> VerifyBatch {
        let batch = try await read { [vault] db in
            var batch = VerifyBatch()
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT number, addon_key, workspace_id, addon_id, wrapped_key FROM installation
                    WHERE number > ? AND wrapped_key IS NOT NULL ORDER BY number LIMIT ?
                    """, arguments: [after, limit])
            for row in rows {
                guard let id = try InstallationRows.idIfAny(row) else { continue }
                var check = InstallationCheck(id: id, number: row["number"], vault: vault)
                try check.run(row.bytes("wrapped_key"), db)
                batch.installations += 1
                batch.opened += check.opened
                batch.damaged += check.damaged
                batch.last = check.number
            }
            return batch
        }
        let known = try await read { db in try DamagedRows.count(db) }
        // Only what changes is written: verifying a sound store writes nothing.
        if let last = batch.last, known > 0 || !batch.damaged.isEmpty {
            try await write { db in
                for table in ["installation", "installation_secret", "webhook_token"] {
                    try DamagedRows.clear(table, from: after + 1, through: last, db)
                }
                try DamagedRows.note(batch.damaged, at, db)
            }
        }
        return batch
    }
}

/// Opens everything that is sealed for one installation.
private struct InstallationCheck {
    let id: InstallationID
    let number: Int64
    let vault: InstallationVault
    var opened: Int64 = 0
    var damaged: [DamagedValue] = []

    init(id: InstallationID, number: Int64, vault: InstallationVault) {
        self.id = id
        self.number = number
        self.vault = vault
    }

    mutating func run(_ wrapped: [UInt8], _ db: Database) throws {
        guard let key = try openKey(wrapped) else { return }
        let secrets = try Row.fetchCursor(
            db, sql: "SELECT name, sealed FROM installation_secret WHERE installation = ?", arguments: [number])
        while let row = try secrets.next() {
            let name: String = row["name"]
            let place: SealedPlace = name == "settings" ? .settings : .installationToken
            open(row.bytes("sealed"), key, place, table: "installation_secret", number: number, name: name)
        }
        let tokens = try Row.fetchCursor(
            db, sql: "SELECT path, sealed FROM webhook_token WHERE installation = ?", arguments: [number])
        while let row = try tokens.next() {
            let text: String = row["path"]
            guard let path = RoutePath.normalise(text) else { continue }
            open(row.bytes("sealed"), key, .webhookToken(path), table: "webhook_token", number: number, name: text)
        }
        let events = try Row.fetchCursor(
            db, sql: "SELECT id, sealed_body FROM event WHERE installation = ? AND sealed_body IS NOT NULL",
            arguments: [number])
        while let row = try events.next() {
            let event = EventID(number: row["id"])
            open(row.bytes("sealed_body"), key, .event(event), table: "event", number: event.number, name: "")
        }
    }

    private mutating func openKey(_ wrapped: [UInt8]) throws(StoreError) -> InstallationKey? {
        do {
            let value = try SealedValue(bytes: wrapped)
            let key = try vault.openKey(value, of: id, number: number)
            opened += 1
            return key
        } catch is SealingError {
            note("installation", number, "", .malformed)
        } catch StoreError.unknownStorageKey {
            note("installation", number, "", .unknownKey)
        } catch {
            note("installation", number, "", .altered)
        }
        return nil
    }

    private mutating func open(
        _ bytes: [UInt8], _ key: InstallationKey, _ place: SealedPlace, table: String, number: Int64, name: String
    ) {
        do {
            _ = try key.open(try SealedValue(bytes: bytes), in: id.context(place))
            opened += 1
        } catch SealingError.malformed {
            note(table, number, name, .malformed)
        } catch {
            note(table, number, name, .altered)
        }
    }

    private mutating func note(_ table: String, _ number: Int64, _ place: String, _ reason: DamagedValue.Reason) {
        damaged.append(DamagedValue(table: table, number: number, place: place, installation: id, reason: reason))
    }
}
