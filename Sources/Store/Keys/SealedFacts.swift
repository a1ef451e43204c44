package import Installations
package import Sealing

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
