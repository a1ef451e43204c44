import GRDB
package import Installations
import Marketplace
import Sealing

extension SQLiteStore {
    package func verify(
        in range: NumberRange, limit: Int, at: Timestamp
    ) async throws(StoreError) -> VerifyBatch {
        let (batch, known) = try await readQuietly { [vault] db in
            var batch = VerifyBatch()
            let rows = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT number, addon_key, workspace_id, addon_id, \(InstallationKeyRow.columns)
                        FROM installation \(InstallationKeyRow.join)
                        WHERE number > ? AND number <= ? AND installation.wrapped_key IS NOT NULL
                        ORDER BY number LIMIT ?
                        """), arguments: [range.after, range.through, limit])
            for row in rows {
                LongWork.giveWay()
                let number: Int64 = row[0]
                batch.installations += 1
                batch.last = number
                guard let id = InstallationRows.id(row, from: 1) else {
                    batch.damaged.append(
                        DamagedValue(table: "installation", number: number, installation: nil, reason: .corrupt))
                    continue
                }
                var check = InstallationCheck(id: id, number: number, vault: vault)
                try check.run(InstallationKeyRow(row), db)
                batch.opened += check.opened
                batch.damaged += check.damaged
            }
            return (batch, try DamagedRows.count(db))
        }
        // Only what changes is written: verifying a sound store writes nothing.
        if let last = batch.last, known > 0 || !batch.damaged.isEmpty {
            try await write { db in
                for table in ["installation", "installation_secret", "webhook_token"] {
                    try DamagedRows.clear(table, from: range.after + 1, through: last, db)
                }
                try DamagedRows.clearEvents(from: range.after + 1, through: last, db)
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

    mutating func run(_ wrapped: InstallationKeyRow, _ db: Database) throws {
        let outgoing = wrapped.outgoing.flatMap { openKey($0, "outgoing") }
        guard let current = openKey(wrapped.current, "") else { return }
        let keys = InstallationKeys(current: current, outgoing: outgoing)
        let secrets = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT name, sealed FROM installation_secret WHERE installation = ?"),
            arguments: [number])
        while let row = try secrets.next() {
            let name: String = row[0]
            let place: SealedPlace = name == "settings" ? .settings : .installationToken
            open(row.bytes(at: 1), keys, place, table: "installation_secret", number: number, name: name)
        }
        let tokens = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT path, sealed FROM webhook_token WHERE installation = ?"),
            arguments: [number])
        while let row = try tokens.next() {
            let text: String = row[0]
            guard let path = RoutePath.normalise(text) else { continue }
            open(row.bytes(at: 1), keys, .webhookToken(path), table: "webhook_token", number: number, name: text)
        }
        let events = try Row.fetchCursor(
            db.cachedStatement(sql: EventIndexes.sealed("id, sealed_body")), arguments: [number])
        while let row = try events.next() {
            let event = EventID(number: row[0])
            open(row.bytes(at: 1), keys, .event(event), table: "event", number: event.number, name: "")
        }
    }

    private mutating func openKey(_ wrapped: [UInt8], _ place: String) -> InstallationKey? {
        do {
            let key = try vault.openKey(try SealedValue(bytes: wrapped), of: id, number: number)
            opened += 1
            return key
        } catch StoreError.unknownStorageKey {
            note("installation", number, place, .unknownKey)
        } catch {
            note("installation", number, place, .corrupt)
        }
        return nil
    }

    private mutating func open(
        _ bytes: [UInt8], _ keys: InstallationKeys, _ place: SealedPlace, table: String, number: Int64, name: String
    ) {
        // Its one error, too short or of no known kind, is a finding like any other.
        guard let value = try? SealedValue(bytes: bytes) else {
            return note(table, number, name, .corrupt)
        }
        let key = keys.key(for: value)
        guard value.kind == .installationValue, value.keyIDBitPattern == key.id.bitPattern else {
            return note(table, number, name, .wrongPlace)
        }
        do {
            _ = try key.open(value, in: id.context(place))
            opened += 1
        } catch {
            note(table, number, name, .corrupt)
        }
    }

    private mutating func note(_ table: String, _ number: Int64, _ place: String, _ reason: DamagedValue.Reason) {
        damaged.append(DamagedValue(table: table, number: number, place: place, installation: id, reason: reason))
    }
}
