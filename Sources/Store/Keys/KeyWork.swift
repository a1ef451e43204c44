package import Installations
package import Sealing

/// Reads of what is sealed under storage keys and installation keys, in the order of the installations' numbers.
package protocol SealedReads {
    /// The row of the deployment.
    func deployment() throws -> StoredDeployment

    /// Installation keys that rows say to be wrapped under a storage key, at most `limit` within `range`.
    func wrappedKeys(under key: StorageKeyID, in range: NumberRange, limit: Int) throws -> StoredInstallationKeys

    /// What is sealed for these installations, in their order: of each all secrets and its first events that have a body, fewer
    /// than there are where they are many or long.
    func sealedValues(of numbers: [InstallationNumber]) throws -> [SealedValues]

    /// Visits the installations within `range` that have a key, at most `limit`.
    func sealedInstallations(
        in range: NumberRange, limit: Int, visit: (SealedInstallation) throws -> Void
    ) throws

    /// Visits all that is sealed under the key of one installation.
    func sealedValues(of number: InstallationNumber, visit: (SealedPart) throws -> Void) throws

    /// The first installation within `range` that has a key which a re-encryption replaced, with the ids of its oldest events
    /// that have a body behind those that are sealed anew, at most `limit`; nil when there is none.
    func outgoingKey(in range: NumberRange, limit: Int) throws -> OutgoingKey?

    /// The bodies of these events, until they have `bytes` in all; without those that are gone.
    func bodies(of ids: [EventID], bytes: Int) throws -> (bodies: [StoredBody], isAll: Bool)

    /// How many sealed values are known not to open.
    func damagedValues() throws -> Int
}

/// Writes of sealed values that are one conditional call, without anything to be loaded before.
package protocol SealedWrites {
    /// Swaps the wrapped keys of installations whose rows nobody changed since they were read, in this order.
    ///
    /// - Parameter goesOn: Asked before each with how many were tried: false ends the call early.
    /// - Returns: How many were tried, and how many of those swapped.
    func swap(_ swaps: ArraySlice<KeySwap>, while goesOn: (Int) -> Bool) throws -> (tried: Int, swapped: Int)

    /// Replaces bodies that are still there, unless the installation has another key than the one they are sealed under.
    /// Returns whether it had not.
    func swapBodies(_ swap: BodySwap) throws -> Bool
}

/// Installation keys under one storage key.
package struct StoredInstallationKeys: Sendable {
    /// Those whose rows name an installation.
    package var keys: [StoredInstallationKey] = []
    /// Rows whose names no installation can have: somebody changed them.
    package var unnamed: [InstallationNumber] = []
    /// The last row looked at; nil when there was none.
    package var last: InstallationNumber?

    /// None yet.
    package init() {}
}

/// An installation key as it lies in its row.
package struct StoredInstallationKey: Sendable {
    /// The row.
    package let number: InstallationNumber
    /// Whose it is.
    package let id: InstallationID
    /// The storage key that the row says.
    package let old: StorageKeyID
    /// Grows with each change of the row.
    package let version: Int64
    /// The token set in force.
    package let tokenSet: TokenSet
    /// The key, wrapped.
    package let wrapped: [UInt8]

    /// What was read.
    package init(
        number: InstallationNumber, id: InstallationID, old: StorageKeyID, version: Int64, tokenSet: TokenSet,
        wrapped: [UInt8]
    ) {
        self.number = number
        self.id = id
        self.old = old
        self.version = version
        self.tokenSet = tokenSet
        self.wrapped = wrapped
    }
}

/// What is sealed for one installation: its tokens and settings, few because an install lists at most 256 webhooks, and its first
/// events.
package struct SealedValues: Sendable {
    /// Its tokens and settings.
    package var secrets: StoredSecrets
    /// Its first events that have a body.
    package var events: [SealedEvent]

    /// What was read.
    package init(secrets: StoredSecrets, events: [SealedEvent]) {
        self.secrets = secrets
        self.events = events
    }
}

/// The body of an event as it lies in its row.
package struct SealedEvent: Sendable {
    /// Which event.
    package let id: EventID
    /// What its seal is bound to.
    package let type: String
    /// The body.
    package let sealed: [UInt8]

    /// What was read.
    package init(id: EventID, type: String, sealed: [UInt8]) {
        self.id = id
        self.type = type
        self.sealed = sealed
    }
}

/// An installation that is verified.
package struct SealedInstallation: Sendable {
    /// Its row.
    package let number: InstallationNumber
    /// Whose it is; nil where somebody changed the names.
    package let id: InstallationID?
    /// The token set in force.
    package let tokenSet: TokenSet
    /// Its wrapped keys.
    package let keys: StoredKeys
    /// The storage key that the row says, by which it is found and counted.
    package let storageKey: StorageKeyID?

    /// What was read.
    package init(
        number: InstallationNumber, id: InstallationID?, tokenSet: TokenSet, keys: StoredKeys, storageKey: StorageKeyID?
    ) {
        self.number = number
        self.id = id
        self.tokenSet = tokenSet
        self.keys = keys
        self.storageKey = storageKey
    }
}

/// A value that is sealed under the key of an installation.
package enum SealedPart: Sendable {
    /// The installation token or the settings, by name.
    case named(String, [UInt8])
    /// A webhook token, by its path.
    case token(String, [UInt8])
    /// The body of an event.
    case event(SealedEvent)
}

/// A key that a re-encryption replaced, and what may still be under it.
package struct OutgoingKey: Sendable {
    /// The row of the installation.
    package let number: InstallationNumber
    /// Whose it is.
    package let id: InstallationID
    /// The key in force, and the one that was replaced.
    package let keys: StoredKeys
    /// Events that are looked at next.
    package let events: [EventID]

    /// What was read.
    package init(number: InstallationNumber, id: InstallationID, keys: StoredKeys, events: [EventID]) {
        self.number = number
        self.id = id
        self.keys = keys
        self.events = events
    }
}

/// A row's new key, and what the row must still be for it to count.
package struct KeySwap: Sendable {
    /// What was read.
    package let row: StoredInstallationKey
    /// The storage key that the new value is wrapped under.
    package let primary: StorageKeyID
    /// The new value.
    package let wrapped: SealedValue
    /// What goes with it when the installation key itself is a fresh one; nil when it is the same, wrapped anew.
    package let renewal: Renewal?

    /// A swap.
    package init(row: StoredInstallationKey, primary: StorageKeyID, wrapped: SealedValue, renewal: Renewal? = nil) {
        self.row = row
        self.primary = primary
        self.wrapped = wrapped
        self.renewal = renewal
    }
}

/// An installation under a fresh key. The one before it is kept while any event is under it.
package struct Renewal: Sendable {
    /// The fresh key.
    package let fresh: InstallationKeyID
    /// The key before it.
    package let outgoingID: InstallationKeyID
    /// That key, wrapped.
    package let outgoing: SealedValue
    /// All that is sealed anew.
    package let values: SealedValues

    /// What goes with a fresh key.
    package init(
        fresh: InstallationKeyID, outgoingID: InstallationKeyID, outgoing: SealedValue, values: SealedValues
    ) {
        self.fresh = fresh
        self.outgoingID = outgoingID
        self.outgoing = outgoing
        self.values = values
    }
}

/// Bodies of one installation that are sealed anew.
package struct BodySwap: Sendable {
    /// The row of the installation.
    package let number: InstallationNumber
    /// The wrapped key that must still be the one in force.
    package let current: [UInt8]
    /// The bodies.
    package let bodies: [(event: EventID, sealed: SealedValue)]
    /// The last event that was looked at; nil when all were, and the key that was replaced goes.
    package let through: EventID?

    /// Bodies under this key.
    package init(
        number: InstallationNumber, current: [UInt8], bodies: [(event: EventID, sealed: SealedValue)], through: EventID?
    ) {
        self.number = number
        self.current = current
        self.bodies = bodies
        self.through = through
    }
}
