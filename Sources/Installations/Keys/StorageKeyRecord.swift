package import Sealing

/// The life of a storage key (design.md section 4).
package enum StorageKeyState: String, CaseIterable, Sendable {
    /// Added and durable, not used yet.
    case prepared
    /// The one key that new installation keys are wrapped under.
    case primary
    /// Replaced; still opens what it wrapped.
    case retiring
    /// Nothing is wrapped under it; undo is possible.
    case disabled
    /// Its material is gone; the id is never used again.
    case destroyed

    /// Whether it may open or wrap anything: a key that was retired opens nothing, whatever files there are.
    package var isInForce: Bool { self == .prepared || needsFile }

    /// Whether the key file must be present to serve.
    package var needsFile: Bool { self == .primary || self == .retiring }
}

/// What the store knows of a storage key: never its material.
package struct StorageKeyRecord: Sendable {
    /// The key's id, also its file's name.
    package let id: StorageKeyID
    /// Where it stands.
    package let state: StorageKeyState
    /// When it was added.
    package let createdAt: Timestamp
    /// When it became primary; nil when it never did.
    package let promotedAt: Timestamp?
    /// When it was retired; nil when it never was, or was enabled again.
    package let retiredAt: Timestamp?
    /// Tells the right key file from a wrong one; reveals nothing of the key.
    package let checkValue: [UInt8]
    /// Number of installations whose key is wrapped under it.
    package let installations: Int64
    /// Whether its state is authentic; if not, somebody without the deployment's key changed it.
    package let isGenuine: Bool

    /// A record as a store keeps it.
    package init(
        id: StorageKeyID, state: StorageKeyState, createdAt: Timestamp, promotedAt: Timestamp?, retiredAt: Timestamp?,
        checkValue: [UInt8], installations: Int64, isGenuine: Bool
    ) {
        self.id = id
        self.state = state
        self.createdAt = createdAt
        self.promotedAt = promotedAt
        self.retiredAt = retiredAt
        self.checkValue = checkValue
        self.installations = installations
        self.isGenuine = isGenuine
    }
}

/// What persistence must promise for storage keys.
package protocol StorageKeyStore: Sendable {
    /// Every storage key, oldest first, with its census from an index.
    func storageKeys() async throws(StoreError) -> [StorageKeyRecord]

    /// One storage key; nil when it is unknown.
    func storageKey(_ id: StorageKeyID) async throws(StoreError) -> StorageKeyRecord?
}
