package import Installations
package import Sealing

/// The body of an event as it lies in a store, with all that opens it.
package struct StoredBody: Sendable {
    /// Which event.
    package let event: EventID
    /// What it tells, which its seal is bound to.
    package let type: String
    /// The number of its installation.
    package let number: InstallationNumber
    /// Whose it is; nil where somebody changed the names.
    package let owner: InstallationID?
    /// The wrapped keys of its installation; nil when they are destroyed.
    package let keys: StoredKeys?
    /// The body; nil when it is gone.
    package let sealed: [UInt8]?

    /// What was read.
    package init(
        event: EventID, type: String, number: InstallationNumber, owner: InstallationID?, keys: StoredKeys?,
        sealed: [UInt8]?
    ) {
        self.event = event
        self.type = type
        self.number = number
        self.owner = owner
        self.keys = keys
        self.sealed = sealed
    }

    /// Opens it: the one place that does.
    func open(by vault: InstallationVault) throws(StoreError) -> SecretBytes {
        guard let owner, let keys, let sealed else { throw .corruptRow(.event(event)) }
        let opened = try keys.open(of: owner, number: number, vault)
        let value = try SealedValue(stored: sealed, in: .event(event))
        return try vault.open(
            value, under: opened.key(for: value), of: owner, at: .event(event, type: type), in: .event(event))
    }
}

/// The wrapped keys of one installation as they lie in a store: the current one, and the one that a re-encryption replaced while
/// events are still under it.
package struct StoredKeys: Sendable {
    /// The key in force.
    package let current: [UInt8]
    /// The one before it.
    package let outgoing: [UInt8]?

    /// What was read.
    package init(current: [UInt8], outgoing: [UInt8]?) {
        self.current = current
        self.outgoing = outgoing
    }

    /// Opens both. `number` is the row, for the message.
    package func open(
        of id: InstallationID, number: InstallationNumber, _ vault: InstallationVault
    ) throws(StoreError) -> InstallationKeys {
        let current = try vault.openKey(wrapped: current, of: id, number: number)
        guard let outgoing else { return InstallationKeys(current: current, outgoing: nil) }
        return InstallationKeys(
            current: current, outgoing: try vault.openKey(wrapped: outgoing, of: id, number: number))
    }
}

extension InstallationVault {
    /// Opens an installation key as it lies in a row. `number` is the row, for the message.
    package func openKey(
        wrapped: [UInt8], of id: InstallationID, number: InstallationNumber
    ) throws(StoreError) -> InstallationKey {
        try openKey(
            SealedValue(stored: wrapped, in: .installation(number)), of: id, number: number)
    }
}

/// The opened keys of one installation.
package struct InstallationKeys: Sendable {
    /// The key in force.
    package let current: InstallationKey
    /// The one before it.
    package let outgoing: InstallationKey?

    /// Opened keys.
    package init(current: InstallationKey, outgoing: InstallationKey?) {
        self.current = current
        self.outgoing = outgoing
    }

    /// The key whose id stands in the value's header: no key is tried that is not named.
    package func key(for value: SealedValue) -> InstallationKey {
        if let outgoing, value.keyIDBitPattern == outgoing.id.bitPattern { return outgoing }
        return current
    }
}
