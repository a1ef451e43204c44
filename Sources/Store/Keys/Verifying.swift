package import Installations
import Marketplace
import Sealing

extension Store {
    package func verify(
        _ depth: VerifyDepth, in range: NumberRange, limit: Int, at: Timestamp
    ) async throws(StoreError) -> VerifyBatch {
        try await engine.takingTurns { () async throws(StoreError) in
            try await verifyBatch(depth, in: range, limit: limit, at: at)
        }
    }

    private func verifyBatch(
        _ depth: VerifyDepth, in range: NumberRange, limit: Int, at: Timestamp
    ) async throws(StoreError) -> VerifyBatch {
        let (batch, known) = try await look(depth, in: range, limit: limit)
        // Only what changes is written: verifying a sound store writes nothing.
        if let last = batch.last, known > 0 || !batch.damaged.isEmpty {
            try await write { [tools] writes in
                let looked = Change.forgetDamaged(depth, in: NumberRange(after: range.after, through: last))
                try writes.apply([looked] + .damage(found: batch.damaged, at: at), by: tools)
            }
        }
        return batch
    }

    /// As `verify`, without a note of what it found; and how many values are noted already.
    func look(
        _ depth: VerifyDepth, in range: NumberRange, limit: Int
    ) async throws(StoreError) -> (batch: VerifyBatch, known: Int) {
        try await engine.readQuietly { [tools] reads, giveWay in
            var batch = VerifyBatch()
            try reads.sealedInstallations(in: range, limit: limit) { installation, parts in
                giveWay(batch.installations)
                batch.installations += 1
                batch.last = installation.number
                guard let id = installation.id else {
                    return batch.damaged.append(
                        DamagedValue(
                            .installation(installation.number), installation: nil, reason: .corrupt))
                }
                var check = InstallationCheck(installation, id, tools.vault)
                if let keys = check.openKeys(), depth == .values {
                    try parts { part in check.verify(part, under: keys) }
                }
                batch.opened += check.opened
                batch.damaged += check.damaged
            }
            return (batch, try reads.damagedValues())
        }
    }
}

/// Tries what is sealed for one installation.
private struct InstallationCheck {
    private let installation: SealedInstallation
    private let id: InstallationID
    private let vault: InstallationVault
    private(set) var opened: Int64 = 0
    private(set) var damaged: [DamagedValue] = []

    init(_ installation: SealedInstallation, _ id: InstallationID, _ vault: InstallationVault) {
        self.installation = installation
        self.id = id
        self.vault = vault
    }

    /// Its keys; nil when the one in force does not open.
    mutating func openKeys() -> InstallationKeys? {
        let keys = installation.keys
        // What is no sealed value at all names no key: it does not open, which is said below.
        if let value = try? SealedValue(bytes: keys.current),
            value.keyIDBitPattern != installation.storageKey?.bitPattern
        {
            note(.installation(installation.number), "storage_key", .wrongPlace)
        }
        let outgoing = keys.outgoing.flatMap { openKey($0, "outgoing") }
        return openKey(keys.current, "").map { InstallationKeys(current: $0, outgoing: outgoing) }
    }

    mutating func verify(_ part: SealedPart, under keys: InstallationKeys) {
        let (number, set) = (installation.number, installation.tokenSet)
        switch part {
        case .named(let text, let sealed):
            let name = SecretName(rawValue: text) ?? .installationToken
            verify(sealed, keys, name.place(set), in: .installationSecret(number), name: text)
        case .token(let text, let sealed):
            guard let path = RoutePath.normalise(text) else { return }
            verify(
                sealed, keys, .webhookToken(path, set: set), in: .webhookToken(number), name: text)
        case .event(let event):
            verify(
                event.sealed, keys, .event(event.id, type: event.type), in: .event(event.id),
                name: "")
        }
    }

    private mutating func openKey(_ wrapped: [UInt8], _ place: String) -> InstallationKey? {
        let number = installation.number
        do {
            let key = try vault.openKey(try SealedValue(bytes: wrapped), of: id, number: number)
            opened += 1
            return key
        } catch StoreError.unknownStorageKey {
            note(.installation(number), place, .unknownKey)
        } catch StoreError.storageKeyNotInForce {
            note(.installation(number), place, .unknownKey)
        } catch {
            note(.installation(number), place, .corrupt)
        }
        return nil
    }

    private mutating func verify(
        _ bytes: [UInt8], _ keys: InstallationKeys, _ place: SealedPlace, in item: StoredItem, name: String
    ) {
        do {
            let value = try SealedValue(stored: bytes, in: item)
            let key = keys.key(for: value)
            guard value.kind == .installationValue, value.keyIDBitPattern == key.id.bitPattern else {
                return note(item, name, .wrongPlace)
            }
            try vault.verify(value, under: key, of: id, at: place)
            opened += 1
        } catch {
            note(item, name, .corrupt)
        }
    }

    private mutating func note(_ item: StoredItem, _ place: String, _ reason: DamagedValue.Reason) {
        damaged.append(DamagedValue(item, place: place, installation: id, reason: reason))
    }
}
