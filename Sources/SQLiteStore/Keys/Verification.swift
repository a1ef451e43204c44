import GRDB
package import Installations
import Marketplace
import Sealing
import Store

extension SQLiteStore {
    package func verify(
        _ depth: VerifyDepth, in range: NumberRange, limit: Int, at: Timestamp
    ) async throws(StoreError) -> VerifyBatch {
        try await takingTurns { () async throws(StoreError) in
            try await verifyBatch(depth, in: range, limit: limit, at: at)
        }
    }

    private func verifyBatch(
        _ depth: VerifyDepth, in range: NumberRange, limit: Int, at: Timestamp
    ) async throws(StoreError) -> VerifyBatch {
        let (batch, known) = try await readQuietly { [vault, waitingIndex] db, giveWay in
            var batch = VerifyBatch()
            let sealed = depth == .values ? try SealedRows(waitingIndex, db) : nil
            let installations = try DirectStatement(
                """
                SELECT number, addon_key, workspace_id, addon_id, token_set, \(InstallationKeyRow.columns),
                    installation.storage_key
                FROM installation \(InstallationKeyRow.join)
                WHERE number > ? AND number <= ? AND installation.wrapped_key IS NOT NULL
                ORDER BY number LIMIT ?
                """, db)
            try installations.forEach { values in
                try values.bind(range.after, at: 1)
                try values.bind(range.through, at: 2)
                try values.bind(Int64(limit), at: 3)
            } read: { row in
                giveWay(batch.installations)
                let number = row.int64(0)
                batch.installations += 1
                batch.last = number
                guard let id = row.installationID(from: 1) else {
                    return batch.damaged.append(
                        DamagedValue(table: "installation", number: number, installation: nil, reason: .corrupt))
                }
                var check = InstallationCheck(id: id, number: number, tokenSet: row.int64(4), vault: vault)
                try check.run(
                    InstallationKeyRow(current: row.bytes(5), outgoing: row.bytesIfAny(6)),
                    under: StorageKeyID(row.text(7)), sealed)
                batch.opened += check.opened
                batch.damaged += check.damaged
            }
            return (batch, try DamagedRows.count(db))
        }
        // Only what changes is written: verifying a sound store writes nothing.
        if let last = batch.last, known > 0 || !batch.damaged.isEmpty {
            try await write { db in
                for table in depth.tables { try DamagedRows.clear(table, from: range.after + 1, through: last, db) }
                if depth == .values { try DamagedRows.clearEvents(from: range.after + 1, through: last, db) }
                try DamagedRows.note(batch.damaged, at, db)
            }
        }
        return batch
    }
}

extension VerifyDepth {
    /// Where everything is opened that is there.
    fileprivate var tables: [String] {
        switch self {
        case .keys: ["installation"]
        case .values: ["installation", "installation_secret", "webhook_token"]
        }
    }
}

/// What is sealed under the key of an installation.
private struct SealedRows {
    /// Name, sealed.
    let secrets: DirectStatement
    /// Path, sealed.
    let tokens: DirectStatement
    let events: SealedEvents

    init(_ waitingIndex: WaitingIndex, _ db: Database) throws {
        secrets = try DirectStatement("SELECT name, sealed FROM installation_secret WHERE installation = ?", db)
        tokens = try DirectStatement("SELECT path, sealed FROM webhook_token WHERE installation = ?", db)
        events = try SealedEvents(waitingIndex, db)
    }
}

/// Tries what is sealed for one installation.
private struct InstallationCheck {
    let id: InstallationID
    let number: Int64
    let tokenSet: Int64
    let vault: InstallationVault
    var opened: Int64 = 0
    var damaged: [DamagedValue] = []

    init(id: InstallationID, number: Int64, tokenSet: Int64, vault: InstallationVault) {
        self.id = id
        self.number = number
        self.tokenSet = tokenSet
        self.vault = vault
    }

    /// - Parameter storageKey: What the row says that its key is wrapped under, by which it is found and counted.
    mutating func run(_ wrapped: InstallationKeyRow, under storageKey: StorageKeyID?, _ sealed: SealedRows?) throws {
        // What is no sealed value at all names no key: it does not open, which is said below.
        if let value = try? SealedValue(bytes: wrapped.current), value.keyIDBitPattern != storageKey?.bitPattern {
            note("installation", number, "storage_key", .wrongPlace)
        }
        let outgoing = wrapped.outgoing.flatMap { openKey($0, "outgoing") }
        guard let current = openKey(wrapped.current, ""), let sealed else { return }
        let keys = InstallationKeys(current: current, outgoing: outgoing)
        try sealed.secrets.forEach {
            try $0.bind(number, at: 1)
        } read: { row in
            let name = row.text(0)
            let place: SealedPlace = name == "settings" ? .settings : .installationToken(set: tokenSet)
            verify(row.bytes(1), keys, place, table: "installation_secret", number: number, name: name)
        }
        try sealed.tokens.forEach {
            try $0.bind(number, at: 1)
        } read: { row in
            let text = row.text(0)
            guard let path = RoutePath.normalise(text) else { return }
            verify(
                row.bytes(1), keys, .webhookToken(path, set: tokenSet), table: "webhook_token", number: number,
                name: text)
        }
        try sealed.events.forEach(of: number) { event, body in
            verify(
                body.sealed, keys, .event(EventID(number: event), type: body.type), table: "event", number: event,
                name: "")
            return true
        }
    }

    private mutating func openKey(_ wrapped: [UInt8], _ place: String) -> InstallationKey? {
        do {
            let key = try vault.openKey(try SealedValue(bytes: wrapped), of: id, number: number)
            opened += 1
            return key
        } catch StoreError.unknownStorageKey {
            note("installation", number, place, .unknownKey)
        } catch StoreError.storageKeyNotInForce {
            note("installation", number, place, .unknownKey)
        } catch {
            note("installation", number, place, .corrupt)
        }
        return nil
    }

    private mutating func verify(
        _ bytes: [UInt8], _ keys: InstallationKeys, _ place: SealedPlace, table: String, number: Int64, name: String
    ) {
        do {
            let value = try SealedValue(stored: bytes, table: table, number: number)
            let key = keys.key(for: value)
            guard value.kind == .installationValue, value.keyIDBitPattern == key.id.bitPattern else {
                return note(table, number, name, .wrongPlace)
            }
            try vault.verify(value, under: key, of: id, at: place)
            opened += 1
        } catch {
            note(table, number, name, .corrupt)
        }
    }

    private mutating func note(_ table: String, _ number: Int64, _ place: String, _ reason: DamagedValue.Reason) {
        damaged.append(DamagedValue(table: table, number: number, place: place, installation: id, reason: reason))
    }
}
