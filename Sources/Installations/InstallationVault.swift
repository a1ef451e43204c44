package import Sealing

/// Turns stored key material into installation keys and back, naming in its errors what an operator can mend.
package struct InstallationVault: Sendable {
    private let keyring: Keyring
    private let gate: FormGate

    /// A vault over the loaded storage keys.
    package init(keyring: Keyring, gate: FormGate) {
        self.keyring = keyring
        self.gate = gate
    }

    /// A fresh installation key and its wrapped form under `primary`, which the caller read in the transaction that
    /// will write it: no writer can use a key that was replaced meanwhile.
    package func makeKey(
        for id: InstallationID, under primary: StorageKeyID
    ) throws(StoreError) -> (key: InstallationKey, wrapped: SealedValue) {
        let key = InstallationKey.random()
        return (key, try storageKey(primary).wrap(key, in: id.context(.installationKey)))
    }

    /// Opens the installation key of `id`. `number` is the row, for the message.
    package func openKey(
        _ wrapped: SealedValue, of id: InstallationID, number: InstallationNumber
    ) throws(StoreError) -> InstallationKey {
        let storageKey = try storageKey(StorageKeyID(bitPattern: wrapped.keyIDBitPattern))
        do {
            return try storageKey.unwrapInstallationKey(wrapped, in: id.context(.installationKey))
        } catch {
            throw .corruptRow(.installation(number))
        }
    }

    /// Wraps a wrapped key anew under `primary`, for the same place. `item` is for the message.
    package func rewrap(
        _ wrapped: SealedValue, in context: SealingContext, under primary: StorageKeyID, in item: StoredItem
    ) throws(StoreError) -> SealedValue {
        let old = try storageKey(StorageKeyID(bitPattern: wrapped.keyIDBitPattern))
        let new = try storageKey(primary)
        do {
            return try old.rewrap(wrapped, in: context, under: new)
        } catch {
            throw .corruptRow(item)
        }
    }

    /// Opens a value of `id` that is sealed under `key`. `item` is for the message.
    package func open(
        _ value: SealedValue, under key: InstallationKey, of id: InstallationID, at place: SealedPlace,
        in item: StoredItem
    ) throws(StoreError) -> SecretBytes {
        do throws(SealingError) {
            return try key.open(value, in: try context(of: value, id, place))
        } catch {
            throw .corruptRow(item)
        }
    }

    /// Checks that a value of `id` would open, and makes no copy of it.
    package func verify(
        _ value: SealedValue, under key: InstallationKey, of id: InstallationID, at place: SealedPlace
    ) throws(SealingError) {
        try key.verify(value, in: try context(of: value, id, place))
    }

    /// The context a stored value was sealed with, if values of its version count here.
    private func context(
        of value: SealedValue, _ id: InstallationID, _ place: SealedPlace
    ) throws(SealingError) -> SealingContext {
        guard value.version == .two || gate.takesOlder else { throw .cannotOpen }
        return id.context(place, version: value.version)
    }

    /// Seals a value anew for the same place under another installation key, read back before it may replace the old one.
    /// `item` is for the message.
    package func reseal(
        _ value: SealedValue, from old: InstallationKey, to new: InstallationKey, of id: InstallationID,
        at place: SealedPlace, in item: StoredItem
    ) throws(StoreError) -> SealedValue {
        let secret = try open(value, under: old, of: id, at: place, in: item)
        let sealed = new.seal(secret, in: id.context(place))
        guard try open(sealed, under: new, of: id, at: place, in: item).matches(secret) else {
            throw .corruptRow(item)
        }
        return sealed
    }

    private func storageKey(_ id: StorageKeyID) throws(StoreError) -> StorageKey {
        do throws(KeyringError) {
            return try keyring.key(id)
        } catch .notPermitted {
            throw .storageKeyNotInForce(id)
        } catch {
            throw .unknownStorageKey(id)
        }
    }
}
